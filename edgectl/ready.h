/* Waiting for several at once: who is late takes no time from the others. */
#ifndef EDGECTL_READY_H
#define EDGECTL_READY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ctl_ready {
	size_t count;
	const bool *wanted; /* of count */
	bool (*look)(void *arg, size_t i);
	uint64_t (*now_ms)(void *arg);
	void (*rest)(void *arg); /* between two looks */
	void *arg;
};

/** Until all that are wanted are ready, ms at most; each is looked at once at
 * least.
 * @param is_ready  of count */
void ctl_ready_wait(bool *is_ready, const struct ctl_ready *r, uint64_t ms);

#endif
