/* A decided request on its way: to the next hop, a client, a partner. */
#ifndef ACCESS_EDGE_JOURNEY_H
#define ACCESS_EDGE_JOURNEY_H

#include "access-edge/route.h"
#include "access-edge/txn.h"

struct acc_journey { /* what the steps share */
	struct acc_shard *s;
	struct acc_link *l; /* it came on */
	const struct edge_sip_msg *m;
	size_t head_len;
	uint64_t hash;
	edge_handle peer; /* of a partner that it is written to */
	struct acc_decision d;
};

/** Send it where d says, or let its transaction wait there; x is NULL for what
 * has none. */
void acc_journey_go(const struct acc_journey *j, struct acc_txn *x);
/** It cannot go on: the sender is told, with or without transaction. */
void acc_journey_stop(const struct acc_journey *j, struct acc_txn *x,
		      enum acc_reason reason);

#endif
