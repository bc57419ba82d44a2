/* Admission: each gate alone, the table's bound, and who blocks whom. */
#include "common/admit.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/support/suite.h"

static const struct edge_admit_limits wide = {.total = 1000,
					      .per_source = 100,
					      .handshakes_per_source = 100,
					      .sources = 1000,
					      .penalty_ms = 60000,
					      .fail_count = 3,
					      .source_fail_count = 10,
					      .fail_window_ms = 300000,
					      .fail_block_ms = 200000,
					      .known_ms = 3600000};

static struct edge_admit *admit(struct edge_admit_limits l)
{
	struct edge_admit *a;

	ck_assert_int_eq(edge_admit_new(&a, &l), EDGE_OK);
	return a;
}

static struct edge_addr addr(const char *text)
{
	struct edge_addr a;

	ck_assert(!edge_addr_parse(&a, edge_slice_str(text), 40000));
	return a;
}

static struct edge_addr nth(unsigned n)
{
	char text[40];

	snprintf(text, sizeof(text), "10.%u.%u.%u", n >> 16 & 255, n >> 8 & 255,
		 n & 255);
	return addr(text);
}

static enum edge_admit_verdict enter(struct edge_admit *a, const char *from,
				     uint64_t now)
{
	struct edge_addr f = addr(from);

	return edge_admit_enter(a, &f, now);
}

START_TEST(admit_counts_connections_of_a_source)
{
	struct edge_admit_limits l = wide;
	struct edge_addr from = addr("192.0.2.1");
	struct edge_admit *a;

	l.per_source = 2;
	a = admit(l);
	ck_assert_int_eq(enter(a, "192.0.2.1", 0), EDGE_ADMIT_OK);
	ck_assert_int_eq(enter(a, "::ffff:192.0.2.1", 0), EDGE_ADMIT_OK);
	ck_assert_int_eq(enter(a, "192.0.2.1", 0), EDGE_ADMIT_SOURCE);
	ck_assert_int_eq(enter(a, "192.0.2.2", 0), EDGE_ADMIT_OK);
	ck_assert_uint_eq(edge_admit_count(a), 3);
	edge_admit_leave(a, &from, false);
	ck_assert_int_eq(enter(a, "192.0.2.1", 0), EDGE_ADMIT_OK);
	edge_admit_free(a);
	edge_admit_free(NULL);
}
END_TEST

START_TEST(admit_counts_ipv6_by_its_64)
{
	struct edge_admit_limits l = wide;
	struct edge_admit *a;

	l.per_source = 2;
	a = admit(l);
	ck_assert_int_eq(enter(a, "2001:db8:0:1::1", 0), EDGE_ADMIT_OK);
	ck_assert_int_eq(enter(a, "2001:db8:0:1:f::2", 0), EDGE_ADMIT_OK);
	ck_assert_int_eq(enter(a, "2001:db8:0:1::3", 0), EDGE_ADMIT_SOURCE);
	ck_assert_int_eq(enter(a, "2001:db8:0:2::1", 0), EDGE_ADMIT_OK);
	edge_admit_free(a);
}
END_TEST

START_TEST(admit_counts_unfinished_handshakes)
{
	struct edge_admit_limits l = wide;
	struct edge_addr from = addr("192.0.2.1");
	struct edge_admit *a;

	l.handshakes_per_source = 1;
	a = admit(l);
	ck_assert_int_eq(enter(a, "192.0.2.1", 0), EDGE_ADMIT_OK);
	ck_assert_int_eq(enter(a, "192.0.2.1", 0), EDGE_ADMIT_HANDSHAKES);
	edge_admit_secured(a, &from);
	ck_assert_int_eq(enter(a, "192.0.2.1", 0), EDGE_ADMIT_OK);
	edge_admit_leave(a, &from, true); /* the secured one: still one open */
	ck_assert_int_eq(enter(a, "192.0.2.1", 0), EDGE_ADMIT_HANDSHAKES);
	edge_admit_leave(a, &from, false);
	ck_assert_int_eq(enter(a, "192.0.2.1", 0), EDGE_ADMIT_OK);
	edge_admit_free(a);
}
END_TEST

