/* Allocations by 5-tuple, chained in buckets. */
#include "av-edge/alloc_table.h"

#include <stdlib.h>
#include <string.h>

#include "av-edge/allocation.h"
#include "common/crypto.h"

enum { FIRST = 64 /* buckets; a power of two */ };

/* Only authenticated clients are in here, few of each: a seed nobody knows does
 * against chosen addresses. */
static uint64_t stir(uint64_t h, uint64_t word)
{
	h = (h ^ word) * UINT64_C(0x9e3779b97f4a7c15);
	return h ^ h >> 29;
}

static uint32_t hash_of(const struct ave_alloc_table *t,
			const struct ave_leg *leg)
{
	uint64_t client[2], server[2], h = t->seed;

	memcpy(client, leg->client.ip, sizeof(client));
	memcpy(server, leg->server.ip, sizeof(server));
	h = stir(h, client[0]);
	h = stir(h, client[1] ^ (uint64_t)leg->client.family << 56);
	h = stir(h, server[0] ^ server[1]);
	h = stir(h, (uint64_t)leg->client.port << 32 |
			    (uint64_t)leg->server.port << 8 |
			    ave_leg_is_stream(leg));
	return (uint32_t)(h >> 32);
}

enum edge_err ave_alloc_table_init(struct ave_alloc_table *t)
{
	*t = (struct ave_alloc_table){.mask = FIRST - 1};
	t->buckets = calloc(FIRST, sizeof(struct ave_alloc *));
	edge_random(&t->seed, sizeof(t->seed));
	return t->buckets ? EDGE_OK : EDGE_ENOMEM;
}

void ave_alloc_table_fini(struct ave_alloc_table *t)
{
	free(t->buckets);
	t->buckets = NULL;
}

static void push(struct ave_alloc_table *t, struct ave_alloc *a)
{
	struct ave_alloc **head = &t->buckets[a->hash & t->mask];

	a->next = *head;
	*head = a;
}

/* Twice as many buckets; without memory the chains grow instead. */
static void grow(struct ave_alloc_table *t)
{
	struct ave_alloc **old = t->buckets;
	const uint32_t count = t->mask + 1;

	t->buckets = calloc((size_t)count * 2, sizeof(struct ave_alloc *));
	if (!t->buckets) {
		t->buckets = old;
		return;
	}
	t->mask = count * 2 - 1;
	for (uint32_t i = 0; i < count; i++)
		while (old[i]) {
			struct ave_alloc *a = old[i];

			old[i] = a->next;
			push(t, a);
		}
	free(old);
}

void ave_alloc_table_add(struct ave_alloc_table *t, struct ave_alloc *a)
{
	if (t->count > t->mask)
		grow(t);
	a->hash = hash_of(t, &a->leg);
	push(t, a);
	t->count++;
}

void ave_alloc_table_remove(struct ave_alloc_table *t, struct ave_alloc *a)
{
	struct ave_alloc **p = &t->buckets[a->hash & t->mask];

	while (*p != a)
		p = &(*p)->next;
	*p = a->next;
	a->next = NULL;
	t->count--;
}

/* A stream is known by its name as well: one address may be that of several
 * hosts (6to4, NAT64), and one port be used once more before the end of the
 * stream that had it is known here. */
static bool is_same(const struct ave_leg *a, const struct ave_leg *b)
{
	return ave_leg_is_stream(a) == ave_leg_is_stream(b) &&
	       (!ave_leg_is_stream(a) || a->wire == b->wire) &&
	       edge_addr_eq(&a->client, &b->client) &&
	       edge_addr_eq(&a->server, &b->server);
}

struct ave_alloc *ave_alloc_table_find(const struct ave_alloc_table *t,
				       const struct ave_leg *leg)
{
	const uint32_t hash = hash_of(t, leg);
	struct ave_alloc *a = t->buckets[hash & t->mask];

	while (a && (a->hash != hash || !is_same(&a->leg, leg)))
		a = a->next;
	return a;
}

struct ave_alloc *ave_alloc_table_any(const struct ave_alloc_table *t)
{
	for (uint32_t i = 0; t->buckets && i <= t->mask; i++)
		if (t->buckets[i])
			return t->buckets[i];
	return NULL;
}
