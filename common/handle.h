/* Names for things that may be gone: shard, slot and generation in 32 bits. */
#ifndef COMMON_HANDLE_H
#define COMMON_HANDLE_H

#include <stddef.h>
#include <stdint.h>

#include "common/err.h"

/* shard 4 bits, slot 16 bits, generation 12 bits; 0 names nothing. */
typedef uint32_t edge_handle; /* the one typedef: an id, not a struct */

enum {
	EDGE_HANDLE_SHARDS = 16,
	EDGE_HANDLE_SLOTS = 65536,
	EDGE_HANDLE_REST = 4096, /* ours: 16 million names until one repeats */
};

unsigned edge_handle_shard(edge_handle h);

struct edge_handles; /* owner: one shard; thread: that shard's loop */

/**
 * @param shard  0..15
 * @param cap    1..65536 live things; EDGE_ERANGE otherwise
 * @param rest   so many slots are free before one is reused, as long as there
 *               are slots never used: EDGE_HANDLE_SLOTS for names that peers
 *               keep, EDGE_HANDLE_REST for names within the process, whose
 *               tables then stay small
 * Free slots are reused first-in first-out; each slot's first generation is
 * random; the handle 0 is never given out.
 */
EDGE_MUST_CHECK enum edge_err edge_handles_new(struct edge_handles **out,
					       unsigned shard, size_t cap,
					       size_t rest);
void edge_handles_free(struct edge_handles *t);
/** EDGE_ELIMIT when all slots are taken. */
EDGE_MUST_CHECK enum edge_err edge_handles_put(struct edge_handles *t,
					       void *thing, edge_handle *out);
void *edge_handles_find(const struct edge_handles *t, edge_handle h);
void edge_handles_drop(struct edge_handles *t, edge_handle h);
size_t edge_handles_count(const struct edge_handles *t);
/** Visit all live things; fn must not add or drop others than its own. */
void edge_handles_each(struct edge_handles *t,
		       void (*fn)(void *thing, void *arg), void *arg);
/** The living thing in the next slot behind that name's; 0 begins, 0 ends. Any
 * may be added and dropped on the way. */
edge_handle edge_handles_after(const struct edge_handles *t, edge_handle h);

#endif
