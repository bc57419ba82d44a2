/* common/quota.c */
#include "common/quota.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "tests/support/suite.h"

enum { HOUR_MS = 3600000, THREADS = 4, ROUNDS = 5000 };

static struct edge_quota *q;

/* 20 a second; few keys and items, so that the ends are near. */
static const struct edge_quota_limits usual = {
	.rate = 20,
	.items = 3,
	.keys = 4,
	.idle_ms = HOUR_MS,
};

static void open_with(struct edge_quota_limits l)
{
	ck_assert_int_eq(edge_quota_new(&q, &l), EDGE_OK);
}

static void open_usual(void)
{
	open_with(usual);
}

static void close_it(void)
{
	edge_quota_free(q);
	q = NULL;
}

/* Messages that pass at once. */
static unsigned passed(const char *key, unsigned tries, uint64_t now_ms)
{
	unsigned count = 0;

	for (unsigned i = 0; i < tries; i++)
		count += edge_quota_take(q, key, now_ms);
	return count;
}

static bool meet(const char *key, const char *item, uint64_t now_ms)
{
	return edge_quota_meet(q, key, edge_slice_str(item), now_ms);
}

/* Keys k0..k(n-1) use up the places. */
static void fill(unsigned n, uint64_t now_ms)
{
	for (unsigned i = 0; i < n; i++) {
		char key[16];

		snprintf(key, sizeof(key), "k%u", i);
		ck_assert(edge_quota_take(q, key, now_ms));
	}
}

START_TEST(quota_passes_so_many_a_second_of_each_key)
{
	ck_assert_uint_eq(passed("a.com", 50, 1000), 20);
	ck_assert_uint_eq(passed("b.com", 50, 1000), 20);
	ck_assert_uint_eq(passed("a.com", 50, 1500), 10);
	ck_assert_uint_eq(passed("a.com", 50, 1550), 1);
	edge_quota_free(NULL);
}
END_TEST

START_TEST(quota_key_has_one_spelling)
{
	ck_assert_uint_eq(passed("sip.fabrikam.com", 15, 1), 15);
	ck_assert_uint_eq(passed("SIP.Fabrikam.COM.", 15, 1), 5);
	ck_assert_uint_eq(edge_quota_keys(q), 1);
}
END_TEST

START_TEST(quota_without_a_rate_bounds_nothing)
{
	struct edge_quota_limits l = usual;

	l.rate = 0;
	edge_quota_limits_set(q, &l);
	ck_assert_uint_eq(passed("a.com", 5000, 1), 5000);
}
END_TEST

START_TEST(quota_new_limits_hold_from_now_on)
{
	struct edge_quota_limits l = usual;

	ck_assert_uint_eq(passed("a.com", 50, 1), 20);
	l.rate = 5;
	l.burst = 7;
	l.items = 1;
	edge_quota_limits_set(q, &l);
	ck_assert_uint_eq(passed("a.com", 50, 1), 7);
	ck_assert_uint_eq(passed("a.com", 50, 1001), 5);
	ck_assert(meet("a.com", "u1", 1));
	ck_assert(!meet("a.com", "u2", 1));
	l.items = 2;
	edge_quota_limits_set(q, &l);
	ck_assert(meet("a.com", "u2", 1));
	l.items = 1; /* both are known ones */
	edge_quota_limits_set(q, &l);
	ck_assert(meet("a.com", "u1", 1) && meet("a.com", "u2", 1));
}
END_TEST

START_TEST(quota_refuses_new_items_past_the_limit_and_known_ones_go_on)
{
	ck_assert(meet("a.com", "u1", 1) && meet("a.com", "u2", 1) &&
		  meet("a.com", "u3", 1));
	ck_assert(!meet("a.com", "u4", 2));
	ck_assert(!meet("a.com", "u4", 3)); /* refused is not known */
	ck_assert(meet("a.com", "u1", 4) && meet("a.com", "u3", 4));
	ck_assert(meet("b.com", "u4", 5)); /* another key's own */
	ck_assert_uint_eq(edge_quota_items(q), 4);
}
END_TEST

START_TEST(quota_without_a_limit_on_items_remembers_none)
{
	struct edge_quota_limits l = usual;
	char item[16];

	l.items = 0;
	edge_quota_limits_set(q, &l);
	for (int i = 0; i < 1000; i++) {
		snprintf(item, sizeof(item), "u%d", i);
		ck_assert(meet("a.com", item, 1));
	}
	ck_assert_uint_eq(edge_quota_items(q), 0);
}
END_TEST

