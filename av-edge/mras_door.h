/* The door of A/V authentication: SIP over mutual TLS on the internal
 * address, for the servers that the topology trusts. */
#ifndef AV_EDGE_MRAS_DOOR_H
#define AV_EDGE_MRAS_DOOR_H

#include "av-edge/mras_ring.h"
#include "common/config.h"
#include "common/loop.h"
#include "common/stats.h"
#include "topology/topology.h"

struct edge_tls;
struct mras_door; /* owner: the service. Thread: the control loop only. */

struct mras_door_plan {
	struct edge_loop *loop;
	const struct edge_config *config; /* borrowed during the call */
	struct edge_stats *stats;	  /* of ave_stats_new; outlives it */
	unsigned shard;			  /* the control thread's in stats */
	int64_t (*wall_s)(void);	  /* NULL: the system's clock */
};

/* All that may change under a running door. */
struct mras_door_view {
	const struct topo *topo;      /* held by the door */
	const struct mras_ring *ring; /* copied; wiped when replaced */
	struct edge_tls *tls;	      /* held; of mras_door_tls */
};

/** What a door shows and asks for: [certificate.internal], [trust] internal
 * and internal-crl, profile avauth-inside, a client certificate required. why
 * names the setting or the file. */
EDGE_MUST_CHECK enum edge_err mras_door_tls(struct edge_tls **out,
					    const struct edge_config *c,
					    char *why, size_t why_cap);
/** A listening socket at TOPO_PORT_AVAUTH of the topology, for
 * mras_door_open; device NULL or "": any. why on failure. */
EDGE_MUST_CHECK enum edge_err mras_door_bind(int *out, const struct topo *t,
					     const char *device, char *why,
					     size_t why_cap);
/** Does the new topology want another socket? */
bool mras_door_moves(const struct topo *old, const struct topo *new);

/** Closed still, and without a view: look comes before open. */
EDGE_MUST_CHECK enum edge_err mras_door_new(struct mras_door **out,
					    const struct mras_door_plan *p);
/** Connections end at once; keys are wiped. NULL is fine. */
void mras_door_free(struct mras_door *d);

/** From now on this counts, for connections that live as well: who is not
 * trusted any more is refused at the next request. The first call, a topology
 * commit, a reload. Cannot fail. */
void mras_door_look(struct mras_door *d, const struct mras_door_view *v);
/** The mras limits of new settings; [trust] internal_cn_fallback. */
void mras_door_settings(struct mras_door *d, const struct edge_config *c);
/** Accept on fd (taken over, also on failure) and no more on the one before;
 * connections stay. EDGE_ESTATE: no view yet, or draining. */
EDGE_MUST_CHECK enum edge_err mras_door_open(struct mras_door *d, int fd);
/** No more connections, requests are told 503; those that have nothing under
 * way are closed. */
void mras_door_drain(struct mras_door *d);
size_t mras_door_connections(const struct mras_door *d);

#endif
