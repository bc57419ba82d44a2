/* access-edge/{limits,events,stats}.c: the tables an operator sees. */
#include <stdio.h>
#include <string.h>

#include "access-edge/events.h"
#include "access-edge/limits.h"
#include "access-edge/stats.h"
#include "tests/support/suite.h"

START_TEST(limits_have_a_default_in_their_range)
{
	const struct edge_limit_row *r = &acc_config_rows.limits[_i];

	ck_assert_ptr_nonnull(r->name);
	ck_assert_msg(strncmp(r->name, "access.", 7) == 0, "%s", r->name);
	ck_assert_msg(r->min <= r->def && r->def <= r->max, "%s", r->name);
	ck_assert_msg(r->max <= UINT32_MAX, "%s is held in 32 bits", r->name);
	ck_assert_msg(*r->source, "%s has no source", r->name);
	for (int i = 0; i < _i; i++)
		ck_assert_str_ne(acc_config_rows.limits[i].name, r->name);
}
END_TEST

START_TEST(limits_of_rings_are_powers_of_two)
{
	uint64_t n = acc_config_rows.limits[ACC_LIMIT_MAILBOX].def;

	ck_assert_uint_eq(n & (n - 1), 0);
}
END_TEST

START_TEST(options_are_named_once)
{
	const struct edge_option_row *r = &acc_config_rows.options[_i];

	ck_assert_msg(strncmp(r->name, "access.", 7) == 0, "%s", r->name);
	for (int i = 0; i < _i; i++)
		ck_assert_str_ne(acc_config_rows.options[i].name, r->name);
}
END_TEST

START_TEST(events_have_their_own_ids)
{
	size_t n = 0;

	for (; acc_events[n].id; n++) {
		ck_assert_uint_ge(acc_events[n].id, 1000);
		ck_assert_uint_lt(acc_events[n].id, 2000);
		ck_assert(*acc_events[n].text);
		ck_assert_msg(strncmp(acc_events[n].name, "ACC_EV_", 7) == 0,
			      "%s", acc_events[n].name);
		for (size_t i = 0; i < n; i++)
			ck_assert_uint_ne(acc_events[i].id, acc_events[n].id);
	}
	ck_assert_uint_gt(n, 10);
}
END_TEST

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
	Suite *s = suite_create("tables");
	TCase *t = tcase_create("tables");

	tcase_set_timeout(t, 10);
	tcase_add_loop_test(t, limits_have_a_default_in_their_range, 0,
			    ACC_LIMIT_COUNT);
	tcase_add_test(t, limits_of_rings_are_powers_of_two);
	tcase_add_loop_test(t, options_are_named_once, 0, ACC_OPTION_COUNT);
	tcase_add_test(t, events_have_their_own_ids);
	tcase_add_test(t, stats_have_a_row_for_each_reason_and_end);
	tcase_add_test(t, stats_names_are_unique);
	suite_add_tcase(s, t);
	return s;
}
