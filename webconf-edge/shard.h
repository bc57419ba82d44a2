/* One share-nothing thread of outside clients: its loop and all it touches. */
#ifndef WEBCONF_EDGE_SHARD_H
#define WEBCONF_EDGE_SHARD_H

#include "common/door.h"
#include "common/quiet.h"
#include "common/wheel.h"
#include "webconf-edge/shared.h"
#include "webconf-edge/stats.h"

struct edge_loop;
struct wce_client;
TAILQ_HEAD(wce_client_queue, wce_client);

/* Open to the files of this service's runtime; used by its own thread only,
 * the mailbox apart. */
struct wce_shard {
	unsigned index;
	struct wce_shared *shared;
	struct edge_loop *loop;
	struct edge_mailbox *mailbox;
	const struct topo *topo;
	struct edge_tls *tls;
	struct psom_keys *keys;
	struct edge_door *door[WCE_FAMILIES]; /* NULL: not there, draining */
	struct edge_handles *clients;
	struct wce_client_queue shaking; /* in their handshake, oldest first */
	struct wce_mail_queue kept;	 /* for a desk whose mailbox was full */
	struct edge_timer kept_timer;
	struct edge_quiet quiet; /* of its log lines */
	bool is_draining;
};

/* What a shard is started with; references are taken over. */
struct wce_shard_plan {
	unsigned index;
	struct wce_shared *shared;
	const struct topo *topo;
	struct edge_tls *tls;
	struct psom_keys *keys;
	int fd[WCE_FAMILIES]; /* or -1 */
};

/** Makes the loop and everything on the calling thread; p is left empty, also
 * when this fails. */
EDGE_MUST_CHECK enum edge_err wce_shard_new(struct wce_shard **out,
					    struct wce_shard_plan *p);
/** On the thread that made it; NULL is fine. */
void wce_shard_free(struct wce_shard *s);
/** Give back what a plan holds; it is empty then. */
void wce_shard_plan_drop(struct wce_shard_plan *p);

void wce_shard_count(struct wce_shard *s, size_t row, uint64_t n);
/** Post to the desk, in order. A mail that its mailbox has no room for is kept
 * and offered again. NULL is fine. */
void wce_shard_post(struct wce_shard *s, struct wce_mail *m);

#endif
