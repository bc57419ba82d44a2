/* A dialect as the relay sees it: one row of functions each. */
#ifndef AV_EDGE_DIALECT_H
#define AV_EDGE_DIALECT_H

#include "av-edge/relay.h"

/* What to do with a packet; by value, the hot path's only result. */
enum ave_do { AVE_DO_DROP, AVE_DO_TO_PEER, AVE_DO_TO_CLIENT, AVE_DO_CONTROL };

struct ave_verdict {
	enum ave_do what;
	enum ave_reason why;	    /* DROP */
	const struct edge_addr *to; /* TO_PEER; borrowed from the allocation */
	struct edge_slice bytes;    /* inside the packet and its rooms */
};

struct ave_dialect {
	const char *name; /* "MS-TURN" */
	/* AV 1.16: what its client sends prolongs an allocation, and on a
	 * stream, which is never refreshed, use alone does */
	bool lives_by_use;
	/* RFC 6062: peers' connections wait unread for their join */
	bool joins_peers;
	/** A control message. a: NULL without an allocation on this 5-tuple.
	 * false: on a stream, close it. */
	bool (*control)(struct ave_relay *r, const struct ave_leg *leg,
			struct ave_alloc *a, struct ave_packet pkt);
	/** Anything else from a client that has an allocation of ours. */
	struct ave_verdict (*from_client)(struct ave_alloc *a,
					  struct ave_packet pkt);
	/** A peer's datagram or bytes, permission checked: DROP or TO_CLIENT
	 * with the header written before it. */
	struct ave_verdict (*from_peer)(struct ave_alloc *a,
					const struct edge_addr *from,
					struct ave_packet pkt);
	/** A peer has connected (accepted) or a dial has ended; NULL: nothing
	 * to say. */
	void (*peer_is)(struct ave_relay *r, struct ave_alloc *a,
			const struct edge_addr *peer, uint32_t connection,
			enum ave_reason how);
	/** The allocation goes: free a->own. */
	void (*forget)(struct ave_alloc *a);
};

extern const struct ave_dialect mst_dialect, rfc_dialect;

#endif
