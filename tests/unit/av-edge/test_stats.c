/* av-edge/stats.c: a counter for each reason and each end of a stream. */
#include "av-edge/stats.h"

#include "tests/support/rows.h"
#include "tests/support/suite.h"

START_TEST(stats_have_a_row_for_each_reason_and_end)
{
	struct edge_stats *s = NULL;

	ck_assert_int_eq(ave_stats_new(&s, 2), EDGE_OK);
	ck_assert_uint_eq(edge_stats_count(s), AVE_STAT_COUNT);
	rows_of_stats(s);
	for (int r = 0; r < AVE_REASONS; r++)
		rows_stat_is(s, (size_t)(AVE_STAT_DROPPED + r), "av", "dropped",
			     ave_reason_label((enum ave_reason)r));
	for (int w = 0; w <= AVE_STREAM_DISMISSED; w++)
		rows_stat_is(s, (size_t)(AVE_STAT_CLOSED + w), "av", "closed",
			     ave_stream_why_name((enum ave_stream_why)w));
	edge_stats_add(s, 0, AVE_STAT_DROPPED, 2);
	edge_stats_add(s, 1, AVE_STAT_DROPPED, 3);
	ck_assert_uint_eq(edge_stats_sum(s, AVE_STAT_DROPPED), 5);
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
