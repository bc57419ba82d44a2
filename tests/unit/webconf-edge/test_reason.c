/* The list of reasons against the digest's error table. */
#include <string.h>

#include "tests/support/suite.h"
#include "webconf-edge/reason.h"

START_TEST(reasons_have_names_of_their_own)
{
	for (unsigned i = 0; i < WCE_REASONS; i++) {
		enum wce_reason r = (enum wce_reason)i;
		const char *name = wce_reason_name(r);

		ck_assert_uint_gt(strlen(name), 0);
		ck_assert_uint_eq(strspn(name, "abcdefghijklmnopqrstuvwxyz_"),
				  strlen(name));
		ck_assert_uint_eq(strlen(wce_reason_detail(r)), strlen(name));
		for (unsigned j = 0; j < i; j++)
			ck_assert_str_ne(name,
					 wce_reason_name((enum wce_reason)j));
	}
}
END_TEST

START_TEST(reasons_of_one_code_look_alike_outside)
{
	for (unsigned i = 0; i < WCE_REASONS; i++) {
		enum wce_reason r = (enum wce_reason)i;
		unsigned code = wce_reason_code(r);

		ck_assert_uint_eq(wce_reason_retry_s(r), code == 429   ? 10
							 : code == 503 ? 5
								       : 0);
		if (code == 401)
			ck_assert_str_eq(wce_reason_text(r), "not authorized");
		if (code == 503)
			ck_assert_str_eq(wce_reason_text(r), "try again");
		ck_assert_int_eq(code >= 400, *wce_reason_text(r) != '\0');
	}
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("reason");
	TCase *t = tcase_create("table");

	tcase_set_timeout(t, 10);
	tcase_add_test(t, reasons_have_names_of_their_own);
	tcase_add_test(t, reasons_of_one_code_look_alike_outside);
	suite_add_tcase(s, t);
	return s;
}
