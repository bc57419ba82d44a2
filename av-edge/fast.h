/* What the relay asks of something below the sockets that serves established
 * flows by itself; the relay does not know what it is. */
#ifndef AV_EDGE_FAST_H
#define AV_EDGE_FAST_H

#include <stdint.h>

#include "common/addr.h"
#include "common/err.h"

/* One flow, both ways, as its packets are on the wire. */
struct ave_fast_way {
	struct edge_addr client, server, relayed, peer;
	uint16_t channel; /* as struct ave_flow's; 0: bare */
	uint8_t side;	  /* of the client, enum ave_side */
	uint32_t pool;	  /* whose bandwidth it uses */
};

/* What it has carried; bytes of payload alone. */
struct ave_fast_use {
	uint64_t to_peer, to_peer_bytes, to_client, to_client_bytes;
};

/* Until when each way may be used, monotonic; 0: not at all. */
struct ave_fast_until {
	uint64_t to_peer_ms, to_client_ms;
};

/* A token bucket, as av.bandwidth_kbit and av.bandwidth_burst. */
struct ave_fast_rate {
	uint64_t kbit, burst;
};

/* One worker's; its thread alone. Ids and pools are never 0. What is not put,
 * or not any more, comes to the sockets. */
struct ave_fast {
	/** No packet passes before until is called. EDGE_ELIMIT: no room;
	 * EDGE_EDUP: its addresses are in use; EDGE_ERANGE: it cannot be
	 * served; EDGE_ESYS. */
	enum edge_err (*put)(void *self, uint32_t *id,
			     const struct ave_fast_way *w);
	void (*until)(void *self, uint32_t id, struct ave_fast_until u);
	struct ave_fast_use (*use)(void *self, uint32_t id);
	/** At once; what it has carried in all. */
	struct ave_fast_use (*drop)(void *self, uint32_t id);
	/** EDGE_ELIMIT: no room. */
	enum edge_err (*open_pool)(void *self, uint32_t *pool);
	void (*set_pool)(void *self, uint32_t pool, struct ave_fast_rate rate);
	/** What went by the sockets pays there as well. */
	void (*spend)(void *self, uint32_t pool, uint64_t bytes,
		      uint64_t now_ms);
	void (*close_pool)(void *self, uint32_t pool);
};

#endif
