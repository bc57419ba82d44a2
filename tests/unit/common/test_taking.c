/* Taking a topology: prepare, commit, abort, lapse, and who is told. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/taking.h"
#include "tests/support/fake_store.h"
#include "tests/support/suite.h"

enum { WHY = 200 };

static char state[] = "/tmp/edge-taking-XXXXXX";
static struct edge_loop *loop;
static struct topo_store *store;
static struct edge_taking *taking;
static char trace[32]; /* p, c, a: what the service was told */
static char why[WHY];

static void told(char what)
{
	size_t len = strlen(trace);

	ck_assert_uint_lt(len, sizeof(trace) - 1);
	trace[len] = what;
	trace[len + 1] = '\0';
}

static enum edge_err on_prepare(void *self, const struct topo *t, char *text,
				size_t cap)
{
	(void)self;
	told('p');
	if (t->seq != 5)
		return EDGE_OK;
	snprintf(text, cap, "port 5061 is taken");
	return EDGE_EREFUSED;
}

static void on_commit(void *self, const struct topo *t)
{
	(void)self;
	(void)t;
	told('c');
}

static void on_abort(void *self)
{
	(void)self;
	told('a');
}

static const struct edge_daemon_plan plan = {
	.name = "test",
	.prepare = on_prepare,
	.commit = on_commit,
	.abort = on_abort,
};

