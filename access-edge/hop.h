/* PURE: choice among next-hop members by hash and health; AE 2.9. */
#ifndef ACCESS_EDGE_HOP_H
#define ACCESS_EDGE_HOP_H

#include <stdbool.h>
#include <stdint.h>

#include "common/slice.h"
#include "topology/topology.h"

enum acc_health { ACC_HOP_UP, ACC_HOP_SUSPECT, ACC_HOP_DOWN };

struct acc_hop { /* health of one member on one shard */
	enum acc_health health;
	unsigned failures;
	uint64_t first_failure_ms, retry_at_ms, retry_after_ms;
};

/** suspect after 1 failure, down after 2 within 30 s; retry 5 s, 10 s, ...
 * up to 5 min. */
void acc_hop_failed(struct acc_hop *h, uint64_t now_ms);
void acc_hop_worked(struct acc_hop *h);
/** Up or suspect, or its retry time has come. */
bool acc_hop_may_try(const struct acc_hop *h, uint64_t now_ms);

/** A hardware balancer stands before the pool: HOSTS gives the pool's name an
 * address, and none that a member has. Then it is the one to dial. */
bool acc_hop_is_balanced(const struct topo_cluster *c);

/** Rendezvous hash of the lower-case From URI over members that may be tried
 * and are not in skip (bit per member); -1 when none is left. hops has one row
 * per member. */
int acc_hop_choose(const struct topo_cluster *c, const struct acc_hop *hops,
		   struct edge_slice from_uri, uint64_t skip, uint64_t now_ms);

#endif
