/* common/distinct.c */
#include "common/distinct.h"

#include "tests/support/suite.h"

START_TEST(distinct_knows_what_was_added)
{
	struct edge_distinct d = {0};

	ck_assert(!edge_distinct_has(&d, 7));
	ck_assert_int_eq(edge_distinct_add(&d, 7, 10), EDGE_OK);
	ck_assert_int_eq(edge_distinct_add(&d, 7, 10), EDGE_OK);
	ck_assert(edge_distinct_has(&d, 7));
	ck_assert(!edge_distinct_has(&d, 7 + 16)); /* same place */
	ck_assert_uint_eq(d.count, 1);
	edge_distinct_fini(&d);
	ck_assert(!edge_distinct_has(&d, 7));
	edge_distinct_fini(&d);
}
END_TEST

START_TEST(distinct_takes_nothing_new_past_its_most)
{
	struct edge_distinct d = {0};

	ck_assert_int_eq(edge_distinct_add(&d, 1, 0), EDGE_ELIMIT);
	for (uint64_t i = 1; i <= 100; i++)
		ck_assert_int_eq(edge_distinct_add(&d, i, 100), EDGE_OK);
	ck_assert_int_eq(edge_distinct_add(&d, 101, 100), EDGE_ELIMIT);
	ck_assert_int_eq(edge_distinct_add(&d, 50, 100), EDGE_OK);
	ck_assert_int_eq(edge_distinct_add(&d, 50, 1), EDGE_OK);
	edge_distinct_fini(&d);
}
END_TEST

START_TEST(distinct_takes_the_hash_that_marks_a_free_place)
{
	struct edge_distinct d = {0};

	ck_assert(!edge_distinct_has(&d, 0));
	ck_assert_int_eq(edge_distinct_add(&d, 0, 9), EDGE_OK);
	ck_assert(edge_distinct_has(&d, 0));
	ck_assert_uint_eq(d.count, 1);
	edge_distinct_fini(&d);
}
END_TEST

/* Equal low bits: one run of full places, also when the set has grown. */
START_TEST(distinct_finds_all_that_share_a_place)
{
	struct edge_distinct d = {0};
	const uint64_t step = _i ? 1 : UINT64_C(1) << 32;
	const uint64_t count = _i ? 100000 : 500;

	for (uint64_t i = 1; i <= count; i++)
		ck_assert_int_eq(edge_distinct_add(&d, i * step, count),
				 EDGE_OK);
	for (uint64_t i = 1; i <= count; i++)
		ck_assert(edge_distinct_has(&d, i * step));
	ck_assert(!edge_distinct_has(&d, (count + 1) * step));
	ck_assert_uint_eq(d.count, count);
	ck_assert_uint_le(d.room, 4 * count); /* 32 bytes a thing */
	edge_distinct_fini(&d);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("distinct");
	TCase *t = tcase_create("set");

	tcase_set_timeout(t, 30);
	tcase_add_test(t, distinct_knows_what_was_added);
	tcase_add_test(t, distinct_takes_nothing_new_past_its_most);
	tcase_add_test(t, distinct_takes_the_hash_that_marks_a_free_place);
	tcase_add_loop_test(t, distinct_finds_all_that_share_a_place, 0, 2);
	suite_add_tcase(s, t);
	return s;
}
