/* Waiting for several at once, on a clock of its own. */
#include <check.h>

#include "edgectl/ready.h"
#include "tests/support/suite.h"

enum { COUNT = 3, NEVER = 1 << 30 };

static struct world {
	uint64_t now_ms, ready_ms[COUNT], look_ms;
	unsigned looks[COUNT], rests;
} w;
static bool wanted[COUNT], is_ready[COUNT];

static bool look(void *arg, size_t i)
{
	struct world *h = arg;

	h->looks[i]++;
	h->now_ms += h->look_ms;
	return h->now_ms >= h->ready_ms[i];
}

static uint64_t now_ms(void *arg)
{
	return ((struct world *)arg)->now_ms;
}

static void rest(void *arg)
{
	struct world *h = arg;

	h->now_ms += 100;
	h->rests++;
}

static const struct ctl_ready r = {COUNT, wanted, look, now_ms, rest, &w};

static void setup(void)
{
	w = (struct world){0};
	for (size_t i = 0; i < COUNT; i++)
		wanted[i] = true;
}

START_TEST(ready_ends_when_all_are)
{
	w.ready_ms[1] = 300;
	ctl_ready_wait(is_ready, &r, 20000);
	for (size_t i = 0; i < COUNT; i++)
		ck_assert(is_ready[i]);
	ck_assert_uint_eq(w.now_ms, 300);
	ck_assert_uint_eq(w.looks[0], 1); /* it is not asked again */
}
END_TEST

START_TEST(ready_lets_no_late_one_spend_the_time_of_others)
{
	w.ready_ms[0] = NEVER;
	w.ready_ms[1] = 15000;
	w.ready_ms[2] = 19900;
	ctl_ready_wait(is_ready, &r, 20000);
	ck_assert(!is_ready[0] && is_ready[1] && is_ready[2]);
	ck_assert_uint_eq(w.now_ms, 20000);
}
END_TEST

START_TEST(ready_looks_at_all_though_one_takes_the_whole_time)
{
	w.look_ms = 30000;
	w.ready_ms[0] = NEVER;
	ctl_ready_wait(is_ready, &r, 20000);
	ck_assert(!is_ready[0] && is_ready[1] && is_ready[2]);
	ck_assert_uint_eq(w.rests, 0);
}
END_TEST

START_TEST(ready_waits_for_nobody_who_is_not_wanted)
{
	wanted[0] = false;
	w.ready_ms[0] = NEVER;
	ctl_ready_wait(is_ready, &r, 20000);
	ck_assert(!is_ready[0] && is_ready[1] && is_ready[2]);
	ck_assert_uint_eq(w.looks[0], 0);
	ck_assert_uint_eq(w.now_ms, 0);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("edgectl/ready");
	TCase *t = tcase_create("ready");

	tcase_set_timeout(t, 10);
	tcase_add_checked_fixture(t, setup, NULL);
	tcase_add_test(t, ready_ends_when_all_are);
	tcase_add_test(t, ready_lets_no_late_one_spend_the_time_of_others);
	tcase_add_test(t, ready_looks_at_all_though_one_takes_the_whole_time);
	tcase_add_test(t, ready_waits_for_nobody_who_is_not_wanted);
	suite_add_tcase(s, t);
	return s;
}
