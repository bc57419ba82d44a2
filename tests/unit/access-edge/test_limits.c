/* access-edge/limits.c: what an operator may set. */
#include "access-edge/limits.h"

#include "tests/support/rows.h"
#include "tests/support/suite.h"

START_TEST(limits_have_a_default_in_their_range)
{
	rows_of_config(&acc_config_rows, "access");
}
END_TEST

START_TEST(limits_of_rings_are_powers_of_two)
{
	uint64_t n = acc_config_rows.limits[ACC_LIMIT_MAILBOX].def;

	ck_assert_uint_eq(n & (n - 1), 0);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("limits");
	TCase *t = tcase_create("limits");

	tcase_set_timeout(t, 10);
	tcase_add_test(t, limits_have_a_default_in_their_range);
	tcase_add_test(t, limits_of_rings_are_powers_of_two);
	suite_add_tcase(s, t);
	return s;
}
