/* Keys that expire: a keyed hash finds them, a heap knows the next to go. */
#include "common/expiring.h"

#include <stdlib.h>
#include <string.h>

#include "common/crypto.h"

enum {
	SIP_KEY_LEN = 16,
	CAP_MAX = 1 << 24,
	SWEEP = 16, /* ours: the most that go in one call, so that none is slow
		     */
};

static const uint32_t nobody = UINT32_MAX;

struct entry {
	uint8_t key[EDGE_EXPIRING_KEY];
	uint64_t until_ms;
	uint32_t count;
	uint32_t next; /* in its bucket, or of the free ones */
	uint32_t rank; /* where it is in the heap */
};

struct edge_expiring {
	struct entry *entries;
	uint32_t *heap;	   /* entries; the first expires first */
	uint32_t *buckets; /* heads, a power of two of them */
	uint32_t count, cap, mask, free;
	uint8_t sip_key[SIP_KEY_LEN];
};

static void make_empty(struct edge_expiring *e)
{
	for (uint32_t b = 0; b <= e->mask; b++)
		e->buckets[b] = nobody;
	for (uint32_t i = 0; i < e->cap; i++)
		e->entries[i].next = i + 1 < e->cap ? i + 1 : nobody;
}

enum edge_err edge_expiring_new(struct edge_expiring **out, size_t cap)
{
	struct edge_expiring *e;
	uint32_t buckets = 1;

	if (!cap || cap > CAP_MAX)
		return EDGE_ERANGE;
	e = calloc(1, sizeof(*e));
	if (!e)
		return EDGE_ENOMEM;
	while (buckets < cap)
		buckets *= 2;
	e->cap = (uint32_t)cap;
	e->mask = buckets - 1;
	e->entries = calloc(cap, sizeof(*e->entries));
	e->heap = calloc(cap, sizeof(*e->heap));
	e->buckets = calloc(buckets, sizeof(*e->buckets));
	if (!e->entries || !e->heap || !e->buckets) {
		edge_expiring_free(e);
		return EDGE_ENOMEM;
	}
	make_empty(e);
	edge_random(e->sip_key, sizeof(e->sip_key));
	*out = e;
	return EDGE_OK;
}

void edge_expiring_free(struct edge_expiring *e)
{
	if (!e)
		return;
	free(e->entries);
	free(e->heap);
	free(e->buckets);
	edge_wipe(e->sip_key, sizeof(e->sip_key));
	free(e);
}

/* -- the heap ------------------------------------------------------------- */

static uint64_t until_at(const struct edge_expiring *e, uint32_t rank)
{
	return e->entries[e->heap[rank]].until_ms;
}

static void stand(struct edge_expiring *e, uint32_t rank, uint32_t i)
{
	e->heap[rank] = i;
	e->entries[i].rank = rank;
}

static void change(struct edge_expiring *e, uint32_t a, uint32_t b)
{
	const uint32_t i = e->heap[a];

	stand(e, a, e->heap[b]);
	stand(e, b, i);
}

static void rise(struct edge_expiring *e, uint32_t rank)
{
	while (rank && until_at(e, rank) < until_at(e, (rank - 1) / 2)) {
		change(e, rank, (rank - 1) / 2);
		rank = (rank - 1) / 2;
	}
}

static void sink(struct edge_expiring *e, uint32_t rank)
{
	for (;;) {
		uint32_t first = rank;

		for (uint32_t c = 2 * rank + 1; c <= 2 * rank + 2; c++)
			if (c < e->count && until_at(e, c) < until_at(e, first))
				first = c;
		if (first == rank)
			return;
		change(e, rank, first);
		rank = first;
	}
}

/* -- the table ------------------------------------------------------------ */

static uint32_t *bucket_of(const struct edge_expiring *e, const uint8_t *key)
{
	const uint64_t hash =
		edge_siphash(e->sip_key, edge_slice(key, EDGE_EXPIRING_KEY));

	return &e->buckets[hash & e->mask];
}

static struct entry *find(const struct edge_expiring *e, const uint8_t *key)
{
	uint32_t i = *bucket_of(e, key);

	while (i != nobody &&
	       memcmp(e->entries[i].key, key, EDGE_EXPIRING_KEY) != 0)
		i = e->entries[i].next;
	return i == nobody ? NULL : &e->entries[i];
}

static void forget_first(struct edge_expiring *e)
{
	const uint32_t i = e->heap[0];
	uint32_t *link = bucket_of(e, e->entries[i].key);

	while (*link != i)
		link = &e->entries[*link].next;
	*link = e->entries[i].next;
	e->entries[i].next = e->free;
	e->free = i;
	e->count--;
	if (e->count) {
		stand(e, 0, e->heap[e->count]);
		sink(e, 0);
	}
}

static void sweep(struct edge_expiring *e, uint64_t now_ms)
{
	for (int n = 0; n < SWEEP && e->count && until_at(e, 0) <= now_ms; n++)
		forget_first(e);
}

/* NULL: full. */
static struct entry *add(struct edge_expiring *e, const uint8_t *key,
			 uint64_t until_ms)
{
	const uint32_t i = e->free;
	uint32_t *bucket = bucket_of(e, key);
	struct entry *x;

	if (i == nobody)
		return NULL;
	x = &e->entries[i];
	e->free = x->next;
	memcpy(x->key, key, EDGE_EXPIRING_KEY);
	x->until_ms = until_ms;
	x->count = 0;
	x->next = *bucket;
	*bucket = i;
	stand(e, e->count, i);
	rise(e, e->count++);
	return x;
}

/* The key's entry, a new one when it had none or that was over. NULL: full. */
static struct entry *hold(struct edge_expiring *e, const uint8_t *key,
			  uint64_t until_ms, uint64_t now_ms)
{
	struct entry *x;

	sweep(e, now_ms);
	x = find(e, key);
	if (!x)
		return add(e, key, until_ms);
	if (x->until_ms <= now_ms)
		x->count = 0;
	if (until_ms > x->until_ms) {
		x->until_ms = until_ms;
		sink(e, x->rank);
	}
	return x;
}

enum edge_expiring_verdict
edge_expiring_take(struct edge_expiring *e,
		   const uint8_t key[EDGE_EXPIRING_KEY], uint32_t most,
		   uint64_t until_ms, uint64_t now_ms)
{
	struct entry *x;

	if (!most || until_ms <= now_ms)
		return EDGE_EXPIRING_USED_UP;
	x = hold(e, key, until_ms, now_ms);
	if (!x)
		return EDGE_EXPIRING_FULL;
	if (x->count >= most)
		return EDGE_EXPIRING_USED_UP;
	x->count++;
	return EDGE_EXPIRING_TAKEN;
}

bool edge_expiring_put(struct edge_expiring *e,
		       const uint8_t key[EDGE_EXPIRING_KEY], uint64_t until_ms,
		       uint64_t now_ms)
{
	return until_ms > now_ms && hold(e, key, until_ms, now_ms);
}

bool edge_expiring_has(const struct edge_expiring *e,
		       const uint8_t key[EDGE_EXPIRING_KEY], uint64_t now_ms)
{
	const struct entry *x = find(e, key);

	return x && x->until_ms > now_ms;
}

uint32_t edge_expiring_uses(const struct edge_expiring *e,
			    const uint8_t key[EDGE_EXPIRING_KEY],
			    uint64_t now_ms)
{
	const struct entry *x = find(e, key);

	return x && x->until_ms > now_ms ? x->count : 0;
}

size_t edge_expiring_count(const struct edge_expiring *e)
{
	return e->count;
}
