/* A relay as its own files see it. */
#ifndef AV_EDGE_RELAY_STATE_H
#define AV_EDGE_RELAY_STATE_H

#include "av-edge/alloc_table.h"
#include "av-edge/allocation.h"
#include "common/crypto.h"
#include "common/rates.h"

struct ave_relay {
	struct ave_relay_plan plan; /* its view is not used: look changes it */
	const struct ave_view *view;
	uint64_t now_ms;
	int64_t wall_s;
	struct ave_alloc_table table;
	struct edge_handles *allocs; /* by id: in the tags of sockets */
	struct edge_handles *links;  /* of struct ave_peer_link */
	struct edge_wheel *wheel;
	struct edge_stock random;
	struct edge_rates *rates;
	void *own[AVE_DIALECTS]; /* of the dialects, once asked for */
	struct ave_alloc *gone;	 /* released, freed at the next tick */
	uint64_t fast_ms;	 /* last look at what is served below */
	struct ave_relay_counts counts;
};

static inline uint64_t ave_relay_limit(const struct ave_relay *r,
				       enum ave_limit which)
{
	return r->view->limits[which];
}

static inline unsigned ave_family(const struct edge_addr *a)
{
	return a->family == AF_INET6;
}

/* The tag of a relayed socket: whose, and of which family. */
static inline uint64_t ave_tag(const struct ave_alloc *a)
{
	return a->id;
}
/** NULL: it is gone already. */
struct ave_alloc *ave_tagged(const struct ave_relay *r, uint64_t tag);

/* -- relay.c */

/** May that user have another one: what it gives back is nobody's for a while,
 * and there are only so many ports. */
bool ave_relay_user_may(struct ave_relay *r, const struct ave_leg *leg,
			const struct ave_grant *grant);

/* -- allocation.c */

/** Ends them all; told why. */
void ave_relay_release_all(struct ave_relay *r, enum ave_reason why);
void ave_relay_bury(struct ave_relay *r); /* frees what was released */

/* -- relay_data.c */

/** What a client sent that is no message to us: to its peer. */
enum ave_reason ave_relay_from_client(struct ave_relay *r, struct ave_alloc *a,
				      struct ave_packet pkt);
/** May it be a peer of that allocation? */
enum ave_reason ave_relay_judge(const struct ave_alloc *a,
				const struct edge_addr *peer);
/** Where packets for a peer go, and what the sender of one is called: relayed
 * addresses of ours are told behind NAT and bound before it. */
struct edge_addr ave_relay_outward(const struct ave_relay *r,
				   const struct edge_addr *peer);
struct edge_addr ave_relay_inward(const struct ave_relay *r,
				  const struct edge_addr *from);
/** Fill its credit up by the time that has passed. */
void ave_relay_fill(const struct ave_relay *r, struct ave_alloc *a);
void ave_relay_count_to_peer(struct ave_relay *r, struct ave_alloc *a,
			     size_t len);
/** From a peer whose permission was checked: what the dialect makes of it.
 */
enum ave_reason ave_relay_from_peer(struct ave_relay *r, struct ave_alloc *a,
				    const struct edge_addr *from,
				    struct ave_packet pkt);

/** It uses the way to that peer: AV 1.16. */
void ave_relay_prolong(struct ave_relay *r, struct ave_alloc *a,
		       const struct edge_addr *peer);

/* -- relay_fast.c; without a fast path they do nothing */

/** Now and then: what has become established goes below the sockets, what was
 * used there counts, deadlines follow. */
void ave_relay_fast_tick(struct ave_relay *r);
/** The same for one allocation, now. */
void ave_relay_fast_look(struct ave_alloc *a);
void ave_relay_fast_count(struct ave_alloc *a);
/** A packet by the sockets pays below as well; the allocation has a pool. */
void ave_relay_fast_spend(struct ave_alloc *a, size_t len);
/** Policy or limits have changed. */
void ave_relay_fast_judge(struct ave_alloc *a);
/** From the next packet on the sockets have it again. */
void ave_relay_fast_drop(struct ave_alloc *a, struct ave_flow *flow);

/* -- relay_tcp.c */

enum ave_reason ave_relay_tcp_send(struct ave_relay *r, struct ave_alloc *a,
				   const struct edge_addr *peer,
				   struct edge_slice bytes);
/** A permission was given: who waits for it comes in. */
void ave_relay_tcp_permitted(struct ave_relay *r, struct ave_alloc *a,
			     const struct edge_addr *peer);
/** Who may be no peer any more is cut off. */
void ave_relay_tcp_judge(struct ave_relay *r, struct ave_alloc *a);
/** Its stream takes media or not. */
void ave_relay_tcp_full(struct ave_relay *r, struct ave_alloc *a, bool is_full);
void ave_relay_tcp_end(struct ave_relay *r, struct ave_alloc *a);

#endif
