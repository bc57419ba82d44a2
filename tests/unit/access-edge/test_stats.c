/* access-edge/stats.c: a counter for each reason. */
#include "access-edge/stats.h"

#include "tests/support/rows.h"
#include "tests/support/suite.h"

START_TEST(stats_have_a_row_for_each_reason_and_end)
{
	struct edge_stats *s = NULL;

	ck_assert_int_eq(acc_stats_new(&s, 2), EDGE_OK);
	ck_assert_uint_eq(edge_stats_count(s), ACC_STAT_COUNT);
	rows_of_stats(s);
	for (int r = 0; r < ACC_REASON_COUNT; r++) {
		rows_stat_is(s, (size_t)(ACC_STAT_REFUSED + r), "access",
			     "refused", acc_reason_name((enum acc_reason)r));
	}
	for (int w = 0; w <= EDGE_CONN_WHY_OURS; w++) {
		rows_stat_is(s, (size_t)(ACC_STAT_CLOSED + w), "access",
			     "closed",
			     edge_conn_why_str((enum edge_conn_why)w));
	}
	edge_stats_add(s, 0, ACC_STAT_HELD, 2);
	edge_stats_add(s, 1, ACC_STAT_HELD, 3);
	ck_assert_uint_eq(edge_stats_sum(s, ACC_STAT_HELD), 5);
	edge_stats_free(s);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("stats");
	TCase *t = tcase_create("stats");

	tcase_set_timeout(t, 10);
	tcase_add_test(t, stats_have_a_row_for_each_reason_and_end);
	suite_add_tcase(s, t);
	return s;
}
