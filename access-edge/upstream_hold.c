/* Window and rate toward the next hop, and a moment of patience; AE 5. */
#include "access-edge/upstream_pool.h"

#include <stddef.h>

#include "access-edge/limits.h"
#include "access-edge/proxy.h"

enum { HOLD_TICK_MS = 20 };

bool acc_upstream_is_full(struct acc_upstreams *u,
			  const struct acc_upstream *up, bool is_unsigned)
{
	uint64_t window = acc_shard_limit(u->shard, ACC_LIMIT_NEXT_HOP_WINDOW);
	uint64_t share = acc_shard_limit(u->shard, ACC_LIMIT_UNSIGNED_SHARE);

	if (is_unsigned)
		window = window * share / 100;
	if (up->outstanding >= (window ? window : 1))
		return true;
	if (is_unsigned &&
	    edge_bucket_wait_ms(&u->unsigned_share, acc_upstreams_now(u)))
		return true;
	return edge_bucket_wait_ms(&u->all, acc_upstreams_now(u)) != 0;
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

void acc_upstream_hold(struct acc_upstreams *u, struct acc_txn *x)
{
	acc_shard_count(u->shard, ACC_STAT_HELD);
	acc_txn_queue(x, &u->held);
	if (!edge_timer_running(&u->hold_timer))
		edge_wheel_start(
			edge_loop_wheel(u->shard->loop), &u->hold_timer,
			acc_upstreams_now(u) + HOLD_TICK_MS, on_hold_tick);
}

size_t acc_upstream_held(const struct acc_upstreams *u)
{
	return u->held.count;
}
