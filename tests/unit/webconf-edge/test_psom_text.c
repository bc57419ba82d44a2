/* UTF-8 as RFC 3629 has it; lines that cannot be forged. */
#include <string.h>

#include "tests/support/suite.h"
#include "webconf-edge/psom_text.h"

static const struct {
	const char *text;
	size_t len;
	bool good;
} cases[] = {
	{"", 0, true},
	{"fe01.contoso.local", 18, true},
	{"\xc3\xbc", 2, true},
	{"\xe2\x82\xac", 3, true},
	{"\xf0\x9f\x98\x80", 4, true},
	{"\xf4\x8f\xbf\xbf", 4, true},
	{"\xed\x9f\xbf", 3, true},
	{"\xee\x80\x80", 3, true},
	{"a\0b", 3, false},
	{"a\nb", 3, false},
	{"a\x1f", 2, false},
	{"a\x7f", 2, false},
	{"\x80", 1, false},		/* no start */
	{"\xc3", 1, false},		/* cut */
	{"\xe2\x82", 2, false},		/* cut */
	{"\xf0\x9f\x98", 3, false},	/* cut */
	{"\xc0\xaf", 2, false},		/* overlong */
	{"\xc1\xbf", 2, false},		/* overlong */
	{"\xe0\x9f\xbf", 3, false},	/* overlong */
	{"\xf0\x8f\xbf\xbf", 4, false}, /* overlong */
	{"\xed\xa0\x80", 3, false},	/* surrogate */
	{"\xf4\x90\x80\x80", 4, false}, /* above 10FFFF */
	{"\xf5\x80\x80\x80", 4, false},
	{"\xff", 1, false},
	{"\xc3\xc3", 2, false},
	{"\xe2\x82\x28", 3, false},
	{"\xf0\x9f\x98\x28", 4, false},
};

START_TEST(text_is_utf8_without_controls)
{
	ck_assert_int_eq(
		psom_text_is(edge_slice(cases[_i].text, cases[_i].len)),
		cases[_i].good);
}
END_TEST

START_TEST(line_escapes_what_could_forge_one)
{
	char out[64];
	struct psom_line l = {.p = out, .cap = sizeof(out)};

	psom_line_text(&l, edge_slice("a\"b\\ \n\xc2\x85z", 9));
	ck_assert_uint_eq(psom_line_end(&l), strlen(out));
	ck_assert_str_eq(out, "\"a\\x22b\\x5c \\x0a\\xc2\\x85z\"");
}
END_TEST

START_TEST(line_is_cut_at_its_end)
{
	char out[5] = "zzzz";
	struct psom_line l = {.p = out, .cap = 4};
	struct psom_line none = {.p = out, .cap = 0};

	psom_line_number(&l, 1234567);
	psom_line_str(&l, "x");
	psom_line_hex(&l, edge_slice("\xab", 1));
	ck_assert_uint_eq(psom_line_end(&l), 3);
	ck_assert_str_eq(out, "123");
	psom_line_str(&none, "x");
	ck_assert_uint_eq(psom_line_end(&none), 0);
	ck_assert_str_eq(out, "123");
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("psom_text");
	TCase *t = tcase_create("text");

	tcase_set_timeout(t, 10);
	tcase_add_loop_test(t, text_is_utf8_without_controls, 0,
			    sizeof(cases) / sizeof(cases[0]));
	tcase_add_test(t, line_escapes_what_could_forge_one);
	tcase_add_test(t, line_is_cut_at_its_end);
	suite_add_tcase(s, t);
	return s;
}
