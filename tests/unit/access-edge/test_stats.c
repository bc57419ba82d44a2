/* access-edge/stats.c: a counter for each reason. */
#include "access-edge/stats.h"

#include <stdio.h>

#include "tests/support/suite.h"

START_TEST(stats_have_a_row_for_each_reason_and_end)
{
	struct edge_stats *s = NULL;
	char name[128], want[128];

	ck_assert_int_eq(acc_stats_new(&s, 2), EDGE_OK);
	ck_assert_uint_eq(edge_stats_count(s), ACC_STAT_COUNT);
	for (int r = 0; r < ACC_REASON_COUNT; r++) {
		snprintf(want, sizeof(want),
			 "lync_edge_access_refused_total{reason=\"%s\"}",
			 acc_reason_name((enum acc_reason)r));
		edge_stats_name(s, (size_t)(ACC_STAT_REFUSED + r), name,
				sizeof(name));
		ck_assert_str_eq(name, want);
	}
	for (int w = 0; w <= EDGE_CONN_WHY_OURS; w++) {
		snprintf(want, sizeof(want),
			 "lync_edge_access_closed_total{reason=\"%s\"}",
			 edge_conn_why_str((enum edge_conn_why)w));
		edge_stats_name(s, (size_t)(ACC_STAT_CLOSED + w), name,
				sizeof(name));
		ck_assert_str_eq(name, want);
	}
	edge_stats_add(s, 0, ACC_STAT_HELD, 2);
	edge_stats_add(s, 1, ACC_STAT_HELD, 3);
	ck_assert_uint_eq(edge_stats_sum(s, ACC_STAT_HELD), 5);
	edge_stats_free(s);
}
END_TEST

START_TEST(stats_names_are_unique)
{
	static char names[ACC_STAT_COUNT][128];
	struct edge_stats *s = NULL;

	ck_assert_int_eq(acc_stats_new(&s, 1), EDGE_OK);
	for (size_t i = 0; i < ACC_STAT_COUNT; i++) {
		edge_stats_name(s, i, names[i], sizeof(names[i]));
		for (size_t k = 0; k < i; k++)
			ck_assert_str_ne(names[k], names[i]);
	}
	edge_stats_free(s);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("stats");
	TCase *t = tcase_create("stats");

	tcase_set_timeout(t, 10);
	tcase_add_test(t, stats_have_a_row_for_each_reason_and_end);
	tcase_add_test(t, stats_names_are_unique);
	suite_add_tcase(s, t);
	return s;
}
