/* common/peer_cache.c */
#include "common/peer_cache.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "tests/support/suite.h"

enum { THREADS = 4, ROUNDS = 5000 };

static struct edge_peer_cache *c;

static void setup(void)
{
	ck_assert_int_eq(
		edge_peer_cache_new(
			&c, &(struct edge_peer_cache_limits){.accepted = 10,
							     .rejected = 5}),
		EDGE_OK);
}

static void teardown(void)
{
	edge_peer_cache_free(c);
	edge_peer_cache_free(NULL);
}

/* The certificate with that number, as n.example.com or by its CN alone. */
static void note_as(uint32_t n, enum edge_peer_fault fault, bool is_accepted,
		    int64_t now_s)
{
	char names[1][EDGE_PEER_NAME_LEN];
	struct edge_peer p = {
		.fault = fault, .has_certificate = true, .names = names};

	memcpy(p.sha256, &n, sizeof(n));
	p.sha256[EDGE_SHA256_LEN - 1] = 1;
	snprintf(p.cn, sizeof(p.cn), "cn%u", n);
	snprintf(names[0], sizeof(names[0]), "%u.example.com", n);
	p.name_count = fault == EDGE_PEER_FINE;
	edge_peer_cache_note(c, &p, is_accepted, now_s);
}

static void note(uint32_t n, bool is_accepted, int64_t now_s)
{
	note_as(n, is_accepted ? EDGE_PEER_FINE : EDGE_PEER_CHAIN, is_accepted,
		now_s);
}

START_TEST(peer_cache_knows_first_last_and_how_often)
{
	struct edge_peer_cache_row rows[3];

	note(1, true, 100);
	note(2, true, 110);
	note(1, true, 120);
	ck_assert_uint_eq(edge_peer_cache_rows(c, true, rows, 3), 2);
	ck_assert_str_eq(rows[0].name, "1.example.com");
	ck_assert_int_eq(rows[0].first_s, 100);
	ck_assert_int_eq(rows[0].last_s, 120);
	ck_assert_uint_eq(rows[0].count, 2);
	ck_assert_int_eq(rows[0].fault, EDGE_PEER_FINE);
	ck_assert_uint_eq(rows[0].sha256[0], 1);
	ck_assert_str_eq(rows[1].name, "2.example.com");
	ck_assert_uint_eq(edge_peer_cache_rows(c, true, rows, 1), 1);
	ck_assert_uint_eq(edge_peer_cache_rows(c, false, rows, 3), 0);
}
END_TEST

START_TEST(peer_cache_names_by_cn_where_there_is_no_other)
{
	struct edge_peer_cache_row row;

	note(7, false, 1);
	ck_assert_uint_eq(edge_peer_cache_rows(c, false, &row, 1), 1);
	ck_assert_str_eq(row.name, "cn7");
	ck_assert_int_eq(row.fault, EDGE_PEER_CHAIN);
}
END_TEST

START_TEST(peer_cache_moves_a_certificate_with_its_verdict)
{
	struct edge_peer_cache_row row;

	note(1, false, 1);
	note(1, true, 2);
	ck_assert_uint_eq(edge_peer_cache_count(c, false), 0);
	ck_assert_uint_eq(edge_peer_cache_rows(c, true, &row, 1), 1);
	ck_assert_int_eq(row.first_s, 1);
	ck_assert_int_eq(row.fault, EDGE_PEER_FINE);
	note_as(1, EDGE_PEER_FINE, false, 3); /* revoked, say */
	ck_assert_uint_eq(edge_peer_cache_count(c, true), 0);
	ck_assert_uint_eq(edge_peer_cache_rows(c, false, &row, 1), 1);
	ck_assert_uint_eq(row.count, 3);
}
END_TEST

START_TEST(peer_cache_full_loses_a_fifth_seen_longest_ago)
{
	struct edge_peer_cache_row rows[10];

	for (uint32_t i = 0; i < 10; i++)
		note(i, true, i);
	note(0, true, 50); /* young again */
	ck_assert_uint_eq(edge_peer_cache_count(c, true), 10);
	note(10, true, 60);
	ck_assert_uint_eq(edge_peer_cache_count(c, true), 9);
	ck_assert_uint_eq(edge_peer_cache_rows(c, true, rows, 10), 9);
	ck_assert_str_eq(rows[0].name, "10.example.com");
	ck_assert_str_eq(rows[1].name, "0.example.com");
	ck_assert_str_eq(rows[8].name, "3.example.com");
	for (uint32_t i = 0; i < 100; i++) /* strangers push nobody out */
		note(1000 + i, false, 70);
	ck_assert_uint_eq(edge_peer_cache_count(c, true), 9);
	ck_assert_uint_le(edge_peer_cache_count(c, false), 5);
}
END_TEST

