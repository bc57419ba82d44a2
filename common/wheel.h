/* Timing wheel: O(1) start and stop for many coarse timers of one loop. */
#ifndef COMMON_WHEEL_H
#define COMMON_WHEEL_H

#include <stdbool.h>
#include <stdint.h>

#include "common/err.h"

struct edge_wheel; /* owner and thread: one loop */

/* Embedded in its owner; zero-initialised is "not running". */
struct edge_timer {
	struct edge_timer *next, **link;
	uint64_t due_ms;
	void (*fn)(struct edge_timer *t, uint64_t now_ms);
};

EDGE_MUST_CHECK enum edge_err edge_wheel_new(struct edge_wheel **out,
					     uint64_t now_ms);
void edge_wheel_free(struct edge_wheel *w);
/** (Re)start; fires at the first tick at or after due_ms, never before. */
void edge_wheel_start(struct edge_wheel *w, struct edge_timer *t,
		      uint64_t due_ms,
		      void (*fn)(struct edge_timer *t, uint64_t now_ms));
void edge_wheel_stop(struct edge_timer *t); /* stopping a stopped one is fine */
bool edge_timer_running(const struct edge_timer *t);
/** Fire all that is due; a fired timer may restart itself or stop others. */
void edge_wheel_advance(struct edge_wheel *w, uint64_t now_ms);

#endif