static void open_all(void)
{
	const struct topo *first;

	strcpy(state + sizeof(state) - 7, "XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(state));
	fake_store_set(state, 1);
	trace[0] = '\0';
	ck_assert_int_eq(edge_loop_new(&loop), EDGE_OK);
	ck_assert_int_eq(topo_store_open(&store, state), EDGE_OK);
	ck_assert_int_eq(topo_store_current(store, &first, why, WHY), EDGE_OK);
	ck_assert_int_eq(edge_taking_new(&taking, loop, store, &plan, first),
			 EDGE_OK);
}

static void close_all(void)
{
	edge_taking_free(taking);
	topo_store_free(store);
	edge_loop_free(loop);
	fake_store_set(state, 0);
	rmdir(state);
	ck_assert_int_eq(fake_store_held(), 0);
}

static uint64_t seq(void)
{
	return edge_taking_current(taking)->seq;
}

START_TEST(taking_commits_what_was_prepared)
{
	ck_assert_int_eq(edge_taking_prepare(taking, 2, why, WHY), EDGE_OK);
	ck_assert_uint_eq(seq(), 1);
	ck_assert_int_eq(edge_taking_commit(taking, 2), EDGE_OK);
	ck_assert_uint_eq(seq(), 2);
	ck_assert_str_eq(trace, "pc");
	ck_assert_int_eq(edge_taking_commit(taking, 2), EDGE_ESTATE);
	ck_assert_int_eq(fake_store_held(), 1);
}
END_TEST

START_TEST(taking_refuses_commit_of_another_version)
{
	ck_assert_int_eq(edge_taking_commit(taking, 2), EDGE_ESTATE);
	ck_assert_int_eq(edge_taking_prepare(taking, 2, why, WHY), EDGE_OK);
	ck_assert_int_eq(edge_taking_commit(taking, 3), EDGE_ESTATE);
	ck_assert_uint_eq(seq(), 1);
	ck_assert_int_eq(edge_taking_commit(taking, 2), EDGE_OK);
}
END_TEST

START_TEST(taking_abort_keeps_the_old_one)
{
	ck_assert_int_eq(edge_taking_prepare(taking, 2, why, WHY), EDGE_OK);
	edge_taking_abort(taking);
	edge_taking_abort(taking);
	ck_assert_int_eq(edge_taking_commit(taking, 2), EDGE_ESTATE);
	ck_assert_uint_eq(seq(), 1);
	ck_assert_str_eq(trace, "pa");
}
END_TEST

START_TEST(taking_second_prepare_replaces_the_first)
{
	ck_assert_int_eq(edge_taking_prepare(taking, 2, why, WHY), EDGE_OK);
	ck_assert_int_eq(edge_taking_prepare(taking, 3, why, WHY), EDGE_OK);
	ck_assert_int_eq(edge_taking_commit(taking, 2), EDGE_ESTATE);
	ck_assert_int_eq(edge_taking_commit(taking, 3), EDGE_OK);
	ck_assert_str_eq(trace, "papc");
}
END_TEST

START_TEST(taking_tells_why_the_service_refuses)
{
	ck_assert_int_eq(edge_taking_prepare(taking, 5, why, WHY),
			 EDGE_EREFUSED);
	ck_assert_str_eq(why, "port 5061 is taken");
	ck_assert_int_eq(edge_taking_commit(taking, 5), EDGE_ESTATE);
	ck_assert_uint_eq(seq(), 1);
}
END_TEST

START_TEST(taking_refuses_what_the_store_refuses)
{
	ck_assert_int_eq(edge_taking_prepare(taking, 10, why, WHY),
			 EDGE_EFORMAT);
	ck_assert_str_eq(why, "line 3: no such thing");
	ck_assert_str_eq(trace, ""); /* the service was never asked */
}
END_TEST

START_TEST(taking_refuses_another_machines_topology)
{
	ck_assert_int_eq(edge_taking_prepare(taking, 9, why, WHY),
			 EDGE_EREFUSED);
	ck_assert_ptr_nonnull(strstr(why, "other.contoso.com"));
	ck_assert_str_eq(trace, "");
}
END_TEST

START_TEST(taking_prepare_lapses)
{
	struct edge_wheel *w = edge_loop_wheel(loop);
	uint64_t now = edge_loop_now_ms(loop);

	ck_assert_int_eq(edge_taking_prepare(taking, 2, why, WHY), EDGE_OK);
	edge_wheel_advance(w, now + EDGE_TAKING_LAPSE_MS - 200);
	ck_assert_str_eq(trace, "p");
	edge_wheel_advance(w, now + EDGE_TAKING_LAPSE_MS + 200);
	ck_assert_str_eq(trace, "pa");
	ck_assert_int_eq(edge_taking_commit(taking, 2), EDGE_ESTATE);
}
END_TEST

START_TEST(taking_lapse_follows_a_store_that_went_on)
{
	struct edge_wheel *w = edge_loop_wheel(loop);

	ck_assert_int_eq(edge_taking_prepare(taking, 2, why, WHY), EDGE_OK);
	fake_store_set(state, 2); /* swapped, but commit never comes */
	edge_wheel_advance(w,
			   edge_loop_now_ms(loop) + EDGE_TAKING_LAPSE_MS + 200);
	ck_assert_str_eq(trace, "papc");
	ck_assert_uint_eq(seq(), 2);
}
END_TEST

START_TEST(taking_reread_takes_only_what_is_new)
{
	ck_assert_int_eq(edge_taking_reread(taking, why, WHY), EDGE_OK);
	ck_assert_str_eq(trace, "");
	fake_store_set(state, 4);
	ck_assert_int_eq(edge_taking_reread(taking, why, WHY), EDGE_OK);
	ck_assert_str_eq(trace, "pc");
	ck_assert_uint_eq(seq(), 4);
	fake_store_set(state, 5);
	ck_assert_int_eq(edge_taking_reread(taking, why, WHY), EDGE_EREFUSED);
	ck_assert_uint_eq(seq(), 4);
	fake_store_set(state, 0);
	ck_assert_int_eq(edge_taking_reread(taking, why, WHY), EDGE_ENOTFOUND);
	ck_assert_str_ne(why, "");
}
END_TEST

START_TEST(taking_free_aborts)
{
	ck_assert_int_eq(edge_taking_prepare(taking, 2, why, WHY), EDGE_OK);
	edge_taking_free(taking);
	taking = NULL;
	ck_assert_str_eq(trace, "pa");
	ck_assert_int_eq(fake_store_held(), 0);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("taking");
	TCase *t = tcase_create("taking");

	tcase_set_timeout(t, 10);
	tcase_add_checked_fixture(t, open_all, close_all);
	tcase_add_test(t, taking_commits_what_was_prepared);
	tcase_add_test(t, taking_refuses_commit_of_another_version);
	tcase_add_test(t, taking_abort_keeps_the_old_one);
	tcase_add_test(t, taking_second_prepare_replaces_the_first);
	tcase_add_test(t, taking_tells_why_the_service_refuses);
	tcase_add_test(t, taking_refuses_what_the_store_refuses);
	tcase_add_test(t, taking_refuses_another_machines_topology);
	tcase_add_test(t, taking_prepare_lapses);
	tcase_add_test(t, taking_lapse_follows_a_store_that_went_on);
	tcase_add_test(t, taking_reread_takes_only_what_is_new);
	tcase_add_test(t, taking_free_aborts);
	suite_add_tcase(s, t);
	return s;
}
