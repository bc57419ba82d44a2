/* common/recent.c: the last lines, the oldest first. */
#include "common/recent.h"

#include <stdio.h>
#include <string.h>

#include "tests/support/suite.h"

enum { CAP = 3 };

static struct edge_recent *recent;
static char seen[4096];

static void init(void)
{
	ck_assert_int_eq(edge_recent_new(&recent, CAP), EDGE_OK);
	*seen = '\0';
}

static void fini(void)
{
	edge_recent_free(recent);
}

static void keep(const char *line, void *arg)
{
	const size_t len = strlen(seen);

	ck_assert_ptr_eq(arg, seen);
	snprintf(seen + len, sizeof(seen) - len, "%s,", line);
}

static const char *all(void)
{
	*seen = '\0';
	edge_recent_each(recent, keep, seen);
	return seen;
}

START_TEST(recent_keeps_the_last_ones_in_order)
{
	ck_assert_str_eq(all(), "");
	for (int i = 1; i <= 2; i++)
		edge_recent_add(recent, "line %d", i);
	ck_assert_str_eq(all(), "line 1,line 2,");
	for (int i = 3; i <= 7; i++)
		edge_recent_add(recent, "line %d", i);
	ck_assert_str_eq(all(), "line 5,line 6,line 7,");
}
END_TEST

START_TEST(recent_cuts_a_line_that_is_too_long)
{
	char text[2 * EDGE_RECENT_LINE];

	memset(text, 'x', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	edge_recent_add(recent, "%s", text);
	/* one for NUL, and the comma of ours */
	ck_assert_uint_eq(strlen(all()), EDGE_RECENT_LINE - 1 + 1);
}
END_TEST

START_TEST(recent_of_none_is_refused)
{
	struct edge_recent *r = NULL;

	ck_assert_int_eq(edge_recent_new(&r, 0), EDGE_ERANGE);
	ck_assert_ptr_null(r);
	edge_recent_free(r);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("recent");
	TCase *t = tcase_create("recent");

	tcase_set_timeout(t, 10);
	tcase_add_checked_fixture(t, init, fini);
	tcase_add_test(t, recent_keeps_the_last_ones_in_order);
	tcase_add_test(t, recent_cuts_a_line_that_is_too_long);
	tcase_add_test(t, recent_of_none_is_refused);
	suite_add_tcase(s, t);
	return s;
}
