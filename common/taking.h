/* Taking a new topology in two steps: prepare, then commit or abort. */
#ifndef COMMON_TAKING_H
#define COMMON_TAKING_H

#include "common/daemon.h"
#include "topology/store.h"

struct edge_taking; /* owner: the daemon; thread: the control loop */

enum { EDGE_TAKING_LAPSE_MS = 10000 /* DESIGN 7 [ms] */ };

/** store and plan are borrowed; current is taken over on success. */
EDGE_MUST_CHECK enum edge_err
edge_taking_new(struct edge_taking **out, struct edge_loop *loop,
		const struct topo_store *store,
		const struct edge_daemon_plan *plan,
		const struct topo *current);
void edge_taking_free(struct edge_taking *t); /* aborts what is prepared */
const struct topo *edge_taking_current(const struct edge_taking *t);

/** Load version seq and ask the service; replaces an earlier prepare. Lapses
 * after 10 s; then the store is read again, for the importer may have died
 * between its swap and its commit. why says the reason on any error. */
EDGE_MUST_CHECK enum edge_err edge_taking_prepare(struct edge_taking *t,
						  uint64_t seq, char *why,
						  size_t why_cap);
/** EDGE_ESTATE: that version is not the prepared one (or it has lapsed). */
EDGE_MUST_CHECK enum edge_err edge_taking_commit(struct edge_taking *t,
						 uint64_t seq);
void edge_taking_abort(struct edge_taking *t); /* nothing prepared: fine */
/** The store's current version, if it is not ours already. */
EDGE_MUST_CHECK enum edge_err edge_taking_reread(struct edge_taking *t,
						 char *why, size_t why_cap);

#endif
