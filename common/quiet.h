/* One line a second for each (event, reason, source); AE 5. PURE. */
#ifndef COMMON_QUIET_H
#define COMMON_QUIET_H

#include <stdbool.h>
#include <stdint.h>

#include "common/addr.h"

enum {
	EDGE_QUIET_SLOTS = 256, /* ours: a line that lost its slot is told */
	EDGE_QUIET_ROW = 4,	/* of them in which a line has its slot */
	EDGE_QUIET_MS = 1000	/* AE 5 [ms] */
};

struct edge_quiet_slot {
	uint64_t tag, until_ms;
	uint32_t held_back;
};

/* Value type, one thread. */
struct edge_quiet {
	uint8_t key[16];
	struct edge_quiet_slot slots[EDGE_QUIET_SLOTS];
};

/** key: 16 random bytes. */
void edge_quiet_init(struct edge_quiet *q, const uint8_t key[16]);
struct edge_quiet_line { /* what makes two lines the same */
	uint32_t event;
	const char *reason;
	const struct edge_addr *from;
};

/** True: write the line, which stands for held_back more of the same. */
bool edge_quiet_may_tell(struct edge_quiet *q, const struct edge_quiet_line *l,
			 uint64_t now_ms, uint32_t *held_back);

#endif
