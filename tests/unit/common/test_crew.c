/* common/crew.c: workers that number what they are sent. */
#include "common/crew.h"

#include <semaphore.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>

#include "common/loop.h"
#include "common/mailbox.h"
#include "tests/support/suite.h"

enum { WORKERS = 3, BOX = 4, NEVER = 99 };

struct worker {
	unsigned index;
	struct edge_loop *loop;
	struct edge_mailbox *box;
	unsigned heard; /* the last number */
};

struct mail {
	unsigned number;
	bool holds; /* its worker waits until it is let go */
};

static struct {
	struct edge_crew_plan plan;
	unsigned fails_at;
	_Atomic unsigned made, freed, delivered, dropped;
	unsigned full[WORKERS];
	sem_t held, go, done;
} f;

static void drop(void *mail)
{
	atomic_fetch_add(&f.dropped, 1);
	free(mail);
}

static void deliver(void *msg, void *arg)
{
	struct worker *w = arg;
	struct mail *m = msg;

	if (m->holds) {
		sem_post(&f.held);
		sem_wait(&f.go);
	}
	ck_assert_uint_eq(m->number, w->heard + 1);
	w->heard = m->number;
	free(m);
	atomic_fetch_add(&f.delivered, 1);
	sem_post(&f.done);
}

static enum edge_err make(void **worker, unsigned index, void *arg)
{
	struct worker *w;

	ck_assert_ptr_eq(arg, &f);
	if (index == f.fails_at)
		return EDGE_ELIMIT;
	w = calloc(1, sizeof(*w));
	ck_assert_ptr_nonnull(w);
	w->index = index;
	ck_assert_int_eq(edge_loop_new(&w->loop), EDGE_OK);
	ck_assert_int_eq(
		edge_mailbox_new(&w->box, w->loop, BOX, deliver, drop, w),
		EDGE_OK);
	atomic_fetch_add(&f.made, 1);
	*worker = w;
	return EDGE_OK;
}

static struct edge_loop *loop_of(void *worker)
{
	return ((struct worker *)worker)->loop;
}

static struct edge_mailbox *box_of(void *worker)
{
	return ((struct worker *)worker)->box;
}

static void end(void *worker)
{
	struct worker *w = worker;

	/* one after the other, when all have stopped */
	ck_assert_uint_eq(atomic_fetch_add(&f.freed, 1), w->index);
	edge_mailbox_free(w->box);
	edge_loop_free(w->loop);
	free(w);
}

static void full(unsigned worker, void *arg)
{
	ck_assert_ptr_eq(arg, &f);
	f.full[worker]++;
}

static void setup(void)
{
	f.plan = (struct edge_crew_plan){.count = WORKERS,
					 .make = make,
					 .loop = loop_of,
					 .mailbox = box_of,
					 .free = end,
					 .drop = drop,
					 .full = full,
					 .arg = &f};
	f.fails_at = NEVER;
	f.made = f.freed = f.delivered = f.dropped = 0;
	for (int i = 0; i < WORKERS; i++)
		f.full[i] = 0;
	sem_init(&f.held, 0, 0);
	sem_init(&f.go, 0, 0);
	sem_init(&f.done, 0, 0);
}

static struct edge_crew *start(void)
{
	struct edge_crew *c = NULL;

	ck_assert_int_eq(edge_crew_new(&c, &f.plan), EDGE_OK);
	return c;
}

static void post(struct edge_crew *c, unsigned i, unsigned number, bool holds)
{
	struct mail *m = malloc(sizeof(*m));

	ck_assert_ptr_nonnull(m);
	*m = (struct mail){number, holds};
	edge_crew_post(c, i, m);
}

static void wait_for(sem_t *s, unsigned count)
{
	while (count--)
		sem_wait(s);
}

START_TEST(crew_makes_runs_and_frees_each)
{
	struct edge_crew *c = start();

	ck_assert_uint_eq(f.made, WORKERS);
	for (unsigned i = 0; i < WORKERS; i++) {
		const struct worker *w = edge_crew_worker(c, i);

		ck_assert_uint_eq(w->index, i);
		post(c, i, 1, false);
	}
	wait_for(&f.done, WORKERS);
	edge_crew_post(c, 0, NULL);
	edge_crew_free(c);
	ck_assert_uint_eq(f.freed, WORKERS);
	ck_assert_uint_eq(f.delivered, WORKERS);
	ck_assert_uint_eq(f.dropped, 0);
}
END_TEST

START_TEST(crew_that_cannot_be_made_leaves_nothing)
{
	struct edge_crew *c = NULL;

	f.fails_at = (unsigned)_i;
	ck_assert_int_eq(edge_crew_new(&c, &f.plan), EDGE_ELIMIT);
	ck_assert_ptr_null(c);
	ck_assert_uint_eq(f.made, f.fails_at);
	ck_assert_uint_eq(f.freed, f.made);
	f.plan.count = 0;
	ck_assert_int_eq(edge_crew_new(&c, &f.plan), EDGE_ERANGE);
	edge_crew_free(NULL);
}
END_TEST

/* The first mail holds the worker, BOX more fill its box, the rest is kept. */
START_TEST(crew_keeps_what_a_full_box_refuses_in_order)
{
	struct edge_crew *c = start();

	post(c, 1, 1, true);
	wait_for(&f.held, 1);
	for (unsigned n = 2; n <= BOX + 4; n++)
		post(c, 1, n, false);
	ck_assert_uint_ge(f.full[1], 2);
	ck_assert_uint_le(f.full[1], 4);
	ck_assert(edge_crew_flush(c));
	post(c, 2, 1, false); /* others are not held up */
	wait_for(&f.done, 1);
	sem_post(&f.go);
	wait_for(&f.done, BOX + 1); /* the box is empty, but older is kept */
	post(c, 1, BOX + 5, false);
	wait_for(&f.done, 4);
	ck_assert(!edge_crew_flush(c));
	ck_assert_uint_eq(f.full[0] + f.full[2], 0);
	edge_crew_free(c);
	ck_assert_uint_eq(f.dropped, 0);
}
END_TEST

START_TEST(crew_drops_what_nobody_takes_any_more)
{
	struct edge_crew *c = start();

	post(c, 0, 1, true);
	wait_for(&f.held, 1);
	for (unsigned n = 2; n <= 20; n++)
		post(c, 0, n, false);
	sem_post(&f.go);
	edge_crew_free(c);
	ck_assert_uint_eq(f.delivered + f.dropped, 20);
	ck_assert_uint_ge(f.dropped, 20 - 1 - 2 * BOX);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("crew");
	TCase *t = tcase_create("workers");

	tcase_set_timeout(t, 20);
	tcase_add_checked_fixture(t, setup, NULL);
	tcase_add_test(t, crew_makes_runs_and_frees_each);
	tcase_add_loop_test(t, crew_that_cannot_be_made_leaves_nothing, 0,
			    WORKERS);
	tcase_add_test(t, crew_keeps_what_a_full_box_refuses_in_order);
	tcase_add_test(t, crew_drops_what_nobody_takes_any_more);
	suite_add_tcase(s, t);
	return s;
}
