/* Which sources may use the kept half of what strangers get inside. PURE. */
#ifndef ACCESS_EDGE_SHARE_H
#define ACCESS_EDGE_SHARE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/addr.h"

enum {
	ACC_SHARE_SLOTS = 1024, /* ours: sources remembered at once */
	ACC_SHARE_WINDOW_MS =
		4000,	    /* ours: a sign-in of many steps fits [ms] */
	ACC_SHARE_LEAST = 3 /* ours: of one source; the steps of a sign-in */
};

struct acc_share_slot {
	uint64_t tag; /* source and window */
	uint32_t taken;
};

/* Value type, one thread. A source that lost its slot begins anew. */
struct acc_share {
	uint8_t key[16];
	struct acc_share_slot slots[ACC_SHARE_SLOTS];
};

/** key: 16 random bytes. */
void acc_share_init(struct acc_share *s, const uint8_t key[16]);
/** Has the source taken fewer than allowed in its present window? */
bool acc_share_may(const struct acc_share *s, const struct edge_addr *from,
		   uint32_t allowed, uint64_t now_ms);
/** How many of most one source may take while left of places are free: in
 * proportion, so that a slow next hop, which keeps places long, is left to
 * sources that took least; never below ACC_SHARE_LEAST, or most itself. */
uint32_t acc_share_allowed(uint32_t most, uint64_t left, uint64_t places);
void acc_share_take(struct acc_share *s, const struct edge_addr *from,
		    uint64_t now_ms);

#endif
