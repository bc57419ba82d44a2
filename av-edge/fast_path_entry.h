/* A flow as the program in the kernel reads it. */
#ifndef AV_EDGE_FAST_PATH_ENTRY_H
#define AV_EDGE_FAST_PATH_ENTRY_H

#include "av-edge/fast.h"
#include "av-edge/fast_path_map.h"
#include "av-edge/leg.h"

/* Where packets of one side come in and leave. */
struct ave_fast_device {
	uint32_t index; /* 0: there is none */
	uint32_t mtu;	/* [bytes] */
};

/** All but the deadlines, which are 0: it passes nothing yet. A peer with the
 * address where w is relayed is a relayed address of ours too: nothing comes
 * or goes by the wire there.
 * @param devices  by enum ave_side; peers are outside
 * @param pool     index of its token bucket
 * @return EDGE_ERANGE not IPv4, or an address or device missing */
EDGE_MUST_CHECK enum edge_err
ave_fast_entry(struct fast_slot *out, const struct ave_fast_way *w,
	       const struct ave_fast_device devices[AVE_SIDES], uint32_t pool);
/** Milliseconds as the kernel counts; UINT64_MAX stays that. */
uint64_t ave_fast_ns(uint64_t ms);
/** Of a token bucket, what does not change as it is used. */
void ave_fast_pool_fill(struct fast_pool *p, struct ave_fast_rate rate);
/** Take bytes out of it; burst and rate must have been filled in. */
void ave_fast_pool_spend(struct fast_pool *p, uint64_t bytes, uint64_t now_ns);

#endif
