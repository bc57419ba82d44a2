/* What errors of sockets say of the way. */
#include "edgectl/reach.h"

#include <check.h>
#include <errno.h>

#include "tests/support/suite.h"

static const struct {
	enum edge_err err;
	int error;
	enum ctl_reach reach;
} rows[] = {
	{EDGE_OK, 0, CTL_REACHED},
	{EDGE_EFORMAT, ECONNREFUSED, CTL_REACHED}, /* an old errno */
	{EDGE_ESYS, EMFILE, CTL_REACHED},
	{EDGE_ESYS, ECONNREFUSED, CTL_REACH_REFUSED},
	{EDGE_ESYS, ECONNRESET, CTL_REACH_REFUSED},
	{EDGE_ETIMEOUT, 0, CTL_REACH_SILENT},
	{EDGE_ESYS, ETIMEDOUT, CTL_REACH_SILENT},
	{EDGE_ESYS, EHOSTUNREACH, CTL_REACH_NO_WAY},
	{EDGE_ESYS, ENETUNREACH, CTL_REACH_NO_WAY},
	{EDGE_ESYS, EACCES, CTL_REACH_NO_WAY},
	{EDGE_ESYS, EPERM, CTL_REACH_NO_WAY},
};

START_TEST(reach_is_told_by_what_came_back)
{
	ck_assert_int_eq(ctl_reach_of(rows[_i].err, rows[_i].error),
			 rows[_i].reach);
}
END_TEST

START_TEST(reach_has_words_for_all_but_good)
{
	ck_assert_str_eq(ctl_reach_meaning(CTL_REACHED), "");
	for (int r = CTL_REACH_REFUSED; r <= CTL_REACH_NO_WAY; r++)
		ck_assert_str_ne(ctl_reach_meaning((enum ctl_reach)r), "");
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("edgectl/reach");
	TCase *t = tcase_create("reach");

	tcase_set_timeout(t, 10);
	tcase_add_loop_test(t, reach_is_told_by_what_came_back, 0,
			    sizeof(rows) / sizeof(*rows));
	tcase_add_test(t, reach_has_words_for_all_but_good);
	suite_add_tcase(s, t);
	return s;
}
