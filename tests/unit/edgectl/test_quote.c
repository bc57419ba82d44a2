/* Foreign text in commands and on terminals. */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "edgectl/quote.h"
#include "tests/support/suite.h"

static struct ctl_quoted q;

START_TEST(quote_leaves_what_means_nothing_to_a_shell)
{
	static const char *const plain[] = {"edge01.corp.contoso.com",
					    "/var/tmp/a-b_c+d,e=f@g:h%i", "7"};

	for (size_t i = 0; i < sizeof(plain) / sizeof(*plain); i++) {
		ck_assert(ctl_quote(&q, plain[i]));
		ck_assert_str_eq(q.text, plain[i]);
	}
}
END_TEST

START_TEST(quote_is_one_word_for_a_shell)
{
	static const char *const odd[] = {
		"",	   "a b",	  "$(id)",	"`id`",
		"a;id",	   "it's",	  "'",		"a\\b",
		"*",	   "~root",	  "a\"b",	"a&b|c>d<e",
		"#remark", "edge\u00e9!", "''; id; ''", "{a,b}",
	};
	char line[CTL_QUOTED + 32], said[CTL_QUOTED];

	for (size_t i = 0; i < sizeof(odd) / sizeof(*odd); i++) {
		size_t n;
		FILE *shell;

		ck_assert_msg(ctl_quote(&q, odd[i]), "%s", odd[i]);
		(void)snprintf(line, sizeof(line), "printf '<%%s>' %s", q.text);
		shell = popen(line, "r");
		ck_assert_ptr_nonnull(shell);
		n = fread(said, 1, sizeof(said) - 1, shell);
		said[n] = '\0';
		ck_assert_int_eq(pclose(shell), 0);
		(void)snprintf(line, sizeof(line), "<%s>", odd[i]);
		ck_assert_str_eq(said, line);
	}
}
END_TEST

START_TEST(quote_refuses_what_nobody_should_paste)
{
	static const char *const bad[] = {
		"a\nid", "a\x1b[2J", "a\x7f", "\r", "a\xc2\x9b",
		/* as they are shown they would be
		 * other names: no UTF-8, bidi */
		"f\xfcr", "a\xe2\x82", "a\u202eb", "a\u2066b", "\ufeffa"};
	char longest[CTL_QUOTED + 1];

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		ck_assert(!ctl_quote(&q, bad[i]));
		ck_assert_str_eq(q.text, "");
	}
	memset(longest, 'x', CTL_QUOTED);
	longest[CTL_QUOTED] = '\0';
	ck_assert(!ctl_quote(&q, longest));
	longest[CTL_QUOTED - 1] = '\0';
	ck_assert(ctl_quote(&q, longest));
	longest[0] = '\'';
	ck_assert(!ctl_quote(&q, longest));
	ck_assert_str_eq(q.text, "");
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("edgectl/quote");
	TCase *t = tcase_create("quote");

	tcase_set_timeout(t, 20);
	tcase_add_test(t, quote_leaves_what_means_nothing_to_a_shell);
	tcase_add_test(t, quote_is_one_word_for_a_shell);
	tcase_add_test(t, quote_refuses_what_nobody_should_paste);
	suite_add_tcase(s, t);
	return s;
}
