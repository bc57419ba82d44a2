/* The memory budget: near it nobody new comes in, at it strangers go; AE 5. */
#include "access-edge/budget.h"

#include <malloc.h>
#include <stddef.h>

#include "access-edge/events.h"
#include "access-edge/limits.h"
#include "access-edge/link.h"
#include "access-edge/linktab.h"

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

static void remember(struct acc_link *l, void *arg)
{
	struct oldest *o = arg;
	size_t i = o->count;

	if (l->kind != ACC_LINK_CLIENT || l->source.signed_in)
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

static void on_look(struct edge_timer *t, uint64_t now_ms)
{
	struct acc_shard *s =
		(struct acc_shard *)(void *)((char *)t -
					     offsetof(struct acc_shard,
						      budget_timer));
	bool over;

	if (s->index == 0)
		publish(s);
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

bool acc_budget_is_tight(const struct acc_shard *s)
{
	return level(s) != ACC_BUDGET_FINE;
}