START_TEST(quota_keys_without_a_place_share_one_bucket_and_one_set)
{
	unsigned sum = 0;
	char name[32];

	fill(4, 1);
	for (int i = 0; i < 100; i++) {
		snprintf(name, sizeof(name), "x%d.flood.com", i);
		sum += passed(name, 1, 1);
	}
	ck_assert_uint_eq(sum, 20);
	ck_assert(meet("x1.flood.com", "u1", 1));
	ck_assert(meet("x2.flood.com", "u2", 1));
	ck_assert(meet("x3.flood.com", "u3", 1));
	ck_assert(!meet("x4.flood.com", "u4", 1));
	ck_assert(meet("x5.flood.com", "u1", 1));
	ck_assert_uint_eq(edge_quota_keys(q), 4);
	ck_assert_uint_eq(passed("k0", 50, 1), 19); /* those of a key stay */
}
END_TEST

START_TEST(quota_row_of_the_others_starts_again_when_it_was_idle)
{
	fill(4, 1);
	ck_assert(meet("x.com", "u1", 1) && meet("y.com", "u2", 1) &&
		  meet("z.com", "u3", 1));
	ck_assert(!meet("x.com", "u4", HOUR_MS));
	fill(4, 2 * HOUR_MS - 1); /* these keep their places */
	ck_assert(meet("x.com", "u4", 2 * HOUR_MS));
	ck_assert_uint_eq(edge_quota_items(q), 1);
}
END_TEST

START_TEST(quota_names_that_are_none_share_the_row_of_the_others)
{
	char longest[EDGE_QUOTA_KEY_LEN + 1];

	memset(longest, 'a', sizeof(longest));
	longest[EDGE_QUOTA_KEY_LEN] = '\0'; /* one too long */
	ck_assert_uint_eq(passed("", 15, 1), 15);
	ck_assert_uint_eq(passed(".", 3, 1), 3);
	ck_assert_uint_eq(passed(longest, 15, 1), 2);
	ck_assert_uint_eq(edge_quota_keys(q), 0);
	longest[EDGE_QUOTA_KEY_LEN - 1] = '\0';
	ck_assert_uint_eq(passed(longest, 50, 1), 20);
	ck_assert_uint_eq(edge_quota_keys(q), 1);
}
END_TEST

START_TEST(quota_the_idle_key_used_longest_ago_makes_room)
{
	fill(4, 1);
	ck_assert(meet("k1", "u1", 2)); /* k2 and k3 are oldest now */
	ck_assert(meet("k0", "u1", 1000));
	ck_assert_uint_eq(passed("new.com", 50, HOUR_MS), 20);
	ck_assert_uint_eq(edge_quota_keys(q), 4); /* none was idle: shared */
	ck_assert_uint_eq(passed("k2", 1, HOUR_MS), 1);
	ck_assert_uint_eq(passed("new.com", 50, HOUR_MS + 1), 20);
	ck_assert(meet("k3", "u2", HOUR_MS + 1)); /* shared, had to go */
	ck_assert_uint_eq(edge_quota_items(q), 3);
	ck_assert_uint_eq(passed("new2.com", 50, HOUR_MS + 2), 20);
	ck_assert_uint_eq(edge_quota_items(q), 2); /* k1's went with it */
	ck_assert_uint_eq(edge_quota_keys(q), 4);
}
END_TEST

START_TEST(quota_fewer_keys_than_there_are_make_room_one_by_one)
{
	struct edge_quota_limits l = usual;

	fill(4, 1);
	l.keys = 2;
	edge_quota_limits_set(q, &l);
	ck_assert(edge_quota_take(q, "k3", 2 * HOUR_MS));
	ck_assert_uint_eq(edge_quota_keys(q), 4);
	ck_assert(edge_quota_take(q, "new.com", 2 * HOUR_MS));
	ck_assert_uint_eq(edge_quota_keys(q), 2);
}
END_TEST

START_TEST(quota_bounds_the_items_of_all_keys)
{
	struct edge_quota_limits l = usual;

	l.all_items = 4;
	edge_quota_limits_set(q, &l);
	ck_assert(meet("a.com", "u1", 1) && meet("a.com", "u2", 1));
	ck_assert(meet("b.com", "u1", 2) && meet("b.com", "u2", 2));
	ck_assert(!meet("c.com", "u1", 3));
	ck_assert(!meet("b.com", "u3", 3));
	ck_assert(meet("b.com", "u1", HOUR_MS));     /* known */
	ck_assert(meet("b.com", "u3", HOUR_MS + 1)); /* a.com's went */
	ck_assert_uint_eq(edge_quota_items(q), 3);
	ck_assert_uint_eq(edge_quota_keys(q), 2);
}
END_TEST

