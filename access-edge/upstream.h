/* Connections to next-hop members: opened on need, checked, watched. */
#ifndef ACCESS_EDGE_UPSTREAM_H
#define ACCESS_EDGE_UPSTREAM_H

#include "access-edge/hop.h"
#include "access-edge/route.h"
#include "access-edge/txn.h"

EDGE_MUST_CHECK enum edge_err acc_upstreams_new(struct acc_upstreams **out,
						struct acc_shard *s);
void acc_upstreams_free(struct acc_upstreams *u);
/** The snapshot changed: new members are dialled, those gone are closed once
 * nothing is owed by them. */
EDGE_MUST_CHECK enum edge_err acc_upstreams_topology(struct acc_upstreams *u);

enum acc_pick {
	ACC_PICK_READY, /* link may be written */
	ACC_PICK_WAIT,	/* up connects: wait there */
	ACC_PICK_NONE,	/* no member left */
	ACC_PICK_FULL,	/* window or rate toward the next hop used up */
};

struct acc_pick_plan {
	const struct topo_cluster *cluster;
	const struct topo_host *member; /* named by a Route, or NULL */
	uint64_t sticky;		/* member id of the client, or 0 */
	struct edge_slice from_uri;
	uint64_t tried;		       /* members not to take again */
	const struct acc_source *from; /* strangers get a share only */
};

struct acc_picked {
	struct acc_upstream *up;
	struct acc_link *link; /* READY */
};

/** Choose a member and a connection to it; starts connecting on need. */
enum acc_pick acc_upstream_pick(struct acc_upstreams *u,
				const struct acc_pick_plan *p,
				struct acc_picked *out);
/** Why nothing could be picked: not trusted (1010); what the last of those
 * tried for this request failed by (1038, 1039); or out of reach (1007). */
enum acc_reason acc_upstream_why_none(struct acc_upstreams *u,
				      const struct acc_pick_plan *plan);
/** Queue a transaction until the upstream is ready or fails. */
void acc_upstream_wait(struct acc_upstream *up, struct acc_txn *x);
/** Queue it until rate and window allow it; acc_proxy_resume tries again. */
void acc_upstream_hold(struct acc_upstreams *u, struct acc_txn *x);
/** A message without transaction went there: it counts for the rates. */
void acc_upstream_spend(struct acc_upstreams *u, const struct acc_source *from);
/** A request was refused since rate and window are used up: overload is
 * entered, and left after some time without a refusal (event 1034). */
void acc_upstream_overloaded(struct acc_upstreams *u);
/** From outside and not signed in, or a partner that nobody entered. */
bool acc_upstream_is_stranger(const struct acc_source *from);
size_t acc_upstream_held(const struct acc_upstreams *u);
/** Stable name of the member for the life of the process, never 0. */
uint64_t acc_upstream_id(const struct acc_upstream *up);
unsigned acc_upstream_index(const struct acc_upstream *up);
/** Window and rate: one transaction begins / is over. */
void acc_upstream_begin(struct acc_upstream *up, struct acc_txn *x);
void acc_upstream_end(struct acc_txn *x);
/** A transaction that the link was asked is over. */
void acc_upstream_answered(struct acc_link *l);
/** A probe ran out of time. */
void acc_upstream_silent(struct acc_link *l);

/* What links tell. */
extern const struct acc_dialler acc_upstream_dialler;

#endif
