/* access-edge/overload.c: marks, and how long it lasts. */
#include "access-edge/overload.h"

#include "tests/support/suite.h"

static struct acc_overload_state s;

static void setup(void)
{
	s = (struct acc_overload_state){0};
}

static struct acc_load load(uint32_t transactions, uint32_t held)
{
	return (struct acc_load){.transactions = transactions,
				 .transactions_max = 1000,
				 .held = held,
				 .held_max = 100};
}

/* What it is after a look; changed tells whether the look said so. */
static enum acc_overload look(struct acc_load l, uint64_t now_ms, bool changed)
{
	ck_assert_int_eq(acc_overload_look(&s, &l, now_ms), changed);
	return s.now;
}

START_TEST(overload_begins_at_the_high_watermark)
{
	struct acc_load tight = load(0, 0);

	ck_assert_int_eq(look(load(799, 79), 1, false), ACC_OVERLOAD_NONE);
	ck_assert_int_eq(look(load(800, 0), 2, true),
			 ACC_OVERLOAD_TRANSACTIONS);
	setup();
	ck_assert_int_eq(look(load(0, 80), 3, true), ACC_OVERLOAD_HELD);
	setup();
	tight.memory_is_tight = true;
	ck_assert_int_eq(look(tight, 4, true), ACC_OVERLOAD_MEMORY);
	ck_assert_uint_eq(s.since_ms, 4);
}
END_TEST

START_TEST(overload_is_over_a_while_below_the_low_watermark)
{
	ck_assert_int_eq(look(load(900, 0), 1000, true),
			 ACC_OVERLOAD_TRANSACTIONS);
	look(load(500, 0), 9000, false); /* between the marks: as it was */
	look(load(499, 49), 13999, false);
	look(load(0, 50), 13999, false); /* something else, again high */
	look(load(0, 0), 18998, false);
	ck_assert_int_eq(look(load(0, 0), 18999, true), ACC_OVERLOAD_NONE);
	ck_assert_int_eq(look(load(0, 0), 19000, false), ACC_OVERLOAD_NONE);
}
END_TEST

START_TEST(overload_never_comes_of_what_has_no_bound)
{
	struct acc_load l = {.transactions = UINT32_MAX, .held = 5};

	ck_assert_int_eq(look(l, 1, false), ACC_OVERLOAD_NONE);
	ck_assert(!acc_overload_is_high(5, 0));
	ck_assert(acc_overload_is_high(4, 5));
	ck_assert(!acc_overload_is_high(79, 100));
}
END_TEST

START_TEST(overload_has_names)
{
	ck_assert_str_eq(acc_overload_name(ACC_OVERLOAD_NONE), "none");
	ck_assert_str_eq(acc_overload_name(ACC_OVERLOAD_HELD), "held");
}
END_TEST

Suite *test_suite(void)
{
	Suite *suite = suite_create("overload");
	TCase *t = tcase_create("overload");

	tcase_set_timeout(t, 10);
	tcase_add_checked_fixture(t, setup, NULL);
	tcase_add_test(t, overload_begins_at_the_high_watermark);
	tcase_add_test(t, overload_is_over_a_while_below_the_low_watermark);
	tcase_add_test(t, overload_never_comes_of_what_has_no_bound);
	tcase_add_test(t, overload_has_names);
	suite_add_tcase(suite, t);
	return suite;
}