START_TEST(quota_adds_up_the_faults_of_a_while)
{
	struct edge_quota_limits l = usual;

	l.fault_ms = 60000;
	edge_quota_limits_set(q, &l);
	for (uint32_t i = 1; i <= 12; i++)
		ck_assert_uint_eq(edge_quota_fault(q, "a.com", 1000 + i), i);
	ck_assert_uint_eq(edge_quota_fault(q, "b.com", 1013), 1);
	ck_assert_uint_eq(edge_quota_fault(q, "A.com.", 61001), 13);
	ck_assert_uint_eq(edge_quota_fault(q, "a.com", 61002), 1);
	ck_assert_uint_eq(passed("a.com", 50, 61002), 20); /* apart */
}
END_TEST

START_TEST(quota_watched_key_has_one_message_a_second)
{
	ck_assert(edge_quota_watch(q, "a.com", 10000, 1000));
	ck_assert_uint_eq(passed("A.com", 50, 1000), 1);
	ck_assert_uint_eq(passed("a.com", 50, 1900), 0);
	ck_assert_uint_eq(passed("a.com", 50, 2000), 1);
	ck_assert_uint_eq(passed("b.com", 50, 2000), 20);
	ck_assert_uint_eq(passed("a.com", 50, 10000), 20); /* over */
	ck_assert(edge_quota_watch(q, "a.com", 30000, 20000));
	ck_assert_uint_eq(passed("a.com", 50, 20000), 1);
	ck_assert(edge_quota_watch(q, "a.com", 0, 20001)); /* ended */
	ck_assert_uint_eq(passed("a.com", 50, 20001), 20);
}
END_TEST

START_TEST(quota_watched_key_keeps_its_place)
{
	const uint64_t far = 10 * (uint64_t)HOUR_MS;

	fill(4, 1);
	ck_assert(edge_quota_watch(q, "k0", far, 1));
	ck_assert(edge_quota_watch(q, "k1", far, 1));
	ck_assert(!edge_quota_watch(q, "new.com", far, 1)); /* no room */
	for (int i = 2; i < 9; i++) {
		char name[32];

		snprintf(name, sizeof(name), "x%d.com", i);
		ck_assert(edge_quota_take(
			q, name, 2 * (uint64_t)i * HOUR_MS / 4 + HOUR_MS));
	}
	ck_assert_uint_eq(passed("k0", 50, far - 1), 1);
	ck_assert_uint_eq(passed("k1", 50, far - 1), 1);
}
END_TEST

START_TEST(quota_forgets_a_key_when_told)
{
	ck_assert(!edge_quota_knows(q, "a.com"));
	ck_assert(meet("a.com", "u1", 1) && meet("a.com", "u2", 1) &&
		  meet("a.com", "u3", 1));
	ck_assert(edge_quota_knows(q, "a.COM."));
	ck_assert(!edge_quota_knows(q, ""));
	edge_quota_forget(q, "A.com.");
	ck_assert(!edge_quota_knows(q, "a.com"));
	edge_quota_forget(q, "nobody.com");
	edge_quota_forget(q, "");
	ck_assert_uint_eq(edge_quota_items(q), 0);
	ck_assert(meet("a.com", "u4", 1));
}
END_TEST

START_TEST(quota_top_gives_the_most_active_of_the_period)
{
	struct edge_quota_row rows[5];

	ck_assert_uint_eq(edge_quota_top(q, rows, 5, 1), 0);
	passed("a.com", 3, 1);
	passed("b.com", 25, 1);
	ck_assert(meet("c.com", "u1", 1) && meet("c.com", "u2", 1) &&
		  meet("c.com", "u3", 1));
	for (int i = 0; i < 10; i++)
		ck_assert(!meet("c.com", "u4", 1));
	passed("", 1, 1);
	ck_assert(edge_quota_watch(q, "quiet.com", 9, 1));
	ck_assert_uint_eq(edge_quota_top(q, rows, 5, 1), 4);
	ck_assert_str_eq(rows[0].key, "b.com");
	ck_assert_uint_eq(rows[0].taken, 20);
	ck_assert_uint_eq(rows[0].refused_rate, 5);
	ck_assert_str_eq(rows[1].key, "c.com");
	ck_assert_uint_eq(rows[1].refused_items, 10);
	ck_assert_uint_eq(rows[1].distinct, 3);
	ck_assert_str_eq(rows[2].key, "a.com");
	ck_assert(!rows[2].is_watched);
	ck_assert_str_eq(rows[3].key, "");
	ck_assert_uint_eq(edge_quota_top(q, rows, 2, 1), 2);
	ck_assert_str_eq(rows[1].key, "c.com");
	ck_assert_uint_eq(edge_quota_top(q, rows, 0, 1), 0);
}
END_TEST

