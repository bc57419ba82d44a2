/* Established ways of packets as plain values: what something below the relay
 * could serve by itself. */
#ifndef AV_EDGE_FLOW_H
#define AV_EDGE_FLOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "av-edge/fast.h"
#include "common/addr.h"
#include "common/err.h"

/*
 * channel 0: the client's datagrams and the peer's are bare (MS-TURN's active
 * destination). Else a ChannelData header of that number is taken off toward
 * the peer and put on toward the client.
 */
struct ave_flow {
	struct edge_addr client, server; /* 5-tuple outside */
	struct edge_addr relayed;	 /* as bound; toward the peer */
	struct edge_addr peer;		 /* as the client names it */
	struct edge_addr to; /* where its packets go: peer, or where a
				relayed address of ours is bound */
	uint16_t channel;
	uint32_t wire;	   /* relayed socket */
	uint64_t until_ms; /* monotonic; UINT64_MAX: as its allocation */
	uint64_t to_peer, to_peer_bytes, to_client, to_client_bytes;
	uint32_t fast;		  /* served below the sockets; 0: not */
	struct ave_fast_use used; /* there, counted already */
};

struct ave_flows { /* zero-initialised is empty */
	struct ave_flow *v;
	uint32_t count, cap;
	uint32_t last; /* index that was found last */
};

void ave_flows_fini(struct ave_flows *f);
/** A new one, all zero but what init has. EDGE_ELIMIT past max. */
EDGE_MUST_CHECK enum edge_err ave_flows_add(struct ave_flow **out,
					    struct ave_flows *f,
					    const struct ave_flow *init,
					    uint32_t max);
void ave_flows_remove(struct ave_flows *f, struct ave_flow *flow);
/** Live ones only; NULL when there is none. */
struct ave_flow *ave_flows_by_channel(struct ave_flows *f, uint16_t channel,
				      uint64_t now_ms);
struct ave_flow *ave_flows_by_peer(struct ave_flows *f,
				   const struct edge_addr *peer,
				   uint64_t now_ms);

#endif
