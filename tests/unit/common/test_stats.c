/* Counters: names as operators read them, sums over shards and threads. */
#include "common/stats.h"

#include <pthread.h>

#include "tests/support/suite.h"

static const struct edge_stat_row rows[] = {
	{"refused", "loop"}, {"refused", "size"}, {"accepted", NULL}};

static struct edge_stats *stats(unsigned shards)
{
	struct edge_stats *s;

	ck_assert_int_eq(edge_stats_new(&s, "access", rows, 3, shards),
			 EDGE_OK);
	return s;
}

START_TEST(stats_sum_adds_shards_and_nothing_else)
{
	struct edge_stats *s = stats(2);

	edge_stats_add(s, 0, 0, 1);
	edge_stats_add(s, 1, 0, 10);
	edge_stats_add(s, 1, 2, 5);
	ck_assert_uint_eq(edge_stats_count(s), 3);
	ck_assert_uint_eq(edge_stats_sum(s, 0), 11);
	ck_assert_uint_eq(edge_stats_sum(s, 1), 0);
	ck_assert_uint_eq(edge_stats_sum(s, 2), 5);
	edge_stats_free(s);
	edge_stats_free(NULL);
}
END_TEST

START_TEST(stats_name_carries_service_noun_and_reason)
{
	struct edge_stats *s = stats(1);
	char name[80], cut[8];

	edge_stats_name(s, 1, name, sizeof(name));
	ck_assert_str_eq(name,
			 "lync_edge_access_refused_total{reason=\"size\"}");
	edge_stats_name(s, 2, name, sizeof(name));
	ck_assert_str_eq(name, "lync_edge_access_accepted_total");
	edge_stats_name(s, 2, cut, sizeof(cut));
	ck_assert_str_eq(cut, "lync_ed");
	edge_stats_free(s);
}
END_TEST

enum { EACH = 20000 };

static void *count_shard_one(void *arg)
{
	for (int i = 0; i < EACH; i++)
		edge_stats_add(arg, 1, 0, 1);
	return NULL;
}

START_TEST(stats_lose_nothing_between_threads)
{
	struct edge_stats *s = stats(2);
	pthread_t thread;

	ck_assert_int_eq(pthread_create(&thread, NULL, count_shard_one, s), 0);
	for (int i = 0; i < EACH; i++) {
		edge_stats_add(s, 0, 0, 1);
		ck_assert_uint_le(edge_stats_sum(s, 0), 2 * EACH);
	}
	pthread_join(thread, NULL);
	ck_assert_uint_eq(edge_stats_sum(s, 0), 2 * EACH);
	edge_stats_free(s);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("stats");
	TCase *t = tcase_create("stats");

	tcase_set_timeout(t, 20);
	tcase_add_test(t, stats_sum_adds_shards_and_nothing_else);
	tcase_add_test(t, stats_name_carries_service_noun_and_reason);
	tcase_add_test(t, stats_lose_nothing_between_threads);
	suite_add_tcase(s, t);
	return s;
}
