/* webconf-edge/stats.c: a counter for each reason, twice; rows of durations. */
#include "webconf-edge/stats.h"

#include "tests/support/rows.h"
#include "tests/support/suite.h"

START_TEST(stats_have_a_row_for_each_reason)
{
	struct edge_stats *s = NULL;

	ck_assert_int_eq(wce_stats_new(&s, 2), EDGE_OK);
	ck_assert_uint_eq(edge_stats_count(s), WCE_STAT_COUNT);
	rows_of_stats(s);
	for (int r = 0; r < WCE_REASONS; r++) {
		const char *reason = wce_reason_name((enum wce_reason)r);

		rows_stat_is(s, (size_t)(WCE_STAT_REJECT + r), "webconf",
			     "reject", reason);
		rows_stat_is(s, (size_t)(WCE_STAT_ENDED + r), "webconf",
			     "ended", reason);
	}
	edge_stats_add(s, 0, WCE_STAT_SESSIONS, 2);
	edge_stats_add(s, 1, WCE_STAT_SESSIONS, 3);
	ck_assert_uint_eq(edge_stats_sum(s, WCE_STAT_SESSIONS), 5);
	edge_stats_free(s);
}
END_TEST

static const struct {
	uint64_t ms;
	enum wce_stat handshake, pair;
} durations[] = {
	{0, WCE_STAT_HANDSHAKE_10, WCE_STAT_PAIR_1},
	{1, WCE_STAT_HANDSHAKE_10, WCE_STAT_PAIR_1},
	{2, WCE_STAT_HANDSHAKE_10, WCE_STAT_PAIR_10},
	{10, WCE_STAT_HANDSHAKE_10, WCE_STAT_PAIR_10},
	{11, WCE_STAT_HANDSHAKE_100, WCE_STAT_PAIR_100},
	{100, WCE_STAT_HANDSHAKE_100, WCE_STAT_PAIR_100},
	{101, WCE_STAT_HANDSHAKE_1000, WCE_STAT_PAIR_MORE},
	{1000, WCE_STAT_HANDSHAKE_1000, WCE_STAT_PAIR_MORE},
	{1001, WCE_STAT_HANDSHAKE_MORE, WCE_STAT_PAIR_MORE},
};
enum { DURATIONS = sizeof(durations) / sizeof(*durations) };

START_TEST(stats_rows_of_durations)
{
	ck_assert_int_eq(wce_stats_handshake(durations[_i].ms),
			 durations[_i].handshake);
	ck_assert_int_eq(wce_stats_pair(durations[_i].ms), durations[_i].pair);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("stats");
	TCase *t = tcase_create("stats");

	tcase_set_timeout(t, 10);
	tcase_add_test(t, stats_have_a_row_for_each_reason);
	tcase_add_loop_test(t, stats_rows_of_durations, 0, DURATIONS);
	suite_add_tcase(s, t);
	return s;
}
