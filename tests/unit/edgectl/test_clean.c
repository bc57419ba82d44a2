/* Text of others for terminals and JSON. */
#include "edgectl/clean.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

#include "tests/support/suite.h"

static const struct {
	const char *text, *clean;
} rows[] = {
	{"", ""},
	{"sip.contoso.com: 403", "sip.contoso.com: 403"},
	{"SRV \xe2\x86\x92 m\xc3\xbcller \xf0\x9f\x98\x80",
	 "SRV \xe2\x86\x92 m\xc3\xbcller \xf0\x9f\x98\x80"},
	{"a\x1b[31mred\x07\x7f", "a?[31mred??"},
	{"one\r\ntwo\tthree", "one  two three"},
	/* C1 controls, which a terminal obeys as well */
	{"\xc2\x9b"
	 "31m",
	 "?31m"},
	/* written backwards */
	{"a\xe2\x80\xae"
	 "b\xe2\x81\xa6"
	 "c",
	 "a?b?c"},
	/* no UTF-8: Latin-1, cut, too long, half a pair, too large */
	{"m\xfcller", "m?ller"},
	{"caf\xc3", "caf?"},
	{"\xe2\x86", "??"},
	{"\xc0\xaf", "??"},
	{"\xe0\x80\xaf", "???"},
	{"\xed\xa0\x80", "???"},
	{"\xf4\x90\x80\x80", "????"},
	{"\xff\xfe", "??"},
};

START_TEST(clean_text_is_utf8_that_moves_no_cursor)
{
	char text[64];

	(void)snprintf(text, sizeof(text), "%s", rows[_i].text);
	ck_assert_ptr_eq(ctl_clean(text), text);
	ck_assert_str_eq(text, rows[_i].clean);
	ck_assert_str_eq(ctl_clean(text), rows[_i].clean);
	ck_assert(ctl_is_clean(rows[_i].clean));
	ck_assert(ctl_is_clean(rows[_i].text) ==
		  !strcmp(rows[_i].text, rows[_i].clean));
}
END_TEST

START_TEST(clean_lines_stay_lines)
{
	char text[] = "a\x1b]0;b\x07 c\x7f\r\xc2\x9b"
		      "d\n\te \u2713 \u00e9";

	ck_assert_str_eq(ctl_clean_lines(text),
			 "a?]0;b? c? ?d\n\te \u2713 \u00e9");
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("edgectl/clean");
	TCase *t = tcase_create("clean");

	tcase_set_timeout(t, 10);
	tcase_add_loop_test(t, clean_text_is_utf8_that_moves_no_cursor, 0,
			    sizeof(rows) / sizeof(*rows));
	tcase_add_test(t, clean_lines_stay_lines);
	suite_add_tcase(s, t);
	return s;
}
