/* The wheel against a plain list, slot by slot, and callbacks that meddle. */
#include "common/wheel.h"

#include <stdlib.h>

#include "tests/support/suite.h"

enum { TICK = 16, START = 1000003 };

/* A timer and what its callback is to do. */
struct probe {
	struct edge_timer timer; /* first: a timer pointer is a probe pointer */
	struct edge_wheel *wheel;
	uint64_t again_ms;
	struct probe *victim;
	uint64_t fired_ms;
	unsigned fired;
};

static void on_fire(struct edge_timer *t, uint64_t now_ms)
{
	struct probe *p = (struct probe *)t;

	ck_assert(!edge_timer_running(t));
	ck_assert_uint_ge(now_ms, t->due_ms);
	p->fired++;
	p->fired_ms = now_ms;
	if (p->again_ms)
		edge_wheel_start(p->wheel, t, now_ms + p->again_ms, on_fire);
	if (p->victim)
		edge_wheel_stop(&p->victim->timer);
}

static struct edge_wheel *wheel(uint64_t now_ms)
{
	struct edge_wheel *w;

	ck_assert_int_eq(edge_wheel_new(&w, now_ms), EDGE_OK);
	return w;
}

START_TEST(wheel_fires_each_delay_at_its_tick)
{
	/* every slot of the first two levels, and the seams of all */
	for (uint64_t d = 0; d < 64 * 64 + 130; d++) {
		struct edge_wheel *w = wheel(START);
		struct probe p = {.wheel = w};
		uint64_t due = START + d * TICK + d % TICK;

		edge_wheel_start(w, &p.timer, due, on_fire);
		if (due > START + 2 * TICK)
			edge_wheel_advance(w, due - TICK - 1);
		ck_assert_uint_eq(p.fired, 0);
		edge_wheel_advance(w, due + TICK - 1);
		ck_assert_uint_eq(p.fired, 1);
		edge_wheel_advance(w, due + 2 * TICK);
		ck_assert_uint_eq(p.fired, 1);
		edge_wheel_free(w);
	}
}
END_TEST

/* clang-format off */
static const uint64_t far_ms[] = {
	64ull * TICK - 1, 64ull * TICK, 64ull * TICK + 1,
	4096ull * TICK - 1, 4096ull * TICK, 4096ull * TICK + 1,
	262144ull * TICK - 1, 262144ull * TICK, 262144ull * TICK + 1,
	16777216ull * TICK - TICK, 16777216ull * TICK, 16777216ull * TICK + 1,
	3 * 16777216ull * TICK + 12345, /* filed again twice */
};
/* clang-format on */

START_TEST(wheel_fires_far_timers_in_their_tick)
{
	uint64_t due = START + far_ms[_i];
	uint64_t last = due - due % TICK - 1; /* just before the tick of due */
	struct edge_wheel *w = wheel(START);
	struct probe p = {.wheel = w};

	edge_wheel_start(w, &p.timer, due, on_fire);
	edge_wheel_advance(w, START + far_ms[_i] / 2);
	edge_wheel_advance(w, last);
	ck_assert_uint_eq(p.fired, 0);
	edge_wheel_advance(w, due + TICK - 1);
	ck_assert_uint_eq(p.fired, 1);
	edge_wheel_free(w);
}
END_TEST

/* Start or stop one at random; returns when it is due, 0 for never. */
static uint64_t meddle(struct probe *p, uint64_t now, unsigned *seed)
{
	uint64_t due =
		now + 1 + (unsigned)rand_r(seed) % (1u << rand_r(seed) % 20);

	p->fired = 0;
	edge_wheel_stop(&p->timer);
	if (!(rand_r(seed) % 4))
		return 0;
	edge_wheel_start(p->wheel, &p->timer, due, on_fire);
	return due;
}

START_TEST(wheel_agrees_with_a_plain_list)
{
	enum { TIMERS = 500, TURNS = 4000 };
	static struct probe probes[TIMERS];
	static uint64_t due[TIMERS];
	struct edge_wheel *w = wheel(START);
	uint64_t now = START;
	unsigned seed = 7, wrong = 0;

	for (int turn = 0; turn < TURNS; turn++) {
		int n = rand_r(&seed) % TIMERS;

		probes[n].wheel = w;
		due[n] = meddle(&probes[n], now, &seed);
		now += (unsigned)rand_r(&seed) % 700;
		edge_wheel_advance(w, now);
		for (int i = 0; i < TIMERS; i++) {
			bool late = due[i] && due[i] + TICK <= now;
			bool early = !due[i] || due[i] > now;

			wrong += late && probes[i].fired != 1;
			wrong += early && probes[i].fired;
		}
	}
	ck_assert_uint_eq(wrong, 0);
	edge_wheel_free(w);
	for (int i = 0; i < TIMERS; i++)
		ck_assert(!edge_timer_running(&probes[i].timer));
}
END_TEST

