/* SRTP both ways between two allocations: what is lost, how long it takes. */
#ifndef EDGECTL_RTP_H
#define EDGECTL_RTP_H

#include <stdint.h>

#include "edgectl/turn.h"

struct ctl_rtp_plan {
	struct ctl_turn *end[2]; /* each other's active destination */
	uint32_t packets;	 /* each way, one every 20 ms */
	bool is_stream;		 /* RFC 4571 lengths before each */
};

struct ctl_rtp_way { /* what end[i] has sent */
	uint32_t sent, received;
	uint32_t bad; /* came, and SRTP did not accept it or it was altered */
	uint32_t average_us, worst_us; /* one way */
};

/** Takes as long as the packets take. EDGE_ESYS, EDGE_ECLOSED: a path ended;
 * EDGE_ESTATE: libsrtp2 does not start. */
EDGE_MUST_CHECK enum edge_err ctl_rtp_run(struct ctl_rtp_way way[2],
					  const struct ctl_rtp_plan *p);

#endif
