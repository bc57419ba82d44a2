/* common/tally.c */
#include "common/tally.h"

#include <pthread.h>
#include <string.h>

#include "tests/support/suite.h"

enum { THREADS = 4, ROUNDS = 20000, KEYS = 50 };

static struct edge_tally *made(size_t keys)
{
	struct edge_tally *t;

	ck_assert_int_eq(edge_tally_new(&t, keys), EDGE_OK);
	return t;
}

static const uint8_t *key(uint32_t n)
{
	static _Thread_local uint8_t k[EDGE_TALLY_KEY];

	memset(k, 0, sizeof(k));
	memcpy(k, &n, sizeof(n));
	return k;
}

START_TEST(tally_counts_each_key_up_to_its_most)
{
	struct edge_tally *t = made(10);

	for (int i = 0; i < 3; i++)
		ck_assert(edge_tally_enter(t, key(1), 3));
	ck_assert(!edge_tally_enter(t, key(1), 3));
	ck_assert(edge_tally_enter(t, key(2), 1));
	ck_assert(!edge_tally_enter(t, key(3), 0));
	ck_assert_uint_eq(edge_tally_total(t), 4);
	ck_assert_uint_eq(edge_tally_keys(t), 2);
	edge_tally_leave(t, key(1));
	ck_assert(edge_tally_enter(t, key(1), 3));
	ck_assert(!edge_tally_enter(t, key(1), 3));
	edge_tally_free(t);
	edge_tally_free(NULL);
}
END_TEST

START_TEST(tally_forgets_a_key_with_its_last_one)
{
	struct edge_tally *t = made(1);

	ck_assert(edge_tally_enter(t, key(1), 2));
	ck_assert(edge_tally_enter(t, key(1), 2));
	ck_assert(!edge_tally_enter(t, key(2), 2));
	edge_tally_leave(t, key(1));
	ck_assert(!edge_tally_enter(t, key(2), 2));
	edge_tally_leave(t, key(1));
	ck_assert_uint_eq(edge_tally_keys(t), 0);
	ck_assert(edge_tally_enter(t, key(2), 2));
	edge_tally_leave(t, key(1)); /* was not there */
	ck_assert_uint_eq(edge_tally_total(t), 1);
	edge_tally_free(t);
}
END_TEST

START_TEST(tally_refuses_when_it_is_full)
{
	struct edge_tally *t = made(1000);

	for (uint32_t i = 0; i < 1000; i++)
		ck_assert(edge_tally_enter(t, key(i), 1));
	ck_assert(!edge_tally_enter(t, key(1000), 1));
	ck_assert(edge_tally_enter(t, key(7), 2)); /* known ones may */
	edge_tally_leave(t, key(8));
	ck_assert(edge_tally_enter(t, key(1000), 1));
	edge_tally_free(t);
}
END_TEST

/* Holes in the middle of a run: nothing behind them is lost. */
START_TEST(tally_finds_all_after_any_have_left)
{
	struct edge_tally *t = made(500);
	uint32_t seed = (uint32_t)_i + 1, held[500] = {0};

	for (int n = 0; n < 20000; n++) {
		uint32_t k;

		seed = seed * 1664525 + 1013904223;
		k = (seed >> 16) % 500;
		if (seed >> 31) {
			ck_assert(edge_tally_enter(t, key(k), UINT32_MAX));
			held[k]++;
		} else if (held[k]) {
			edge_tally_leave(t, key(k));
			held[k]--;
		}
	}
	for (uint32_t k = 0; k < 500; k++) {
		ck_assert_int_eq(edge_tally_enter(t, key(k), held[k] + 1),
				 true);
		ck_assert(!edge_tally_enter(t, key(k), held[k] + 1));
		for (uint32_t i = 0; i <= held[k]; i++)
			edge_tally_leave(t, key(k));
	}
	ck_assert_uint_eq(edge_tally_total(t), 0);
	ck_assert_uint_eq(edge_tally_keys(t), 0);
	edge_tally_free(t);
}
END_TEST

START_TEST(tally_refuses_impossible_sizes)
{
	struct edge_tally *t;

	ck_assert_int_eq(edge_tally_new(&t, 0), EDGE_ERANGE);
	ck_assert_int_eq(edge_tally_new(&t, SIZE_MAX), EDGE_ERANGE);
}
END_TEST

static struct edge_addr addr(const char *ip)
{
	struct edge_addr a;

	ck_assert_int_eq(edge_addr_parse(&a, edge_slice_str(ip), 1234),
			 EDGE_OK);
	return a;
}

static bool is_one_source(const char *x, const char *y)
{
	const struct edge_addr a = addr(x), b = addr(y);
	uint8_t k[2][EDGE_TALLY_KEY];

	edge_tally_source(k[0], &a);
	edge_tally_source(k[1], &b);
	return !memcmp(k[0], k[1], EDGE_TALLY_KEY);
}

START_TEST(tally_source_is_an_address_or_a_64)
{
	ck_assert(is_one_source("192.0.2.1", "::ffff:192.0.2.1"));
	ck_assert(!is_one_source("192.0.2.1", "192.0.2.2"));
	ck_assert(is_one_source("2001:db8::1", "2001:db8::2:0:0:1"));
	ck_assert(!is_one_source("2001:db8::1", "2001:db8:0:1::1"));
	ck_assert(!is_one_source("32.1.13.184", "2001:db8::"));
}
END_TEST

static void *work(void *arg)
{
	struct edge_tally *t = arg;
	uint32_t seed = (uint32_t)(uintptr_t)&seed, got = 0;

	for (int n = 0; n < ROUNDS; n++) {
		const uint32_t k = (seed = seed * 1664525 + 1013904223) >> 20;

		if (!edge_tally_enter(t, key(k % KEYS), 2))
			continue;
		got++;
		edge_tally_leave(t, key(k % KEYS));
	}
	return got ? arg : NULL;
}

START_TEST(tally_is_exact_among_threads)
{
	struct edge_tally *t = made(KEYS);
	pthread_t id[THREADS];

	for (int i = 0; i < THREADS; i++)
		ck_assert_int_eq(pthread_create(&id[i], NULL, work, t), 0);
	for (int i = 0; i < THREADS; i++) {
		void *got;

		ck_assert_int_eq(pthread_join(id[i], &got), 0);
		ck_assert_ptr_eq(got, t);
	}
	ck_assert_uint_eq(edge_tally_total(t), 0);
	ck_assert_uint_eq(edge_tally_keys(t), 0);
	edge_tally_free(t);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("tally");
	TCase *t = tcase_create("counting");

	tcase_set_timeout(t, 60);
	tcase_add_test(t, tally_counts_each_key_up_to_its_most);
	tcase_add_test(t, tally_forgets_a_key_with_its_last_one);
	tcase_add_test(t, tally_refuses_when_it_is_full);
	tcase_add_loop_test(t, tally_finds_all_after_any_have_left, 0, 5);
	tcase_add_test(t, tally_refuses_impossible_sizes);
	tcase_add_test(t, tally_source_is_an_address_or_a_64);
	tcase_add_test(t, tally_is_exact_among_threads);
	suite_add_tcase(s, t);
	return s;
}
