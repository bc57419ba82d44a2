/* One line a second for each (event, reason, source); AE 5. PURE. */
#ifndef ACCESS_EDGE_QUIET_H
#define ACCESS_EDGE_QUIET_H

#include <stdbool.h>
#include <stdint.h>

#include "common/addr.h"

enum {
	ACC_QUIET_SLOTS = 256, /* ours: a pair that lost its slot is told */
	ACC_QUIET_MS = 1000    /* AE 5 [ms] */
};

struct acc_quiet_slot {
	uint64_t tag, until_ms;
	uint32_t held_back;
};

/* Value type, one thread. */
struct acc_quiet {
	uint8_t key[16];
	struct acc_quiet_slot slots[ACC_QUIET_SLOTS];
};

/** key: 16 random bytes. */
void acc_quiet_init(struct acc_quiet *q, const uint8_t key[16]);
struct acc_quiet_line { /* what makes two lines the same */
	uint32_t event;
	const char *reason;
	const struct edge_addr *from;
};

/** True: write the line, which stands for held_back more of the same. */
bool acc_quiet_may_tell(struct acc_quiet *q, const struct acc_quiet_line *l,
			uint64_t now_ms, uint32_t *held_back);

#endif
