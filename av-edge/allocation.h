/* One allocation: a client's 5-tuple and its relayed addresses. Open to the
 * relay and the two dialects only. */
#ifndef AV_EDGE_ALLOCATION_H
#define AV_EDGE_ALLOCATION_H

#include "av-edge/dialect.h"
#include "av-edge/flow.h"
#include "av-edge/permission.h"
#include "common/handle.h"
#include "common/wheel.h"

enum { AVE_FAMILIES = 2 };

struct ave_relayed {
	struct edge_addr at, told; /* bound; as clients and peers see it */
	uint32_t wire;
	bool is_open;
};

struct ave_alloc {
	edge_handle id;
	struct ave_leg leg;
	const struct ave_dialect *dialect;
	void *own; /* the dialect's */
	struct ave_relay *relay;
	struct ave_alloc *next; /* same bucket of the table by 5-tuple */
	uint32_t hash;
	struct ave_grant grant;
	uint8_t source[16]; /* as counted against av.*_per_source */
	uint64_t reserved;  /* RESERVATION-TOKEN of the next port; 0: none */
	struct ave_relayed relayed[AVE_FAMILIES]; /* [0] IPv4, [1] IPv6 */
	struct ave_permissions permissions;
	/* fast way of the client's bare packets: MS active destination, RFC
	 * channels; PURE values */
	struct ave_flows flows;
	/* bits that may pass now; filled when they do not do */
	int64_t credit; /* below 0: used before it was counted */
	uint64_t credit_ms;
	uint32_t pool; /* of what is served below the sockets; 0: none */
	struct edge_timer timer, pace; /* its end; TCP: when credit is back */
	struct edge_timer hold;	       /* until the next port is kept */
	uint64_t born_ms, expires_ms, last_client_ms, last_ms;
	uint64_t until_ms; /* its token's end: nothing prolongs it past that */
	uint32_t lifetime_s;
	bool is_tcp;		     /* relayed addresses are for connections */
	bool is_full;		     /* its stream takes no media now */
	bool is_paced;		     /* over its bandwidth: nobody is read */
	bool is_marked;		     /* its datagrams to peers carry a DSCP */
	bool is_holding;	     /* the next port, which its user pays */
	bool is_gone;		     /* released; freed at the next tick */
	uint32_t early_frames;	     /* before an active destination, AV 1.4 */
	struct ave_peer_link *peers; /* TCP */
	uint64_t to_peer, to_peer_bytes, to_client, to_client_bytes;
};

#endif
