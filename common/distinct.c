/* A set of hashes: open addressing, never more than half full. */
#include "common/distinct.h"

#include <stdlib.h>

enum { ROOM_FIRST = 16 /* a power of two, as each later one */ };

void edge_distinct_fini(struct edge_distinct *d)
{
	free(d->slots);
	*d = (struct edge_distinct){0};
}

/* Where it lies, or the free slot where it would. */
static uint64_t *slot_of(const struct edge_distinct *d, uint64_t hash)
{
	size_t at = (size_t)hash & (d->room - 1);

	while (d->slots[at] && d->slots[at] != hash)
		at = (at + 1) & (d->room - 1);
	return &d->slots[at];
}

static uint64_t named(uint64_t hash)
{
	return hash ? hash : 1;
}

bool edge_distinct_has(const struct edge_distinct *d, uint64_t hash)
{
	return d->count && *slot_of(d, named(hash));
}

static enum edge_err grow(struct edge_distinct *d)
{
	struct edge_distinct wide = {.room = d->room ? d->room * 2 : ROOM_FIRST,
				     .count = d->count};

	if (d->count < d->room / 2)
		return EDGE_OK;
	wide.slots = calloc(wide.room, sizeof(*wide.slots));
	if (!wide.slots)
		return EDGE_ENOMEM;
	for (size_t i = 0; i < d->room; i++)
		if (d->slots[i])
			*slot_of(&wide, d->slots[i]) = d->slots[i];
	free(d->slots);
	*d = wide;
	return EDGE_OK;
}

enum edge_err edge_distinct_add(struct edge_distinct *d, uint64_t hash,
				size_t most)
{
	enum edge_err err;

	if (edge_distinct_has(d, hash))
		return EDGE_OK;
	if (d->count >= most)
		return EDGE_ELIMIT;
	err = grow(d);
	if (err)
		return err;
	*slot_of(d, named(hash)) = named(hash);
	d->count++;
	return EDGE_OK;
}
