/* Slots with generations: a late name finds nothing instead of a corpse. */
#include "common/handle.h"

#include <assert.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/random.h>

enum {
	GENERATION_BITS = 12, /* DESIGN 5 */
	SLOT_BITS = 16,
	GENERATIONS = 1 << GENERATION_BITS,
	FIRST_SLOTS = 64,  /* ours: grows by doubling from here */
	RANDOM_STOCK = 64, /* ours: fetched at once: one system call */
	NO_SLOT = EDGE_HANDLE_SLOTS,
};

struct slot {
	void *thing;   /* NULL: free */
	uint32_t next; /* free list, oldest first */
	uint16_t generation;
};

struct edge_handles {
	struct slot *slots;
	size_t room, fresh, cap; /* allocated, ever used, allowed */
	size_t count, rest;
	uint32_t oldest, newest; /* ends of the free list */
	unsigned shard;
	uint16_t stock[RANDOM_STOCK], stocked; /* random numbers left */
};

unsigned edge_handle_shard(edge_handle h)
{
	return h >> (SLOT_BITS + GENERATION_BITS);
}

enum edge_err edge_handles_new(struct edge_handles **out, unsigned shard,
			       size_t cap, size_t rest)
{
	struct edge_handles *t;

	if (shard >= EDGE_HANDLE_SHARDS || !cap || cap > EDGE_HANDLE_SLOTS)
		return EDGE_ERANGE;
	t = calloc(1, sizeof(*t));
	if (!t)
		return EDGE_ENOMEM;
	t->shard = shard;
	t->cap = cap;
	t->rest = rest;
	t->oldest = t->newest = NO_SLOT;
	*out = t;
	return EDGE_OK;
}

void edge_handles_free(struct edge_handles *t)
{
	if (!t)
		return;
	free(t->slots);
	free(t);
}

static enum edge_err grow(struct edge_handles *t)
{
	size_t room = t->room ? t->room * 2 : FIRST_SLOTS;
	struct slot *slots;

	if (room > t->cap)
		room = t->cap;
	slots = realloc(t->slots, room * sizeof(*slots));
	if (!slots)
		return EDGE_ENOMEM;
	t->slots = slots;
	t->room = room;
	return EDGE_OK;
}

/* The random start keeps names of an earlier process from fitting here. */
static enum edge_err random_generation(struct edge_handles *t, uint16_t *out)
{
	while (!t->stocked) {
		/* up to 256 bytes come whole or not at all */
		if (getrandom(t->stock, sizeof(t->stock), 0) ==
		    sizeof(t->stock))
			t->stocked = RANDOM_STOCK;
		else if (errno != EINTR)
			return EDGE_ESYS;
	}
	*out = (uint16_t)(1 + t->stock[--t->stocked] % (GENERATIONS - 1));
	return EDGE_OK;
}

static enum edge_err take_fresh(struct edge_handles *t, uint32_t *out)
{
	enum edge_err err = EDGE_OK;

	if (t->fresh == t->room)
		err = grow(t);
	if (err)
		return err;
	t->slots[t->fresh] = (struct slot){.next = NO_SLOT};
	err = random_generation(t, &t->slots[t->fresh].generation);
	if (err)
		return err;
	*out = (uint32_t)t->fresh++;
	return EDGE_OK;
}

/* Never used slots come first, until enough freed ones have queued behind
 * them: a name that repeats is far away then. */
static enum edge_err take_slot(struct edge_handles *t, uint32_t *out)
{
	bool is_rested = t->fresh - t->count >= t->rest;

	if (t->fresh < t->cap && !(is_rested && t->oldest != NO_SLOT))
		return take_fresh(t, out);
	if (t->oldest == NO_SLOT)
		return EDGE_ELIMIT;
	*out = t->oldest;
	t->oldest = t->slots[*out].next;
	if (t->oldest == NO_SLOT)
		t->newest = NO_SLOT;
	return EDGE_OK;
}

static edge_handle name_of(const struct edge_handles *t, uint32_t at)
{
	return (edge_handle)t->shard << (SLOT_BITS + GENERATION_BITS) |
	       at << GENERATION_BITS | t->slots[at].generation;
}

enum edge_err edge_handles_put(struct edge_handles *t, void *thing,
			       edge_handle *out)
{
	uint32_t at;
	enum edge_err err;

	assert(thing);
	err = take_slot(t, &at);
	if (err)
		return err;
	t->slots[at].thing = thing;
	t->slots[at].next = NO_SLOT;
	t->count++;
	*out = name_of(t, at);
	return EDGE_OK;
}

static uint32_t slot_of(edge_handle h)
{
	return h >> GENERATION_BITS & (EDGE_HANDLE_SLOTS - 1);
}

static struct slot *find(const struct edge_handles *t, edge_handle h)
{
	const uint32_t at = slot_of(h);

	if (edge_handle_shard(h) != t->shard || at >= t->fresh ||
	    !t->slots[at].thing ||
	    t->slots[at].generation != (h & (GENERATIONS - 1)))
		return NULL;
	return &t->slots[at];
}

void *edge_handles_find(const struct edge_handles *t, edge_handle h)
{
	const struct slot *s = find(t, h);

	return s ? s->thing : NULL;
}

void edge_handles_drop(struct edge_handles *t, edge_handle h)
{
	struct slot *s = find(t, h);
	uint32_t at;

	if (!s)
		return;
	at = (uint32_t)(s - t->slots);
	s->thing = NULL;
	s->next = NO_SLOT;
	/* 0 is left out, so no handle is ever 0 */
	s->generation = (uint16_t)(s->generation % (GENERATIONS - 1) + 1);
	if (t->newest == NO_SLOT)
		t->oldest = at;
	else
		t->slots[t->newest].next = at;
	t->newest = at;
	t->count--;
}

size_t edge_handles_count(const struct edge_handles *t)
{
	return t->count;
}

void edge_handles_each(struct edge_handles *t,
		       void (*fn)(void *thing, void *arg), void *arg)
{
	for (size_t i = 0; i < t->fresh; i++)
		if (t->slots[i].thing)
			fn(t->slots[i].thing, arg);
}

edge_handle edge_handles_after(const struct edge_handles *t, edge_handle h)
{
	for (uint32_t at = h ? slot_of(h) + 1 : 0; at < t->fresh; at++)
		if (t->slots[at].thing)
			return name_of(t, at);
	return 0;
}
