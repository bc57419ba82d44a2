/* Where a client is: the 5-tuple it speaks from and to. */
#ifndef AV_EDGE_LEG_H
#define AV_EDGE_LEG_H

#include <stdbool.h>
#include <stdint.h>

#include "common/addr.h"

enum ave_transport { AVE_UDP, AVE_TCP, AVE_TLS };

enum ave_side { AVE_OUTSIDE, AVE_INSIDE, AVE_SIDES };

struct ave_leg {
	struct edge_addr client; /* as seen here */
	struct edge_addr server; /* our listener, as bound */
	uint32_t wire; /* the worker's name of the server socket or stream */
	uint8_t transport, side; /* enum ave_transport, enum ave_side */
};

static inline bool ave_leg_is_stream(const struct ave_leg *leg)
{
	return leg->transport != AVE_UDP;
}

#endif
