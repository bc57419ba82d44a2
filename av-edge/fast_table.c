/* A worker's share of the fast path's memory: which flows are in it. */
#include "av-edge/fast_table.h"

#include <stdlib.h>

/* Places that are free, used again as late as possible: what is under way in
 * the kernel has left them long before. */
struct places {
	uint32_t *free; /* a ring */
	uint32_t first, count, size;
};

struct ave_fast_table {
	struct ave_fast_memory memory;
	struct places slots, pools;
};

static enum edge_err places_init(struct places *p, uint32_t from, uint32_t size)
{
	p->free = calloc(size ? size : 1, sizeof(*p->free));
	if (!p->free)
		return EDGE_ENOMEM;
	p->size = p->count = size;
	for (uint32_t i = 0; i < size; i++)
		p->free[i] = from + i;
	return EDGE_OK;
}

static bool places_take(struct places *p, uint32_t *place)
{
	if (!p->count)
		return false;
	*place = p->free[p->first];
	p->first = (p->first + 1) % p->size;
	p->count--;
	return true;
}

static void places_give(struct places *p, uint32_t place)
{
	p->free[(p->first + p->count) % p->size] = place;
	p->count++;
}

enum edge_err ave_fast_table_new(struct ave_fast_table **out,
				 const struct ave_fast_memory *m,
				 unsigned worker, unsigned workers)
{
	struct ave_fast_table *t = calloc(1, sizeof(*t));
	const uint32_t share = m->count / workers;
	enum edge_err err;

	if (!t)
		return EDGE_ENOMEM;
	t->memory = *m;
	err = places_init(&t->slots, worker * share, share);
	if (!err)
		err = places_init(&t->pools, worker * share, share);
	if (err) {
		ave_fast_table_free(t);
		return err;
	}
	*out = t;
	return EDGE_OK;
}

void ave_fast_table_free(struct ave_fast_table *t)
{
	if (!t)
		return;
	free(t->slots.free);
	free(t->pools.free);
	free(t);
}

uint32_t ave_fast_table_count(const struct ave_fast_table *t)
{
	return t->slots.size - t->slots.count;
}

/* -- flows: an id is the place and one more ------------------------------- */

static struct fast_slot *slot_of(const struct ave_fast_table *t, uint32_t id)
{
	return &t->memory.slots[id - 1];
}

static enum edge_err bind_both(const struct ave_fast_memory *m,
			       const struct fast_slot *s, uint32_t place)
{
	const struct fast_way *w = s->way;
	enum edge_err err = m->bind(m->self, &w[FAST_TO_PEER].from,
				    place << 1 | FAST_TO_PEER);

	if (err)
		return err;
	err = m->bind(m->self, &w[FAST_TO_CLIENT].from,
		      place << 1 | FAST_TO_CLIENT);
	if (err)
		m->unbind(m->self, &w[FAST_TO_PEER].from);
	return err;
}

static enum edge_err put(void *self, uint32_t *id, const struct ave_fast_way *w)
{
	struct ave_fast_table *t = self;
	struct fast_slot s;
	uint32_t place;
	enum edge_err err =
		ave_fast_entry(&s, w, t->memory.devices, w->pool - 1);

	if (err)
		return err;
	if (!places_take(&t->slots, &place))
		return EDGE_ELIMIT;
	t->memory.slots[place] = s;
	err = bind_both(&t->memory, &s, place);
	if (err) {
		places_give(&t->slots, place);
		return err;
	}
	*id = place + 1;
	return EDGE_OK;
}

static void set_until(struct fast_way *w, uint64_t ms)
{
	__atomic_store_n(&w->until_ns, ave_fast_ns(ms), __ATOMIC_RELEASE);
}

static void until(void *self, uint32_t id, struct ave_fast_until u)
{
	struct fast_slot *s = slot_of(self, id);

	set_until(&s->way[FAST_TO_PEER], u.to_peer_ms);
	set_until(&s->way[FAST_TO_CLIENT], u.to_client_ms);
}

static uint64_t count(const uint64_t *n)
{
	return __atomic_load_n(n, __ATOMIC_RELAXED);
}

static struct ave_fast_use use(void *self, uint32_t id)
{
	const struct fast_seen *seen = slot_of(self, id)->seen;

	return (struct ave_fast_use){
		.to_peer = count(&seen[FAST_TO_PEER].packets),
		.to_peer_bytes = count(&seen[FAST_TO_PEER].bytes),
		.to_client = count(&seen[FAST_TO_CLIENT].packets),
		.to_client_bytes = count(&seen[FAST_TO_CLIENT].bytes),
	};
}

static struct ave_fast_use drop(void *self, uint32_t id)
{
	struct ave_fast_table *t = self;
	const struct fast_way *w = slot_of(t, id)->way;

	until(t, id, (struct ave_fast_until){0});
	t->memory.unbind(t->memory.self, &w[FAST_TO_PEER].from);
	t->memory.unbind(t->memory.self, &w[FAST_TO_CLIENT].from);
	places_give(&t->slots, id - 1);
	return use(t, id);
}

/* -- token buckets --------------------------------------------------------- */

static enum edge_err open_pool(void *self, uint32_t *pool)
{
	struct ave_fast_table *t = self;
	uint32_t place;

	if (!places_take(&t->pools, &place))
		return EDGE_ELIMIT;
	t->memory.pools[place] = (struct fast_pool){0};
	*pool = place + 1;
	return EDGE_OK;
}

static void set_pool(void *self, uint32_t pool, struct ave_fast_rate rate)
{
	struct ave_fast_table *t = self;

	ave_fast_pool_fill(&t->memory.pools[pool - 1], rate);
}

static void spend(void *self, uint32_t pool, uint64_t bytes, uint64_t now_ms)
{
	struct ave_fast_table *t = self;

	ave_fast_pool_spend(&t->memory.pools[pool - 1], bytes,
			    ave_fast_ns(now_ms));
}

static void close_pool(void *self, uint32_t pool)
{
	struct ave_fast_table *t = self;

	places_give(&t->pools, pool - 1);
}

const struct ave_fast ave_fast_table_calls = {
	.put = put,
	.until = until,
	.use = use,
	.drop = drop,
	.open_pool = open_pool,
	.set_pool = set_pool,
	.spend = spend,
	.close_pool = close_pool,
};
