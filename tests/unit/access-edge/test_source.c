/* access-edge/source.c: roles of AE 2.1. */
#include "access-edge/source.h"

#include "tests/support/suite.h"

START_TEST(role_names_and_partners)
{
	static const char *const names[] = {"USR", "INT", "DIR", "DSC",
					    "HST", "PIC", "CLR", "?"};

	for (int r = 0; r <= ACC_ROLE_COUNT; r++)
		ck_assert_str_eq(acc_role_name((enum acc_role)r), names[r]);
	for (int r = 0; r < ACC_ROLE_COUNT; r++)
		ck_assert(acc_role_is_partner((enum acc_role)r) == (r >= 2));
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("source");
	TCase *t = tcase_create("source");

	tcase_set_timeout(t, 10);
	tcase_add_test(t, role_names_and_partners);
	suite_add_tcase(s, t);
	return s;
}