START_TEST(admit_keeps_the_last_tenth_for_known_sources)
{
	struct edge_admit_limits l = wide;
	struct edge_addr friend = addr("192.0.2.1");
	struct edge_admit *a;

	l.total = 10;
	a = admit(l);
	edge_admit_know(a, &friend, 1000);
	for (int i = 0; i < 9; i++)
		ck_assert_int_eq(enter(a, "192.0.2.9", 1000), EDGE_ADMIT_OK);
	ck_assert_int_eq(enter(a, "192.0.2.9", 1000), EDGE_ADMIT_UNKNOWN);
	ck_assert_int_eq(enter(a, "192.0.2.1", 1000 + l.known_ms),
			 EDGE_ADMIT_UNKNOWN);
	ck_assert_int_eq(enter(a, "192.0.2.1", 999 + l.known_ms),
			 EDGE_ADMIT_OK);
	ck_assert_int_eq(enter(a, "192.0.2.1", 1000), EDGE_ADMIT_TOTAL);
	edge_admit_free(a);
}
END_TEST

START_TEST(admit_punishes_for_its_time)
{
	struct edge_addr from = addr("192.0.2.1");
	struct edge_admit *a = admit(wide);

	edge_admit_punish(a, &from, 1000);
	ck_assert_int_eq(enter(a, "192.0.2.1", 1000), EDGE_ADMIT_PENALTY);
	ck_assert_int_eq(enter(a, "192.0.2.1", 60999), EDGE_ADMIT_PENALTY);
	ck_assert_int_eq(enter(a, "192.0.2.1", 61000), EDGE_ADMIT_OK);
	ck_assert_int_eq(enter(a, "192.0.2.2", 1000), EDGE_ADMIT_OK);
	edge_admit_free(a);
}
END_TEST

START_TEST(admit_table_forgets_the_oldest_idle_source)
{
	struct edge_admit_limits l = wide;
	struct edge_addr live, b, c;
	struct edge_admit *a;

	l.sources = 3;
	a = admit(l);
	live = addr("192.0.2.1");
	b = addr("192.0.2.2");
	c = addr("192.0.2.3");
	ck_assert_int_eq(enter(a, "192.0.2.1", 0), EDGE_ADMIT_OK);
	edge_admit_punish(a, &b, 0);
	edge_admit_punish(a, &c, 0);
	edge_admit_punish(a, &b, 0); /* now c is the one untouched longest */
	ck_assert_int_eq(enter(a, "192.0.2.4", 0), EDGE_ADMIT_OK);
	ck_assert_int_eq(enter(a, "192.0.2.2", 0), EDGE_ADMIT_PENALTY);
	ck_assert_int_eq(enter(a, "192.0.2.3", 0), EDGE_ADMIT_OK);
	/* three live ones: nobody can go, so nobody new can come */
	ck_assert_int_eq(enter(a, "192.0.2.5", 0), EDGE_ADMIT_TOTAL);
	edge_admit_leave(a, &live, false);
	ck_assert_int_eq(enter(a, "192.0.2.5", 0), EDGE_ADMIT_OK);
	ck_assert_uint_eq(edge_admit_count(a), 3);
	edge_admit_free(a);
}
END_TEST

START_TEST(admit_limits_can_change_while_connections_live)
{
	struct edge_admit_limits l = wide;
	struct edge_admit *a = admit(l);
	struct edge_addr from = addr("192.0.2.1");

	for (int i = 0; i < 5; i++)
		ck_assert_int_eq(enter(a, "192.0.2.1", 0), EDGE_ADMIT_OK);
	l.per_source = 2;
	l.sources = 1;
	edge_admit_limits_set(a, &l);
	ck_assert_int_eq(enter(a, "192.0.2.1", 0), EDGE_ADMIT_SOURCE);
	for (int i = 0; i < 5; i++)
		edge_admit_leave(a, &from, false);
	edge_admit_leave(a, &from, false); /* one too many does no harm */
	ck_assert_uint_eq(edge_admit_count(a), 0);
	ck_assert_int_eq(enter(a, "192.0.2.7", 0), EDGE_ADMIT_OK);
	edge_admit_free(a);
}
END_TEST

static void miss(struct edge_admit *a, const char *from, const char *user,
		 uint64_t now)
{
	struct edge_addr f = addr(from);

	edge_admit_fail(a, &f, edge_slice_str(user), now);
}

static bool blocked(struct edge_admit *a, const char *from, const char *user,
		    uint64_t now)
{
	struct edge_addr f = addr(from);

	return edge_admit_is_blocked(a, &f, edge_slice_str(user), now);
}

