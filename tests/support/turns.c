/* A loop turned by the test itself. */
#include "tests/support/turns.h"

#include <check.h>

enum { TICK_MS = 10 };

struct alarm {
	struct edge_timer timer;
	struct edge_loop *loop;
};

static void on_tick(struct edge_timer *t, uint64_t now_ms)
{
	struct alarm *a = (struct alarm *)(void *)t;

	edge_wheel_start(edge_loop_wheel(a->loop), t, now_ms + TICK_MS,
			 on_tick);
	edge_loop_stop(a->loop);
}

static bool turn(struct edge_loop *loop, bool (*done)(void *arg), void *arg,
		 unsigned ms)
{
	const uint64_t end_ms = edge_loop_now_ms(loop) + ms;
	struct alarm a = {.loop = loop};
	bool is_done;

	edge_wheel_start(edge_loop_wheel(loop), &a.timer,
			 edge_loop_now_ms(loop) + TICK_MS, on_tick);
	while (!(is_done = done && done(arg)) &&
	       edge_loop_now_ms(loop) < end_ms)
		ck_assert_int_eq(edge_loop_run(loop), EDGE_OK);
	edge_wheel_stop(&a.timer);
	return is_done;
}

void turns_until(struct edge_loop *loop, bool (*done)(void *arg), void *arg,
		 unsigned at_most_ms, const char *what)
{
	ck_assert_msg(turn(loop, done, arg, at_most_ms),
		      "waited in vain for %s", what);
}

void turns_for(struct edge_loop *loop, unsigned ms)
{
	(void)turn(loop, NULL, NULL, ms);
}
