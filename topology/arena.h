/* One bump allocator a model: everything in it lives and dies together. */
#ifndef TOPOLOGY_ARENA_H
#define TOPOLOGY_ARENA_H

#include <stddef.h>

#include "common/slice.h"

struct topo_arena_block;

struct topo_arena {
	struct topo_arena_block *head;
	bool failed; /* an allocation did not succeed; stays set */
};

/** Zeroed memory, aligned for any type; NULL (and failed) on no memory. */
void *topo_arena_take(struct topo_arena *a, size_t size);
/** Room for count items of size; overflow is a failure. */
void *topo_arena_array(struct topo_arena *a, size_t count, size_t size);
/** Copies as C string; stops at a NUL byte. NULL on no memory. */
char *topo_arena_str(struct topo_arena *a, struct edge_slice s);
/** The same in ASCII lower case, one trailing dot dropped. */
char *topo_arena_name(struct topo_arena *a, struct edge_slice s);
char *topo_arena_printf(struct topo_arena *a, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
void topo_arena_fini(struct topo_arena *a);

#endif
