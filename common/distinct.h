/* Which things were seen before: a growing set of their hashes. PURE. */
#ifndef COMMON_DISTINCT_H
#define COMMON_DISTINCT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"

/* Value type, one thread; zero-initialised is empty. 16 to 32 bytes a thing. */
struct edge_distinct {
	uint64_t *slots; /* 0: free */
	size_t room, count;
};

void edge_distinct_fini(struct edge_distinct *d);
/** hash is keyed: whoever chooses the things cannot choose where they lie.
 * 0 stands for 1. */
bool edge_distinct_has(const struct edge_distinct *d, uint64_t hash);
/** Remember one more; one that is there already is fine. EDGE_ELIMIT: there
 * are most others; EDGE_ENOMEM. */
EDGE_MUST_CHECK enum edge_err edge_distinct_add(struct edge_distinct *d,
						uint64_t hash, size_t most);

#endif
