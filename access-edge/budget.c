/* The memory budget: near it nobody new comes in, at it strangers go; and
 * whether there is too much of anything; AE 5. */
#include "access-edge/budget.h"

#include <malloc.h>
#include <stddef.h>

#include "access-edge/events.h"
#include "access-edge/limits.h"
#include "access-edge/link.h"
#include "access-edge/linktab.h"
#include "access-edge/txn.h"
#include "access-edge/upstream.h"

enum {
	LOOK_MS = 500,	    /* ours [ms] */
	LOOK_AGAIN_MS = 50, /* while strangers are dropped [ms] */
	DROP_AT_ONCE = 64,  /* ours: oldest strangers a look */
	TIGHT = 80,	    /* AE 5 [%] */
	OVER = 90,	    /* AE 5 [%] */
};

struct oldest {
	struct acc_link *links[DROP_AT_ONCE]; /* oldest first */
	size_t count;
};

/* What malloc has handed out, in all threads' arenas. */
static enum acc_budget_level measure(const struct acc_shard *s)
{
	struct mallinfo2 m = mallinfo2();
	uint64_t budget = acc_shard_limit(s, ACC_LIMIT_MEMORY_MB) * 1024 * 1024;
	uint64_t percent = (m.uordblks + m.hblkhd) * 100 / budget;

	return percent >= OVER	  ? ACC_BUDGET_OVER
	       : percent >= TIGHT ? ACC_BUDGET_TIGHT
				  : ACC_BUDGET_FINE;
}

static enum acc_budget_level level(const struct acc_shard *s)
{
	return (enum acc_budget_level)atomic_load_explicit(
		&s->shared->budget, memory_order_relaxed);
}

static void publish(struct acc_shard *s)
{
	static const char *const names[] = {"fine", "tight", "over"};
	enum acc_budget_level now = measure(s);

	if (now == level(s))
		return;
	atomic_store_explicit(&s->shared->budget, (uint8_t)now,
			      memory_order_relaxed);
	edge_event(ACC_EV_MEMORY, "state=%s budget_mb=%llu", names[now],
		   (unsigned long long)acc_shard_limit(s, ACC_LIMIT_MEMORY_MB));
}

/* Who has not signed in, and who is still to show a certificate. */
static bool is_stranger(const struct acc_link *l)
{
	return l->kind == ACC_LINK_CLIENT ? !l->source.signed_in
					  : l->kind == ACC_LINK_PARTNER &&
						    l->state == ACC_LINK_TLS;
}

static void remember(struct acc_link *l, void *arg)
{
	struct oldest *o = arg;
	size_t i = o->count;

	if (!is_stranger(l))
		return;
	if (i == DROP_AT_ONCE && o->links[--i]->opened_ms <= l->opened_ms)
		return;
	for (; i && o->links[i - 1]->opened_ms > l->opened_ms; i--)
		o->links[i] = o->links[i - 1];
	o->links[i] = l;
	if (o->count < DROP_AT_ONCE)
		o->count++;
}

static void drop_strangers(struct acc_shard *s)
{
	struct oldest o = {.count = 0};

	acc_linktab_each(s->links, remember, &o);
	for (size_t i = 0; i < o.count; i++) {
		acc_shard_count(s, ACC_STAT_SHED);
		acc_link_close(o.links[i]);
	}
}

/* -- overload ----------------------------------------------------------- */

static void say_load(struct acc_shard *s)
{
	struct acc_load_gauges *g = &s->shared->load[s->index];

	atomic_store_explicit(&g->transactions,
			      (uint32_t)acc_txntab_count(s->txns),
			      memory_order_relaxed);
	atomic_store_explicit(
		&g->held,
		s->upstreams ? (uint32_t)acc_upstream_held(s->upstreams) : 0,
		memory_order_relaxed);
}

/* Each shard has a table of its own: the fullest one counts. */
static void look_at_load(struct acc_load *l, const struct acc_shard *s)
{
	const struct acc_shared *shared = s->shared;
	uint64_t most = acc_shard_limit(s, ACC_LIMIT_TRANSACTIONS) /
			shared->shard_count;

	*l = (struct acc_load){
		.memory_is_tight = level(s) != ACC_BUDGET_FINE,
		.transactions_max = most < EDGE_HANDLE_SLOTS
					    ? (uint32_t)most
					    : EDGE_HANDLE_SLOTS,
		.held_max = (uint32_t)acc_shard_limit(s, ACC_LIMIT_HELD),
	};
	for (unsigned i = 0; i < shared->shard_count; i++) {
		uint32_t txns = atomic_load_explicit(
			&shared->load[i].transactions, memory_order_relaxed);
		uint32_t held = atomic_load_explicit(&shared->load[i].held,
						     memory_order_relaxed);

		l->transactions =
			txns > l->transactions ? txns : l->transactions;
		l->held = held > l->held ? held : l->held;
	}
}

static void publish_overload(struct acc_shard *s, uint64_t now_ms)
{
	struct acc_overload_state *o = &s->overload;
	enum acc_overload was = o->now;
	struct acc_load l;

	look_at_load(&l, s);
	if (!acc_overload_look(o, &l, now_ms))
		return;
	atomic_store_explicit(&s->shared->overload, (uint8_t)o->now,
			      memory_order_relaxed);
	edge_event(ACC_EV_OVERLOADED,
		   "state=%s of=%s transactions=%u held=%u after_ms=%llu",
		   o->now ? "entered" : "left",
		   acc_overload_name(o->now ? o->now : was), l.transactions,
		   l.held,
		   o->now ? 0ull : (unsigned long long)(now_ms - o->since_ms));
}

static void on_look(struct edge_timer *t, uint64_t now_ms)
{
	struct acc_shard *s =
		(struct acc_shard *)(void *)((char *)t -
					     offsetof(struct acc_shard,
						      budget_timer));
	bool over;

	say_load(s);
	if (s->index == 0) {
		publish(s);
		publish_overload(s, now_ms);
	}
	over = level(s) == ACC_BUDGET_OVER;
	if (over)
		drop_strangers(s);
	edge_wheel_start(edge_loop_wheel(s->loop), t,
			 now_ms + (over ? LOOK_AGAIN_MS : LOOK_MS), on_look);
}

void acc_budget_start(struct acc_shard *s)
{
	on_look(&s->budget_timer, edge_loop_now_ms(s->loop));
}

void acc_budget_stop(struct acc_shard *s)
{
	edge_wheel_stop(&s->budget_timer);
}

bool acc_budget_refuses(const struct acc_shard *s)
{
	enum acc_overload now = (enum acc_overload)atomic_load_explicit(
		&s->shared->overload, memory_order_relaxed);

	return now != ACC_OVERLOAD_NONE && now != ACC_OVERLOAD_MEMORY;
}

bool acc_budget_is_tight(const struct acc_shard *s)
{
	return level(s) != ACC_BUDGET_FINE;
}