START_TEST(peer_cache_takes_other_limits)
{
	for (uint32_t i = 0; i < 10; i++)
		note(i, true, i);
	edge_peer_cache_limits_set(
		c, &(struct edge_peer_cache_limits){.accepted = 4,
						    .deleted_percent = 50});
	note(20, true, 20);
	ck_assert_uint_eq(edge_peer_cache_count(c, true), 3);
	edge_peer_cache_limits_set(
		c, &(struct edge_peer_cache_limits){.accepted = 1,
						    .deleted_percent = 1000});
	note(21, true, 21);
	ck_assert_uint_eq(edge_peer_cache_count(c, true), 1);
	edge_peer_cache_limits_set(c, &(struct edge_peer_cache_limits){0});
	for (uint32_t i = 0; i < 3000; i++)
		note(i, i % 2, 30);
	ck_assert_uint_le(edge_peer_cache_count(c, true), 1000);
	ck_assert_uint_gt(edge_peer_cache_count(c, true), 799);
	ck_assert_uint_le(edge_peer_cache_count(c, false), 500);
	ck_assert_uint_gt(edge_peer_cache_count(c, false), 399);
}
END_TEST

START_TEST(peer_cache_counts_the_faults)
{
	struct edge_peer refused = {.fault = EDGE_PEER_EXPIRED,
				    .has_certificate = true};
	const struct edge_peer none = {.fault = EDGE_PEER_ABSENT};

	note(1, true, 1);
	note(2, false, 1);
	edge_peer_cache_note(c, &refused, false, 1);
	edge_peer_cache_note(c, &none, false, 1);
	ck_assert_uint_eq(edge_peer_cache_seen(c, EDGE_PEER_FINE), 1);
	ck_assert_uint_eq(edge_peer_cache_seen(c, EDGE_PEER_CHAIN), 1);
	ck_assert_uint_eq(edge_peer_cache_seen(c, EDGE_PEER_EXPIRED), 1);
	ck_assert_uint_eq(edge_peer_cache_seen(c, EDGE_PEER_ABSENT), 0);
	ck_assert_uint_eq(edge_peer_cache_seen(c, (enum edge_peer_fault)99), 0);
	ck_assert_uint_eq(edge_peer_cache_count(c, false), 1); /* unknown */
}
END_TEST

static void *work(void *arg)
{
	uint32_t seed = (uint32_t)(uintptr_t)&seed;

	for (int i = 0; i < ROUNDS; i++) {
		struct edge_peer_cache_row rows[3];

		seed = seed * 1664525 + 1013904223;
		note(seed >> 27, seed >> 26 & 1, i);
		if (i % 100 == 0)
			(void)edge_peer_cache_rows(c, true, rows, 3);
	}
	return arg;
}

START_TEST(peer_cache_is_shared_by_threads)
{
	pthread_t id[THREADS];

	for (int i = 0; i < THREADS; i++)
		ck_assert_int_eq(pthread_create(&id[i], NULL, work, c), 0);
	for (int i = 0; i < THREADS; i++)
		ck_assert_int_eq(pthread_join(id[i], NULL), 0);
	ck_assert_uint_eq(edge_peer_cache_seen(c, EDGE_PEER_FINE) +
				  edge_peer_cache_seen(c, EDGE_PEER_CHAIN),
			  THREADS * ROUNDS);
	ck_assert_uint_le(edge_peer_cache_count(c, true), 10);
	ck_assert_uint_le(edge_peer_cache_count(c, false), 5);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("peer_cache");
	TCase *t = tcase_create("cache");

	tcase_set_timeout(t, 30);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, peer_cache_knows_first_last_and_how_often);
	tcase_add_test(t, peer_cache_names_by_cn_where_there_is_no_other);
	tcase_add_test(t, peer_cache_moves_a_certificate_with_its_verdict);
	tcase_add_test(t, peer_cache_full_loses_a_fifth_seen_longest_ago);
	tcase_add_test(t, peer_cache_takes_other_limits);
	tcase_add_test(t, peer_cache_counts_the_faults);
	tcase_add_test(t, peer_cache_is_shared_by_threads);
	suite_add_tcase(s, t);
	return s;
}
