/* common/mailbox.c: order, limits, and threads that all post at once. */
#include "common/mailbox.h"

#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdint.h>
#include <stdlib.h>

#include "common/loop.h"
#include "tests/support/suite.h"

enum { PRODUCERS = 4, EACH = 5000, CAP = 64 };

struct letter {
	unsigned from, number;
};

static struct edge_loop *loop;
static struct edge_mailbox *box;
static unsigned next_of[PRODUCERS], got_count, want_count, drop_count;

static void on_letter(void *msg, void *arg)
{
	struct letter *l = msg;

	ck_assert_ptr_eq(arg, &got_count);
	ck_assert_uint_eq(l->number, next_of[l->from]);
	next_of[l->from]++;
	free(l);
	if (++got_count == want_count)
		edge_loop_stop(loop);
}

static void drop(void *msg)
{
	drop_count++;
	free(msg);
}

static void setup(void)
{
	for (size_t i = 0; i < PRODUCERS; i++)
		next_of[i] = 0;
	got_count = want_count = drop_count = 0;
	ck_assert_int_eq(edge_loop_new(&loop), EDGE_OK);
	ck_assert_int_eq(
		edge_mailbox_new(&box, loop, CAP, on_letter, drop, &got_count),
		EDGE_OK);
}

static void teardown(void)
{
	edge_mailbox_free(box);
	edge_loop_free(loop);
}

static struct letter *letter(unsigned from, unsigned number)
{
	struct letter *l = malloc(sizeof(*l));

	ck_assert_ptr_nonnull(l);
	*l = (struct letter){from, number};
	return l;
}

static void *produce(void *arg)
{
	const unsigned from = (unsigned)(uintptr_t)arg;

	for (unsigned i = 0; i < EACH; i++) {
		struct letter *l = letter(from, i);

		while (edge_mailbox_post(box, l) == EDGE_ELIMIT)
			sched_yield();
	}
	return NULL;
}

START_TEST(mailbox_delivers_all_in_order_from_many_threads)
{
	pthread_t threads[PRODUCERS];

	want_count = PRODUCERS * EACH;
	for (uintptr_t i = 0; i < PRODUCERS; i++)
		ck_assert_int_eq(
			pthread_create(&threads[i], NULL, produce, (void *)i),
			0);
	ck_assert_int_eq(edge_loop_run(loop), EDGE_OK);
	for (size_t i = 0; i < PRODUCERS; i++)
		pthread_join(threads[i], NULL);
	ck_assert_uint_eq(got_count, PRODUCERS * EACH);
	ck_assert_uint_eq(drop_count, 0);
}
END_TEST

START_TEST(mailbox_post_refuses_when_full_and_works_again)
{
	struct letter *extra = letter(0, CAP);

	want_count = CAP;
	for (unsigned i = 0; i < CAP; i++)
		ck_assert_int_eq(edge_mailbox_post(box, letter(0, i)), EDGE_OK);
	ck_assert_int_eq(edge_mailbox_post(box, extra), EDGE_ELIMIT);
	ck_assert_int_eq(edge_loop_run(loop), EDGE_OK);
	want_count = CAP + 1;
	ck_assert_int_eq(edge_mailbox_post(box, extra), EDGE_OK);
	ck_assert_int_eq(edge_loop_run(loop), EDGE_OK);
	ck_assert_uint_eq(got_count, CAP + 1);
}
END_TEST

START_TEST(mailbox_free_drops_what_was_not_delivered)
{
	for (unsigned i = 0; i < 3; i++)
		ck_assert_int_eq(edge_mailbox_post(box, letter(0, i)), EDGE_OK);
	edge_mailbox_free(box);
	box = NULL;
	ck_assert_uint_eq(drop_count, 3);
	ck_assert_uint_eq(got_count, 0);
}
END_TEST

START_TEST(mailbox_new_refuses_odd_sizes)
{
	struct edge_mailbox *other;
	static const size_t bad[] = {0, 1, 3, 100, (size_t)1 << 40};

	ck_assert_int_eq(
		edge_mailbox_new(&other, loop, bad[_i], on_letter, drop, NULL),
		EDGE_ERANGE);
}
END_TEST

START_TEST(mailbox_without_a_loop_is_taken_by_hand)
{
	struct edge_mailbox *own;
	struct pollfd f = {.events = POLLIN};

	ck_assert_int_eq(
		edge_mailbox_new(&own, NULL, 2, on_letter, drop, &got_count),
		EDGE_OK);
	f.fd = edge_mailbox_fd(own);
	ck_assert_int_eq(poll(&f, 1, 0), 0);
	for (unsigned i = 0; i < 2; i++)
		ck_assert_int_eq(edge_mailbox_post(own, letter(0, i)), EDGE_OK);
	ck_assert_int_eq(poll(&f, 1, 0), 1);
	want_count = 99; /* the loop is not ours to stop */
	edge_mailbox_take(own);
	ck_assert_uint_eq(got_count, 2);
	edge_mailbox_take(own);
	ck_assert_int_eq(poll(&f, 1, 0), 0);
	ck_assert_int_eq(edge_mailbox_post(own, letter(0, 2)), EDGE_OK);
	edge_mailbox_free(own);
	ck_assert_uint_eq(drop_count, 1);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("mailbox");
	TCase *t = tcase_create("posts");

	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, mailbox_delivers_all_in_order_from_many_threads);
	tcase_add_test(t, mailbox_without_a_loop_is_taken_by_hand);
	tcase_add_test(t, mailbox_post_refuses_when_full_and_works_again);
	tcase_add_test(t, mailbox_free_drops_what_was_not_delivered);
	tcase_add_loop_test(t, mailbox_new_refuses_odd_sizes, 0, 5);
	suite_add_tcase(s, t);
	return s;
}
