/* common/loop.c: turns, deferred work, the clock, stopping from elsewhere. */
#include "common/loop.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "tests/support/suite.h"

static struct edge_loop *loop;
static int fds[2];
static char order[32];

static void note(char what)
{
	size_t at = strlen(order);

	ck_assert_uint_lt(at, sizeof(order) - 1);
	order[at] = what;
}

static void setup(void)
{
	memset(order, 0, sizeof(order));
	ck_assert_int_eq(edge_loop_new(&loop), EDGE_OK);
	ck_assert_int_eq(pipe2(fds, O_NONBLOCK | O_CLOEXEC), 0);
}

static void teardown(void)
{
	edge_loop_unwatch(loop, fds[0]);
	edge_loop_free(loop);
	close(fds[0]);
	close(fds[1]);
}

struct job {
	struct edge_task task;
	struct job *next;
	char name;
	bool stops;
};

static void on_job(struct edge_task *t)
{
	struct job *j = (struct job *)t; /* task comes first */

	note(j->name);
	if (j->next)
		edge_loop_defer(loop, &j->next->task);
	if (j->stops)
		edge_loop_stop(loop);
}

static void on_readable(unsigned ready, void *arg)
{
	struct job *j = arg;
	char byte;

	ck_assert_uint_eq(ready & EDGE_LOOP_READ, EDGE_LOOP_READ);
	ck_assert_int_eq(read(fds[0], &byte, 1), 1);
	note('e');
	edge_loop_defer(loop, &j->task);
	edge_loop_defer(loop, &j->task); /* at most once */
}

START_TEST(loop_runs_deferred_after_events_and_in_order)
{
	struct job b = {.task.fn = on_job, .name = 'b', .stops = true};
	struct job a = {.task.fn = on_job, .name = 'a', .next = &b};

	ck_assert_int_eq(
		edge_loop_watch(loop, fds[0], EDGE_LOOP_READ, on_readable, &a),
		EDGE_OK);
	ck_assert_int_eq(write(fds[1], "x", 1), 1);
	ck_assert_int_eq(edge_loop_run(loop), EDGE_OK);
	ck_assert_str_eq(order, "eab");
}
END_TEST

static void free_noted(void *thing)
{
	note(*(char *)thing);
	free(thing);
}

static void on_bury(struct edge_task *t)
{
	char *thing = malloc(1);

	(void)t;
	*thing = 'f';
	edge_loop_defer_free(loop, thing, free_noted);
	note('t');
}

START_TEST(loop_frees_after_all_tasks)
{
	struct job stop = {.task.fn = on_job, .name = 's', .stops = true};
	struct edge_task bury = {.fn = on_bury};

	edge_loop_defer(loop, &bury);
	edge_loop_defer(loop, &stop.task);
	ck_assert_int_eq(edge_loop_run(loop), EDGE_OK);
	ck_assert_str_eq(order, "tsf");
}
END_TEST

START_TEST(loop_free_runs_what_is_left)
{
	struct edge_task bury = {.fn = on_bury};

	edge_loop_defer(loop, &bury);
	edge_loop_free(loop);
	ck_assert_str_eq(order, "tf");
	ck_assert_int_eq(edge_loop_new(&loop), EDGE_OK);
}
END_TEST

START_TEST(loop_new_refuses_a_second_on_the_thread)
{
	struct edge_loop *second;

	ck_assert_int_eq(edge_loop_new(&second), EDGE_ESTATE);
}
END_TEST

static void on_left(struct edge_leaver *v)
{
	(void)v;
	note('l');
}

START_TEST(loop_free_tells_who_has_not_left)
{
	struct edge_leaver a = {.fn = on_left}, b = a, c = a;

	edge_loop_join(loop, &a);
	edge_loop_join(loop, &b);
	edge_loop_join(loop, &c);
	edge_loop_join(loop, &c);
	edge_loop_leave(&b);
	edge_loop_leave(&b);
	edge_loop_free(loop);
	ck_assert_str_eq(order, "ll");
	ck_assert_int_eq(edge_loop_new(&loop), EDGE_OK);
}
END_TEST

static uint64_t started_ms, fired_ms;

static void on_timer(struct edge_timer *t, uint64_t now_ms)
{
	(void)t;
	fired_ms = now_ms;
	ck_assert_uint_eq(edge_loop_now_ms(loop), now_ms);
	edge_loop_stop(loop);
}

