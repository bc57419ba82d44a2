/* A worker's share of the fast path's memory: which flows are in it. */
#ifndef AV_EDGE_FAST_TABLE_H
#define AV_EDGE_FAST_TABLE_H

#include "av-edge/fast.h"
#include "av-edge/fast_path_entry.h"

/* The memory, and how packets find the way into it. */
struct ave_fast_memory {
	struct fast_slot *slots; /* shared with the kernel */
	struct fast_pool *pools;
	uint32_t count; /* of slots, and of pools */
	struct ave_fast_device devices[AVE_SIDES];
	void *self;
	/** EDGE_EDUP: that key is in use; EDGE_ESYS. */
	enum edge_err (*bind)(void *self, const struct fast_key *key,
			      uint32_t value);
	void (*unbind)(void *self, const struct fast_key *key);
};

struct ave_fast_table; /* owner and thread: one worker */

/** The share of one of so many workers. EDGE_ENOMEM. m is copied; its memory
 * outlives the table. */
EDGE_MUST_CHECK enum edge_err
ave_fast_table_new(struct ave_fast_table **out, const struct ave_fast_memory *m,
		   unsigned worker, unsigned workers);
void ave_fast_table_free(struct ave_fast_table *t); /* NULL is fine */
uint32_t ave_fast_table_count(const struct ave_fast_table *t); /* flows */

/* The relay's way to it; self is the table. */
extern const struct ave_fast ave_fast_table_calls;

#endif