START_TEST(admit_blocks_a_user_at_one_source_only)
{
	struct edge_admit *a = admit(wide);

	for (int i = 0; i < 3; i++)
		miss(a, "192.0.2.1", "alice", 1000);
	ck_assert(!blocked(a, "192.0.2.1", "alice", 1000));
	miss(a, "192.0.2.1", "alice", 1000);
	ck_assert(blocked(a, "192.0.2.1", "alice", 1000));
	ck_assert(!blocked(a, "192.0.2.1", "bob", 1000));
	ck_assert(!blocked(a, "192.0.2.1", "", 1000));
	ck_assert(!blocked(a, "192.0.2.2", "alice", 1000));
	ck_assert(blocked(a, "192.0.2.1", "alice", 200999));
	ck_assert(!blocked(a, "192.0.2.1", "alice", 201000));
	edge_admit_free(a);
}
END_TEST

START_TEST(admit_never_locks_a_user_out_from_elsewhere)
{
	struct edge_admit *a = admit(wide);
	char from[40];

	for (int i = 1; i < 200; i++) {
		snprintf(from, sizeof(from), "198.51.100.%d", i);
		for (int k = 0; k < 11; k++)
			miss(a, from, "alice", 1000);
	}
	ck_assert(!blocked(a, "192.0.2.1", "alice", 1000));
	edge_admit_free(a);
}
END_TEST

START_TEST(admit_blocks_a_source_that_tries_many_users)
{
	struct edge_admit *a = admit(wide);
	char user[20];

	for (int i = 0; i < 11; i++) {
		ck_assert(!blocked(a, "192.0.2.1", "carol", 1000));
		snprintf(user, sizeof(user), "user%d", i);
		miss(a, "192.0.2.1", user, 1000);
	}
	ck_assert(blocked(a, "192.0.2.1", "carol", 1000));
	ck_assert(blocked(a, "192.0.2.1", "", 1000));
	ck_assert(!blocked(a, "192.0.2.2", "carol", 1000));
	edge_admit_free(a);
}
END_TEST

START_TEST(admit_forgets_failures_after_their_window)
{
	struct edge_admit *a = admit(wide);

	for (int i = 0; i < 3; i++)
		miss(a, "192.0.2.1", "alice", 1000);
	miss(a, "192.0.2.1", "alice", 301000);
	ck_assert(!blocked(a, "192.0.2.1", "alice", 301000));
	for (int i = 0; i < 3; i++)
		miss(a, "192.0.2.1", "alice", 302000);
	ck_assert(blocked(a, "192.0.2.1", "alice", 302000));
	edge_admit_free(a);
}
END_TEST

START_TEST(admit_failures_push_out_no_known_source)
{
	struct edge_admit_limits l = wide;
	struct edge_addr friend = addr("192.0.2.1"), from;
	struct edge_admit *a;

	l.sources = 8;
	l.total = 1;
	a = admit(l);
	edge_admit_know(a, &friend, 0);
	for (unsigned i = 0; i < 100; i++) {
		from = nth(i);
		edge_admit_fail(a, &from, edge_slice_str("x"), 0);
	}
	ck_assert_int_eq(enter(a, "192.0.2.1", 1), EDGE_ADMIT_OK);
	edge_admit_free(a);
}
END_TEST

enum { ROUNDS = 3000 };

static void *come_and_go(void *arg)
{
	for (unsigned i = 0; i < ROUNDS; i++) {
		struct edge_addr from = nth(i % 97);

		if (edge_admit_enter(arg, &from, i))
			continue;
		edge_admit_secured(arg, &from);
		edge_admit_know(arg, &from, i);
		edge_admit_leave(arg, &from, true);
	}
	return NULL;
}

START_TEST(admit_count_is_right_after_threads_came_and_went)
{
	struct edge_admit_limits l = wide;
	pthread_t thread[2];
	struct edge_admit *a;

	l.sources = 50;
	a = admit(l);
	for (int i = 0; i < 2; i++)
		ck_assert(!pthread_create(&thread[i], NULL, come_and_go, a));
	for (int i = 0; i < 2; i++)
		pthread_join(thread[i], NULL);
	ck_assert_uint_eq(edge_admit_count(a), 0);
	edge_admit_free(a);
}
END_TEST

