/* access-edge/reason.c: the closed list. */
#include "access-edge/reason.h"

#include <ctype.h>
#include <string.h>

#include "tests/support/suite.h"

START_TEST(reason_names_are_unique_labels)
{
	for (int a = 0; a < ACC_REASON_COUNT; a++) {
		const char *name = acc_reason_name((enum acc_reason)a);

		ck_assert_uint_gt(strlen(name), 1);
		for (const char *c = name; *c; c++)
			ck_assert_msg(islower(*c) || *c == '_', "%s", name);
		for (int b = 0; b < a; b++)
			ck_assert_str_ne(name,
					 acc_reason_name((enum acc_reason)b));
	}
}
END_TEST

START_TEST(reason_texts_fit_into_a_quoted_string)
{
	for (int a = 0; a < ACC_REASON_COUNT; a++) {
		const char *text = acc_reason_text((enum acc_reason)a);

		ck_assert_ptr_null(strpbrk(text, "\"\\\r\n"));
		ck_assert_uint_ge(strlen(text), 2);
	}
}
END_TEST

START_TEST(reason_status_has_a_phrase_and_an_id)
{
	for (int a = 1; a < ACC_REASON_COUNT; a++) {
		unsigned status = acc_reason_status((enum acc_reason)a);
		unsigned errid = acc_reason_errid((enum acc_reason)a);

		ck_assert_uint_ge(errid, 1000); /* AE 4.2: the SIP stack's */
		ck_assert_uint_lt(errid, 2000);
		if (status == 0)
			continue;
		ck_assert_uint_ge(status, 400);
		ck_assert_str_ne(acc_reason_phrase(status), "Error");
	}
	ck_assert_str_eq(acc_reason_phrase(504), "Server time-out");
	ck_assert_str_eq(acc_reason_phrase(299), "Error");
}
END_TEST

START_TEST(reason_outside_the_list_is_internal)
{
	enum acc_reason odd = (enum acc_reason)(ACC_REASON_COUNT + 7);

	ck_assert_str_eq(acc_reason_name(odd), "internal");
	ck_assert_uint_eq(acc_reason_status(odd), 500);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("acc_reason");
	TCase *t = tcase_create("texts");

	tcase_set_timeout(t, 20);
	tcase_add_test(t, reason_names_are_unique_labels);
	tcase_add_test(t, reason_texts_fit_into_a_quoted_string);
	tcase_add_test(t, reason_status_has_a_phrase_and_an_id);
	tcase_add_test(t, reason_outside_the_list_is_internal);
	suite_add_tcase(s, t);
	return s;
}