START_TEST(quota_counts_start_again_with_a_period)
{
	struct edge_quota_row rows[4];

	ck_assert(meet("a.com", "u1", 1));
	passed("a.com", 30, 1);
	passed("", 30, 1);
	edge_quota_period(q);
	ck_assert_uint_eq(edge_quota_top(q, rows, 4, 1), 0);
	ck_assert(edge_quota_watch(q, "a.com", 100, 2));
	passed("a.com", 2, 2);
	ck_assert_uint_eq(edge_quota_top(q, rows, 4, 3), 1);
	ck_assert_uint_eq(rows[0].taken, 1);
	ck_assert_uint_eq(rows[0].refused_rate, 1);
	ck_assert_uint_eq(rows[0].distinct, 1); /* goes on */
	ck_assert(rows[0].is_watched);
}
END_TEST

START_TEST(quota_takes_the_nearest_limits_that_can_be)
{
	close_it();
	open_with((struct edge_quota_limits){
		.rate = 1, .items = UINT32_MAX, .keys = 0});
	for (uint32_t i = 0; i < EDGE_QUOTA_ITEMS_MAX; i++)
		ck_assert(edge_quota_meet(q, "a.com", edge_slice(&i, sizeof(i)),
					  1));
	ck_assert(!meet("a.com", "one more", 1));
	ck_assert(edge_quota_take(q, "b.com", 1)); /* one key: shared */
	ck_assert_uint_eq(edge_quota_keys(q), 1);
	ck_assert(edge_quota_take(q, "b.com", 2)); /* idle for a ms: gone */
	ck_assert_uint_eq(edge_quota_items(q), 0);
}
END_TEST

static void *work(void *arg)
{
	uint32_t seed = (uint32_t)(uintptr_t)&seed;
	uintptr_t got = 0;

	(void)arg;
	for (uint32_t i = 0; i < ROUNDS; i++) {
		struct edge_quota_row rows[3];
		char key[16];

		seed = seed * 1664525 + 1013904223;
		snprintf(key, sizeof(key), "k%u", seed >> 29);
		got += edge_quota_take(q, key, 1);
		(void)edge_quota_meet(q, key, edge_slice(&i, sizeof(i)), 1);
		if (i % 100 == 0)
			ck_assert_uint_le(edge_quota_top(q, rows, 3, 1), 3);
	}
	return (void *)got;
}

START_TEST(quota_is_exact_among_threads)
{
	pthread_t id[THREADS];
	uintptr_t sum = 0;

	for (int i = 0; i < THREADS; i++)
		ck_assert_int_eq(pthread_create(&id[i], NULL, work, NULL), 0);
	for (int i = 0; i < THREADS; i++) {
		void *got;

		ck_assert_int_eq(pthread_join(id[i], &got), 0);
		sum += (uintptr_t)got;
	}
	/* eight names, four with a place: five buckets of 20 */
	ck_assert_uint_eq(sum, 5 * 20);
	ck_assert_uint_eq(edge_quota_items(q), 5 * 3);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("quota");
	TCase *t = tcase_create("quota");

	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, open_usual, close_it);
	tcase_add_test(t, quota_passes_so_many_a_second_of_each_key);
	tcase_add_test(t, quota_key_has_one_spelling);
	tcase_add_test(t, quota_without_a_rate_bounds_nothing);
	tcase_add_test(t, quota_new_limits_hold_from_now_on);
	tcase_add_test(
		t, quota_refuses_new_items_past_the_limit_and_known_ones_go_on);
	tcase_add_test(t, quota_without_a_limit_on_items_remembers_none);
	tcase_add_test(t,
		       quota_keys_without_a_place_share_one_bucket_and_one_set);
	tcase_add_test(t,
		       quota_row_of_the_others_starts_again_when_it_was_idle);
	tcase_add_test(t,
		       quota_names_that_are_none_share_the_row_of_the_others);
	tcase_add_test(t, quota_the_idle_key_used_longest_ago_makes_room);
	tcase_add_test(t, quota_fewer_keys_than_there_are_make_room_one_by_one);
	tcase_add_test(t, quota_bounds_the_items_of_all_keys);
	tcase_add_test(t, quota_adds_up_the_faults_of_a_while);
	tcase_add_test(t, quota_watched_key_has_one_message_a_second);
	tcase_add_test(t, quota_watched_key_keeps_its_place);
	tcase_add_test(t, quota_forgets_a_key_when_told);
	tcase_add_test(t, quota_top_gives_the_most_active_of_the_period);
	tcase_add_test(t, quota_counts_start_again_with_a_period);
	tcase_add_test(t, quota_takes_the_nearest_limits_that_can_be);
	tcase_add_test(t, quota_is_exact_among_threads);
	suite_add_tcase(s, t);
	return s;
}
