/* Window and rate toward the next hop, and a moment of patience; AE 5. */
#include "access-edge/upstream_pool.h"

#include <stddef.h>

#include "access-edge/events.h"
#include "access-edge/limits.h"
#include "access-edge/proxy.h"

enum {
	HOLD_TICK_MS = 20,
	OVERLOAD_LOOK_MS = 1000,
	OVERLOAD_OVER_MS = 5000, /* ours: without a refusal [ms] */
};

bool acc_upstream_is_stranger(const struct acc_source *from)
{
	return (from->role == ACC_ROLE_USR && !from->signed_in) ||
	       from->is_limited;
}

static bool may_ask_more(const struct acc_upstreams *u,
			 const struct acc_source *from, uint64_t left,
			 uint64_t kept)
{
	uint32_t most =
		(uint32_t)acc_shard_limit(u->shard, ACC_LIMIT_SOURCE_SHARE);

	return acc_share_may(&u->share, &from->remote,
			     acc_share_allowed(most, left, kept),
			     acc_upstreams_now(u));
}

/* AE 5: at most 20 %; ours: the second half of that is for sources that have
 * taken little, so that a crowd cannot keep everybody else from signing in. */
static bool strangers_full(const struct acc_upstreams *u,
			   const struct acc_upstream *up, uint64_t window,
			   const struct acc_source *from)
{
	uint64_t now = acc_upstreams_now(u);
	uint64_t share = window *
			 acc_shard_limit(u->shard, ACC_LIMIT_UNSIGNED_SHARE) /
			 100;

	share = share ? share : 1;
	if (up->unsigned_outstanding >= share)
		return true;
	if (up->unsigned_outstanding < share - share / 2 &&
	    !edge_bucket_wait_ms(&u->unsigned_free, now))
		return false;
	return !may_ask_more(u, from, share - up->unsigned_outstanding,
			     share / 2) ||
	       (edge_bucket_wait_ms(&u->unsigned_free, now) &&
		edge_bucket_wait_ms(&u->unsigned_kept, now));
}

bool acc_upstream_is_full(const struct acc_upstreams *u,
			  const struct acc_upstream *up,
			  const struct acc_source *from)
{
	uint64_t window = acc_shard_limit(u->shard, ACC_LIMIT_NEXT_HOP_WINDOW) /
			  u->shard->shared->shard_count;

	window = window ? window : 1;
	if (up->outstanding >= window ||
	    edge_bucket_wait_ms(&u->all, acc_upstreams_now(u)))
		return true;
	return acc_upstream_is_stranger(from) &&
	       strangers_full(u, up, window, from);
}

void acc_upstream_spend(struct acc_upstreams *u, const struct acc_source *from)
{
	uint64_t now = acc_upstreams_now(u);

	(void)edge_bucket_take(&u->all, now);
	if (!acc_upstream_is_stranger(from))
		return;
	acc_share_take(&u->share, &from->remote, now);
	if (!edge_bucket_take(&u->unsigned_free, now))
		(void)edge_bucket_take(&u->unsigned_kept, now);
}

static struct acc_upstreams *of_hold_timer(struct edge_timer *t)
{
	return (struct acc_upstreams *)(void *)((char *)t -
						offsetof(struct acc_upstreams,
							 hold_timer));
}

static void on_hold_tick(struct edge_timer *t, uint64_t now_ms)
{
	struct acc_upstreams *u = of_hold_timer(t);
	struct acc_txn_queue again;
	struct acc_txn *x;

	acc_txn_queue_init(&again);
	acc_txn_queue_move(&again, &u->held);
	while ((x = acc_txn_queue_first(&again))) {
		acc_txn_unqueue(x);
		acc_proxy_resume(x);
	}
	if (u->held.count)
		edge_wheel_start(edge_loop_wheel(u->shard->loop), t,
				 now_ms + HOLD_TICK_MS, on_hold_tick);
}

static void count_held(struct acc_upstreams *u)
{
	acc_shard_count(u->shard, ACC_STAT_HELD);
	if (acc_overload_is_high(u->held.count,
				 acc_shard_limit(u->shard, ACC_LIMIT_HELD)))
		acc_shard_count(u->shard, ACC_STAT_HELD_HIGH);
}

void acc_upstream_hold(struct acc_upstreams *u, struct acc_txn *x)
{
	acc_txn_queue(x, &u->held);
	if (!x->was_held)
		count_held(u);
	x->was_held = true;
	if (!edge_timer_running(&u->hold_timer))
		edge_wheel_start(
			edge_loop_wheel(u->shard->loop), &u->hold_timer,
			acc_upstreams_now(u) + HOLD_TICK_MS, on_hold_tick);
}

size_t acc_upstream_held(const struct acc_upstreams *u)
{
	return u->held.count;
}

static void on_overload_look(struct edge_timer *t, uint64_t now_ms)
{
	struct acc_upstreams *u =
		(struct acc_upstreams *)(void *)((char *)t -
						 offsetof(struct acc_upstreams,
							  overload_timer));

	if (now_ms - u->overload_ms < OVERLOAD_OVER_MS) {
		edge_wheel_start(edge_loop_wheel(u->shard->loop), t,
				 now_ms + OVERLOAD_LOOK_MS, on_overload_look);
		return;
	}
	edge_event(ACC_EV_OVERLOAD, "state=left shard=%u refused=%llu",
		   u->shard->index, (unsigned long long)u->overload_refused);
	u->overload_refused = 0;
}

void acc_upstream_overloaded(struct acc_upstreams *u)
{
	u->overload_ms = acc_upstreams_now(u);
	u->overload_refused++;
	if (edge_timer_running(&u->overload_timer))
		return;
	edge_event(ACC_EV_OVERLOAD, "state=entered shard=%u held=%zu",
		   u->shard->index, u->held.count);
	edge_wheel_start(edge_loop_wheel(u->shard->loop), &u->overload_timer,
			 u->overload_ms + OVERLOAD_LOOK_MS, on_overload_look);
}