START_TEST(admit_bounds_unfinished_handshakes_of_all)
{
	struct edge_admit_limits l = wide;
	const struct edge_addr first = addr("192.0.2.1");
	struct edge_admit *a;

	l.handshakes = 2;
	ck_assert_int_eq(edge_admit_new(&a, &l), EDGE_OK);
	ck_assert_int_eq(enter(a, "192.0.2.1", 1), EDGE_ADMIT_OK);
	ck_assert_int_eq(enter(a, "192.0.2.2", 1), EDGE_ADMIT_OK);
	ck_assert_uint_eq(edge_admit_handshakes(a), 2);
	ck_assert_int_eq(enter(a, "192.0.2.3", 1), EDGE_ADMIT_BUSY);
	edge_admit_secured(a, &first);
	edge_admit_secured(a, &first); /* once is enough */
	ck_assert_uint_eq(edge_admit_handshakes(a), 1);
	ck_assert_int_eq(enter(a, "192.0.2.3", 1), EDGE_ADMIT_OK);
	ck_assert_int_eq(enter(a, "192.0.2.4", 1), EDGE_ADMIT_BUSY);
	edge_admit_leave(a, &first, true);
	ck_assert_uint_eq(edge_admit_handshakes(a), 2);
	l.handshakes = 0;
	edge_admit_limits_set(a, &l);
	ck_assert_int_eq(enter(a, "192.0.2.4", 1), EDGE_ADMIT_OK);
	edge_admit_free(a);
}
END_TEST

START_TEST(admit_frees_the_handshake_of_who_leaves_in_it)
{
	struct edge_admit_limits l = wide;
	const struct edge_addr from = addr("192.0.2.1");
	struct edge_admit *a;

	l.handshakes = 1;
	ck_assert_int_eq(edge_admit_new(&a, &l), EDGE_OK);
	for (int i = 0; i < 3; i++) {
		ck_assert_int_eq(edge_admit_enter(a, &from, 1), EDGE_ADMIT_OK);
		ck_assert_int_eq(enter(a, "192.0.2.3", 1), EDGE_ADMIT_BUSY);
		edge_admit_leave(a, &from, false);
	}
	ck_assert_uint_eq(edge_admit_handshakes(a), 0);
	edge_admit_free(a);
}
END_TEST

START_TEST(admit_limits_how_often_a_source_comes)
{
	struct edge_admit_limits l = wide;
	struct edge_admit *a;

	l.per_source = 5;
	ck_assert_int_eq(edge_admit_new(&a, &l), EDGE_OK);
	l.rate_per_source = 2;
	l.burst_per_source = 3;
	edge_admit_limits_set(a, &l); /* it may come later */
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(enter(a, "2001:db8::1", 1000), EDGE_ADMIT_OK);
	ck_assert_int_eq(enter(a, "2001:db8::ff:2", 1000), EDGE_ADMIT_RATE);
	ck_assert_int_eq(enter(a, "2001:db8:0:1::2", 1000), EDGE_ADMIT_OK);
	ck_assert_int_eq(enter(a, "2001:db8::1", 1499), EDGE_ADMIT_RATE);
	ck_assert_int_eq(enter(a, "2001:db8::1", 1500), EDGE_ADMIT_OK);
	ck_assert_int_eq(enter(a, "2001:db8::1", 2000), EDGE_ADMIT_OK);
	/* who is refused for what he holds does not pay */
	for (int i = 0; i < 9; i++)
		ck_assert_int_eq(enter(a, "2001:db8::1", 4000),
				 EDGE_ADMIT_SOURCE);
	ck_assert_uint_eq(edge_admit_count(a), 6);
	edge_admit_free(a);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("admit");
	TCase *t = tcase_create("gates");

	tcase_set_timeout(t, 20);
	tcase_add_test(t, admit_counts_connections_of_a_source);
	tcase_add_test(t, admit_counts_ipv6_by_its_64);
	tcase_add_test(t, admit_counts_unfinished_handshakes);
	tcase_add_test(t, admit_keeps_the_last_tenth_for_known_sources);
	tcase_add_test(t, admit_punishes_for_its_time);
	tcase_add_test(t, admit_table_forgets_the_oldest_idle_source);
	tcase_add_test(t, admit_limits_can_change_while_connections_live);
	tcase_add_test(t, admit_count_is_right_after_threads_came_and_went);
	suite_add_tcase(s, t);
	t = tcase_create("failures");
	tcase_set_timeout(t, 20);
	tcase_add_test(t, admit_blocks_a_user_at_one_source_only);
	tcase_add_test(t, admit_never_locks_a_user_out_from_elsewhere);
	tcase_add_test(t, admit_blocks_a_source_that_tries_many_users);
	tcase_add_test(t, admit_forgets_failures_after_their_window);
	tcase_add_test(t, admit_failures_push_out_no_known_source);
	tcase_add_test(t, admit_bounds_unfinished_handshakes_of_all);
	tcase_add_test(t, admit_frees_the_handshake_of_who_leaves_in_it);
	tcase_add_test(t, admit_limits_how_often_a_source_comes);
	suite_add_tcase(s, t);
	return s;
}
