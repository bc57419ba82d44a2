/* common/lately.c: texts of the last while. */
#include "common/lately.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "tests/support/suite.h"

enum { CAP = 4, SPAN_MS = 1000 };

static struct edge_lately *l;
static struct edge_lately_row rows[CAP + 1];

static void setup(void)
{
	ck_assert_int_eq(edge_lately_new(&l, CAP, SPAN_MS), EDGE_OK);
}

static void teardown(void)
{
	edge_lately_free(l);
}

START_TEST(lately_counts_and_has_the_latest_first)
{
	edge_lately_add(l, "a", "ok", 1);
	edge_lately_add(l, "b", "ok", 2);
	edge_lately_add(l, "a", "refused", 3);
	ck_assert_uint_eq(edge_lately_read(l, rows, CAP, 3), 2);
	ck_assert_str_eq(rows[0].text, "a");
	ck_assert_str_eq(rows[0].note, "refused");
	ck_assert_uint_eq(rows[0].count, 2);
	ck_assert_uint_eq(rows[0].last_ms, 3);
	ck_assert_str_eq(rows[1].text, "b");
	ck_assert_uint_eq(edge_lately_read(l, rows, 1, 3), 1);
}
END_TEST

START_TEST(lately_forgets_what_did_not_come_again)
{
	edge_lately_add(l, "a", "", 0);
	edge_lately_add(l, "b", "", 500);
	ck_assert_uint_eq(edge_lately_read(l, rows, CAP, SPAN_MS), 2);
	ck_assert_uint_eq(edge_lately_read(l, rows, CAP, SPAN_MS + 1), 1);
	ck_assert_str_eq(rows[0].text, "b");
	edge_lately_add(l, "a", "", SPAN_MS + 1);
	edge_lately_read(l, rows, CAP, SPAN_MS + 1);
	ck_assert_uint_eq(rows[0].count, 1);
}
END_TEST

/* A thread whose turn began earlier writes after one that began later. */
START_TEST(lately_keeps_what_is_of_later_than_now)
{
	edge_lately_add(l, "a", "", 500);
	edge_lately_add(l, "b", "", 499);
	edge_lately_add(l, "a", "", 498);
	ck_assert_uint_eq(edge_lately_read(l, rows, CAP, 497), 2);
	ck_assert_str_eq(rows[0].text, "a");
	ck_assert_uint_eq(rows[0].count, 2);
	ck_assert_uint_eq(rows[0].last_ms, 500);
}
END_TEST

START_TEST(lately_keeps_so_many)
{
	char text[8];

	for (unsigned i = 0; i < 3 * CAP; i++) {
		snprintf(text, sizeof(text), "t%u", i);
		edge_lately_add(l, text, "", i);
		edge_lately_add(l, "often", "", i);
	}
	ck_assert_uint_eq(edge_lately_read(l, rows, CAP + 1, 3 * CAP), CAP);
	ck_assert_str_eq(rows[0].text, "often");
	ck_assert_uint_eq(rows[0].count, 3 * CAP);
	ck_assert_str_eq(rows[1].text, "t11");
}
END_TEST

START_TEST(lately_cuts_long_texts)
{
	static char text[2 * EDGE_LATELY_LEN];

	memset(text, 'x', sizeof(text) - 1);
	edge_lately_add(l, text, text, 0);
	edge_lately_add(l, text, text, 0);
	ck_assert_uint_eq(edge_lately_read(l, rows, CAP, 0), 1);
	ck_assert_uint_eq(strlen(rows[0].text), EDGE_LATELY_LEN - 1);
	ck_assert_uint_eq(rows[0].count, 2);
}
END_TEST

static void *add_many(void *arg)
{
	for (unsigned i = 0; i < 1000; i++)
		edge_lately_add(l, arg, "", i);
	return NULL;
}

START_TEST(lately_is_shared_by_threads)
{
	char a[] = "a", b[] = "b";
	pthread_t one, other;

	pthread_create(&one, NULL, add_many, a);
	pthread_create(&other, NULL, add_many, b);
	edge_lately_read(l, rows, CAP, 0);
	pthread_join(one, NULL);
	pthread_join(other, NULL);
	ck_assert_uint_eq(edge_lately_read(l, rows, CAP, SPAN_MS), 2);
	ck_assert_uint_eq(rows[0].count + rows[1].count, 2000);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("lately");
	TCase *t = tcase_create("lately");

	tcase_set_timeout(t, 20);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, lately_counts_and_has_the_latest_first);
	tcase_add_test(t, lately_forgets_what_did_not_come_again);
	tcase_add_test(t, lately_keeps_what_is_of_later_than_now);
	tcase_add_test(t, lately_keeps_so_many);
	tcase_add_test(t, lately_cuts_long_texts);
	tcase_add_test(t, lately_is_shared_by_threads);
	suite_add_tcase(s, t);
	return s;
}
