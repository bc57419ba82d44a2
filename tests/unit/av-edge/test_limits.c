/* av-edge/limits.c: what an operator may set. */
#include "av-edge/limits.h"

#include "tests/support/rows.h"
#include "tests/support/suite.h"

START_TEST(limits_have_a_default_in_their_range)
{
	rows_of_config(&ave_config_rows, "av");
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("limits");
	TCase *t = tcase_create("limits");

	tcase_set_timeout(t, 10);
	tcase_add_test(t, limits_have_a_default_in_their_range);
	suite_add_tcase(s, t);
	return s;
}