START_TEST(wheel_fires_past_times_at_the_next_tick)
{
	struct edge_wheel *w = wheel(START);
	struct probe p = {.wheel = w};

	edge_wheel_start(w, &p.timer, 0, on_fire);
	edge_wheel_advance(w, START);
	ck_assert_uint_eq(p.fired, 0);
	edge_wheel_advance(w, START + TICK);
	ck_assert_uint_eq(p.fired, 1);
	edge_wheel_free(w);
}
END_TEST

START_TEST(wheel_stop_is_idempotent_and_restart_moves)
{
	struct edge_wheel *w = wheel(START);
	struct probe p = {.wheel = w};

	edge_wheel_stop(&p.timer);
	ck_assert(!edge_timer_running(&p.timer));
	edge_wheel_start(w, &p.timer, START + 100, on_fire);
	ck_assert(edge_timer_running(&p.timer));
	edge_wheel_start(w, &p.timer, START + 5000, on_fire);
	edge_wheel_advance(w, START + 1000);
	ck_assert_uint_eq(p.fired, 0);
	edge_wheel_stop(&p.timer);
	edge_wheel_stop(&p.timer);
	edge_wheel_advance(w, START + 9000);
	ck_assert_uint_eq(p.fired, 0);
	edge_wheel_free(w);
}
END_TEST

START_TEST(wheel_lets_a_callback_restart_its_timer)
{
	struct edge_wheel *w = wheel(START);
	struct probe p = {.wheel = w, .again_ms = 1};

	edge_wheel_start(w, &p.timer, START + 1, on_fire);
	for (uint64_t now = START; now <= START + 100 * TICK; now += TICK)
		edge_wheel_advance(w, now);
	ck_assert_uint_ge(p.fired, 98);
	ck_assert_uint_le(p.fired, 100);
	ck_assert(edge_timer_running(&p.timer));
	edge_wheel_free(w);
}
END_TEST

START_TEST(wheel_lets_a_callback_stop_its_neighbours)
{
	struct edge_wheel *w = wheel(START);
	struct probe p[3] = {{.wheel = w}, {.wheel = w}, {.wheel = w}};

	for (int i = 0; i < 3; i++) {
		p[i].victim = &p[(i + 1) % 3];
		edge_wheel_start(w, &p[i].timer, START + 100, on_fire);
	}
	edge_wheel_advance(w, START + 200);
	/* the first to fire takes one along, so two of three have fired */
	ck_assert_uint_eq(p[0].fired + p[1].fired + p[2].fired, 2);
	for (int i = 0; i < 3; i++)
		ck_assert(!edge_timer_running(&p[i].timer));
	edge_wheel_free(w);
}
END_TEST

START_TEST(wheel_catches_up_after_a_long_pause)
{
	struct edge_wheel *w = wheel(0);
	struct probe p[4] = {{.wheel = w}, {.wheel = w}, {.wheel = w}};

	edge_wheel_start(w, &p[0].timer, 100, on_fire);
	edge_wheel_start(w, &p[1].timer, 100000, on_fire);
	edge_wheel_start(w, &p[2].timer, 10000000, on_fire);
	edge_wheel_start(w, &p[3].timer, UINT64_MAX, on_fire);
	edge_wheel_advance(w, 20000000);
	for (int i = 0; i < 3; i++)
		ck_assert_uint_eq(p[i].fired, 1);
	ck_assert_uint_eq(p[3].fired, 0);
	edge_wheel_free(w);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("wheel");
	TCase *t = tcase_create("time");

	tcase_set_timeout(t, 60);
	tcase_add_test(t, wheel_fires_each_delay_at_its_tick);
	tcase_add_loop_test(t, wheel_fires_far_timers_in_their_tick, 0,
			    sizeof(far_ms) / sizeof(far_ms[0]));
	tcase_add_test(t, wheel_agrees_with_a_plain_list);
	tcase_add_test(t, wheel_fires_past_times_at_the_next_tick);
	tcase_add_test(t, wheel_catches_up_after_a_long_pause);
	suite_add_tcase(s, t);
	t = tcase_create("callbacks");
	tcase_set_timeout(t, 10);
	tcase_add_test(t, wheel_stop_is_idempotent_and_restart_moves);
	tcase_add_test(t, wheel_lets_a_callback_restart_its_timer);
	tcase_add_test(t, wheel_lets_a_callback_stop_its_neighbours);
	suite_add_tcase(s, t);
	return s;
}