START_TEST(loop_advances_the_wheel_not_before_due)
{
	struct edge_timer t = {0};

	started_ms = edge_loop_now_ms(loop);
	edge_wheel_start(edge_loop_wheel(loop), &t, started_ms + 120, on_timer);
	ck_assert_int_eq(edge_loop_run(loop), EDGE_OK);
	ck_assert_uint_ge(fired_ms, started_ms + 120);
}
END_TEST

static void *stop_from_thread(void *arg)
{
	edge_loop_stop(arg);
	return NULL;
}

START_TEST(loop_stop_works_from_a_thread_and_before_run)
{
	pthread_t other;

	ck_assert_int_eq(pthread_create(&other, NULL, stop_from_thread, loop),
			 0);
	ck_assert_int_eq(edge_loop_run(loop), EDGE_OK);
	pthread_join(other, NULL);
	edge_loop_stop(loop);
	ck_assert_int_eq(edge_loop_run(loop), EDGE_OK);
}
END_TEST

static void on_signal(int number)
{
	(void)number;
	edge_loop_stop(loop);
}

static void raise_in_turn(struct edge_task *t)
{
	(void)t;
	raise(SIGUSR1);
}

START_TEST(loop_stop_works_from_a_signal_handler)
{
	struct edge_task t = {.fn = raise_in_turn};

	ck_assert(signal(SIGUSR1, on_signal) != SIG_ERR);
	edge_loop_defer(loop, &t);
	ck_assert_int_eq(edge_loop_run(loop), EDGE_OK);
}
END_TEST

static void on_never(unsigned ready, void *arg)
{
	(void)ready;
	(void)arg;
	note('!');
}

START_TEST(loop_unwatch_stops_events)
{
	struct job stop = {.task.fn = on_job, .name = 's', .stops = true};

	ck_assert_int_eq(
		edge_loop_watch(loop, fds[0], EDGE_LOOP_READ, on_never, NULL),
		EDGE_OK);
	ck_assert_int_eq(write(fds[1], "x", 1), 1);
	ck_assert_int_eq(edge_loop_watch(loop, fds[0], 0, NULL, NULL), EDGE_OK);
	edge_loop_defer(loop, &stop.task);
	ck_assert_int_eq(edge_loop_run(loop), EDGE_OK);
	ck_assert_str_eq(order, "s");
}
END_TEST

START_TEST(loop_watch_refuses_what_is_no_fd)
{
	struct rlimit rl;

	ck_assert_int_eq(
		edge_loop_watch(loop, -1, EDGE_LOOP_READ, on_never, NULL),
		EDGE_ELIMIT);
	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &rl), 0);
	ck_assert_int_eq(
		edge_loop_watch(loop, 1 << 30, EDGE_LOOP_READ, on_never, NULL),
		EDGE_ELIMIT);
	edge_loop_unwatch(loop, -1);
}
END_TEST

static void *loop_of_its_own(void *arg)
{
	struct edge_loop *mine;

	if (edge_loop_new(&mine))
		return NULL;
	edge_loop_stop(mine);
	if (edge_loop_run(mine)) {
		edge_loop_free(mine);
		return NULL;
	}
	edge_loop_free(mine);
	return arg;
}

START_TEST(loop_is_one_a_thread)
{
	pthread_t other[3];
	void *result;

	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(
			pthread_create(&other[i], NULL, loop_of_its_own, order),
			0);
	for (int i = 0; i < 3; i++) {
		pthread_join(other[i], &result);
		ck_assert_ptr_eq(result, order);
	}
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("loop");
	TCase *t = tcase_create("turns");

	tcase_set_timeout(t, 20);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, loop_runs_deferred_after_events_and_in_order);
	tcase_add_test(t, loop_frees_after_all_tasks);
	tcase_add_test(t, loop_free_runs_what_is_left);
	tcase_add_test(t, loop_free_tells_who_has_not_left);
	tcase_add_test(t, loop_new_refuses_a_second_on_the_thread);
	tcase_add_test(t, loop_advances_the_wheel_not_before_due);
	tcase_add_test(t, loop_stop_works_from_a_thread_and_before_run);
	tcase_add_test(t, loop_stop_works_from_a_signal_handler);
	tcase_add_test(t, loop_unwatch_stops_events);
	tcase_add_test(t, loop_watch_refuses_what_is_no_fd);
	tcase_add_test(t, loop_is_one_a_thread);
	suite_add_tcase(s, t);
	return s;
}
