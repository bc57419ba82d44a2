/* Allocations by 5-tuple: one look-up a packet. */
#ifndef AV_EDGE_ALLOC_TABLE_H
#define AV_EDGE_ALLOC_TABLE_H

#include <stddef.h>
#include <stdint.h>

#include "av-edge/leg.h"
#include "common/err.h"

struct ave_alloc;

struct ave_alloc_table {
	struct ave_alloc **buckets;
	uint32_t mask, count;
	uint64_t seed;
};

EDGE_MUST_CHECK enum edge_err ave_alloc_table_init(struct ave_alloc_table *t);
void ave_alloc_table_fini(struct ave_alloc_table *t); /* it is empty */
/** a->leg names it. */
void ave_alloc_table_add(struct ave_alloc_table *t, struct ave_alloc *a);
void ave_alloc_table_remove(struct ave_alloc_table *t, struct ave_alloc *a);
struct ave_alloc *ave_alloc_table_find(const struct ave_alloc_table *t,
				       const struct ave_leg *leg);
/** Any of them; NULL when there is none. */
struct ave_alloc *ave_alloc_table_any(const struct ave_alloc_table *t);

#endif
