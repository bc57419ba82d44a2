/* common/fetch.c: order, doubles, limits. */
#include "common/fetch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/suite.h"
#include "tests/unit/common/fetch_world.h"

#define OK_HEAD "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n"

static const struct fake_http_row rows[] = {
	{"/a", OK_HEAD, "a", 0, false, false},
	{"/b", OK_HEAD, "b", 0, false, false},
	{"/silent", NULL, NULL, 0, true, false},
};

static struct fetch_world w;
static struct edge_fetch *f;
static struct fetch_got got;

static void open_with(struct edge_fetch_plan p)
{
	p.get = w.plan;
	ck_assert_int_eq(edge_fetch_new(&f, &p), EDGE_OK);
}

static void setup(void)
{
	fetch_world_open(&w, rows, sizeof(rows) / sizeof(rows[0]));
	got = (struct fetch_got){.loop = w.loop};
	f = NULL;
}

static void teardown(void)
{
	edge_fetch_free(f);
	fetch_world_close(&w);
}

static enum edge_err ask(const char *format)
{
	return edge_fetch_ask(f, fetch_world_url(&w, format), fetch_world_take,
			      &got);
}

START_TEST(fetch_brings_what_is_asked_for)
{
	open_with((struct edge_fetch_plan){0});
	ck_assert_int_eq(ask("http://web.example.com:%u/a"), EDGE_OK);
	ck_assert_uint_eq(edge_fetch_count(f), 1);
	fetch_world_wait(&w, &got, 1);
	ck_assert_int_eq(got.err, EDGE_OK);
	ck_assert_str_eq(got.body, "a");
	ck_assert_uint_eq(edge_fetch_count(f), 0);
	ck_assert_int_eq(ask("http://web.example.com:%u/c"), EDGE_OK);
	fetch_world_wait(&w, &got, 2);
	ck_assert_int_eq(got.err, EDGE_EREFUSED);
}
END_TEST

START_TEST(fetch_refuses_what_is_no_url_of_ours)
{
	open_with((struct edge_fetch_plan){0});
	ck_assert_int_eq(ask("https://web.example.com:%u/a"), EDGE_EDENIED);
	ck_assert_int_eq(ask("http://web.example.com:%u/a b"), EDGE_EFORMAT);
	ck_assert_uint_eq(edge_fetch_count(f), 0);
}
END_TEST

START_TEST(fetch_takes_each_place_once)
{
	open_with((struct edge_fetch_plan){.running = 1});
	ck_assert_int_eq(ask("http://web.example.com:%u/a"), EDGE_OK);
	ck_assert_int_eq(ask("http://web.example.com:%u/a"), EDGE_EDUP);
	ck_assert_int_eq(ask("http://web.example.com:%u/b"), EDGE_OK);
	ck_assert_int_eq(ask("http://web.example.com:%u/b"), EDGE_EDUP);
	fetch_world_wait(&w, &got, 2);
	ck_assert_int_eq(ask("http://web.example.com:%u/a"), EDGE_OK);
	fetch_world_wait(&w, &got, 3);
	ck_assert_uint_eq(fake_http_asked(w.web), 3);
}
END_TEST

static bool has_asked_two(void *arg)
{
	(void)arg;
	return fake_http_asked(w.web) >= 2;
}

START_TEST(fetch_runs_few_at_a_time_and_bounds_the_rest)
{
	open_with((struct edge_fetch_plan){.running = 2, .queue = 2});
	ck_assert_int_eq(ask("http://web.example.com:%u/silent"), EDGE_OK);
	ck_assert_int_eq(ask("http://web2.example.com:%u/silent"), EDGE_OK);
	ck_assert_int_eq(ask("http://web.example.com:%u/a"), EDGE_OK);
	ck_assert_int_eq(ask("http://web.example.com:%u/b"), EDGE_OK);
	ck_assert_int_eq(ask("http://web.example.com:%u/c"), EDGE_ELIMIT);
	turns_until(w.loop, has_asked_two, NULL, FETCH_WORLD_MS, "requests");
	turns_for(w.loop, 20);
	ck_assert_uint_eq(fake_http_asked(w.web), 2);
	ck_assert_uint_eq(edge_fetch_count(f), 4);
	ck_assert_uint_eq(got.calls, 0); /* all are given up in silence */
}
END_TEST

START_TEST(fetch_goes_on_when_a_place_is_free)
{
	w.plan.timeout_ms = 50;
	open_with((struct edge_fetch_plan){.running = 1});
	ck_assert_int_eq(ask("http://web.example.com:%u/silent"), EDGE_OK);
	ck_assert_int_eq(ask("http://web.example.com:%u/a"), EDGE_OK);
	fetch_world_wait(&w, &got, 1);
	ck_assert_int_eq(got.err, EDGE_ETIMEOUT);
	fetch_world_wait(&w, &got, 2);
	ck_assert_str_eq(got.body, "a");
}
END_TEST

START_TEST(fetch_starts_so_many_a_second)
{
	const uint64_t before_ms = edge_loop_now_ms(w.loop);

	open_with((struct edge_fetch_plan){.rate = 20, .burst = 1});
	ck_assert_int_eq(ask("http://web.example.com:%u/a"), EDGE_OK);
	ck_assert_int_eq(ask("http://web.example.com:%u/b"), EDGE_OK);
	ck_assert_int_eq(ask("http://web2.example.com:%u/a"), EDGE_OK);
	fetch_world_wait(&w, &got, 3);
	ck_assert_uint_ge(edge_loop_now_ms(w.loop) - before_ms, 100);
}
END_TEST

/* The owner asks for the next one when one has come. */
static void take_and_ask(const struct edge_get_answer *a, void *arg)
{
	fetch_world_take(a, arg);
	if (got.calls < 3)
		ck_assert_int_eq(
			edge_fetch_ask(
				f,
				fetch_world_url(&w,
						"http://web.example.com:%u/a"),
				take_and_ask, arg),
			EDGE_OK);
}

START_TEST(fetch_may_be_asked_from_an_answer)
{
	open_with((struct edge_fetch_plan){0});
	ck_assert_int_eq(
		edge_fetch_ask(
			f, fetch_world_url(&w, "http://web.example.com:%u/a"),
			take_and_ask, &got),
		EDGE_OK);
	fetch_world_wait(&w, &got, 3);
	edge_fetch_free(NULL);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("fetch");
	TCase *t = tcase_create("queue");

	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, fetch_brings_what_is_asked_for);
	tcase_add_test(t, fetch_refuses_what_is_no_url_of_ours);
	tcase_add_test(t, fetch_takes_each_place_once);
	tcase_add_test(t, fetch_runs_few_at_a_time_and_bounds_the_rest);
	tcase_add_test(t, fetch_goes_on_when_a_place_is_free);
	tcase_add_test(t, fetch_starts_so_many_a_second);
	tcase_add_test(t, fetch_may_be_asked_from_an_answer);
	suite_add_tcase(s, t);
	return s;
}
