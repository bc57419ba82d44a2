/* Last answers of allocations that are gone: a client that has not heard it
 * asks again; AV 1.14. */
#ifndef AV_EDGE_MST_FAREWELL_H
#define AV_EDGE_MST_FAREWELL_H

#include "av-edge/leg.h"
#include "av-edge/mst_replay.h"

enum { MST_FAREWELLS = 1024 /* ours: 100 calls end a second */ };

struct mst_leaver {
	struct edge_addr client, server;
	uint8_t transport;
	struct mst_reply reply;
};

struct mst_farewell { /* zero-initialised: none */
	struct mst_leaver v[MST_FAREWELLS];
	uint32_t next; /* the oldest */
};

void mst_farewell_keep(struct mst_farewell *f, const struct ave_leg *leg,
		       const struct mst_reply *last);
/** What m was answered on that 5-tuple, as on the wire; empty: nothing. */
struct edge_slice mst_farewell_find(const struct mst_farewell *f,
				    const struct ave_leg *leg,
				    const struct mst_msg *m, uint64_t now_ms);

#endif
