/* The error list: every value has a text and its own name. */
#include "common/err.h"

#include <string.h>

#include "tests/support/suite.h"

START_TEST(err_str_names_every_value_once)
{
	for (int a = EDGE_OK; a <= EDGE_ESYS; a++) {
		ck_assert_str_ne(edge_err_str((enum edge_err)a), "");
		ck_assert_str_ne(edge_err_str((enum edge_err)a),
				 "unknown error");
		ck_assert(
			!strncmp(edge_err_name((enum edge_err)a), "EDGE_", 5));
		for (int b = a + 1; b <= EDGE_ESYS; b++)
			ck_assert_str_ne(edge_err_str((enum edge_err)a),
					 edge_err_str((enum edge_err)b));
	}
	ck_assert_str_eq(edge_err_name(EDGE_EFORMAT), "EDGE_EFORMAT");
	ck_assert_str_eq(edge_err_str(EDGE_EFORMAT), "malformed message");
}
END_TEST

START_TEST(err_str_survives_values_outside_the_enum)
{
	ck_assert_str_eq(edge_err_str((enum edge_err)(EDGE_ESYS + 1)),
			 "unknown error");
	ck_assert_str_eq(edge_err_name((enum edge_err)255), "EDGE_E?");
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("err");
	TCase *t = tcase_create("text");

	tcase_set_timeout(t, 10);
	tcase_add_test(t, err_str_names_every_value_once);
	tcase_add_test(t, err_str_survives_values_outside_the_enum);
	suite_add_tcase(s, t);
	return s;
}
