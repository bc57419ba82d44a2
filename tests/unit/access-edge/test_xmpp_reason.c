/* access-edge/xmpp_reason.c: one closed list. */
#include "access-edge/xmpp_reason.h"

#include <stdio.h>
#include <string.h>

#include "tests/support/suite.h"

START_TEST(xmpp_reason_names_are_words_and_differ)
{
	for (int r = 0; r < ACC_XMPP_REASONS; r++) {
		const char *name =
			acc_xmpp_reason_name((enum acc_xmpp_reason)r);

		ck_assert_uint_eq(strspn(name, "abcdefghijklmnopqrstuvwxyz_"),
				  strlen(name));
		ck_assert_str_ne(acc_xmpp_reason_text((enum acc_xmpp_reason)r),
				 "");
		for (int o = 0; o < r; o++)
			ck_assert_str_ne(name, acc_xmpp_reason_name((
						       enum acc_xmpp_reason)o));
	}
}
END_TEST

/* RFC 6120 4.9.3 and 8.3.3, as far as we say them. */
START_TEST(xmpp_reason_conditions_are_those_of_the_rfc)
{
	static const char *const streams =
		" not-well-formed restricted-xml unsupported-encoding "
		"invalid-namespace bad-format policy-violation host-unknown "
		"invalid-from not-authorized remote-connection-failed "
		"connection-timeout resource-constraint improper-addressing "
		"system-shutdown internal-server-error ";
	static const char *const stanzas =
		" remote-server-timeout remote-server-not-found not-allowed "
		"resource-constraint service-unavailable ";
	char word[64];

	for (int r = 0; r < ACC_XMPP_REASONS; r++) {
		const char *s = acc_xmpp_reason_stream((enum acc_xmpp_reason)r);

		snprintf(word, sizeof(word), " %s ", s);
		ck_assert_msg(!*s || strstr(streams, word), "%s", s);
		s = acc_xmpp_reason_stanza((enum acc_xmpp_reason)r);
		snprintf(word, sizeof(word), " %s ", s);
		ck_assert_msg(strstr(stanzas, word) != NULL, "%s", s);
	}
}
END_TEST

/* AE 6.4: what is not there comes back for good, what fails may be tried. */
START_TEST(xmpp_reason_bounces_are_of_the_known_kinds)
{
	static const struct {
		const char *stanza;
		bool wait;
	} kinds[] = {
		{"remote-server-timeout", true},
		{"remote-server-not-found", false},
		{"resource-constraint", true},
		{"service-unavailable", false},
		{"not-allowed", false},
	};

	for (int r = 0; r < ACC_XMPP_REASONS; r++) {
		const enum acc_xmpp_reason reason = (enum acc_xmpp_reason)r;
		const char *stanza = acc_xmpp_reason_stanza(reason);
		int found = 0;

		for (size_t k = 0; k < sizeof(kinds) / sizeof(*kinds); k++)
			found += strcmp(stanza, kinds[k].stanza) == 0 &&
				 acc_xmpp_reason_is_wait(reason) ==
					 kinds[k].wait;
		ck_assert_msg(found == 1, "%s", acc_xmpp_reason_name(reason));
	}
}
END_TEST

START_TEST(xmpp_reason_of_a_fault_ends_the_stream)
{
	for (int f = ACC_XMPP_NOT_WELL_FORMED; f <= ACC_XMPP_NO_MEMORY; f++) {
		enum acc_xmpp_reason r =
			acc_xmpp_reason_of((enum acc_xmpp_fault)f);

		ck_assert_int_ne(r, ACC_XMPP_R_OK);
		ck_assert_str_ne(acc_xmpp_reason_stream(r), "");
	}
	ck_assert_int_eq(acc_xmpp_reason_of((enum acc_xmpp_fault)99),
			 ACC_XMPP_R_INTERNAL);
	ck_assert_str_eq(acc_xmpp_reason_name(ACC_XMPP_REASONS), "internal");
	ck_assert(acc_xmpp_reason_is_wait(ACC_XMPP_R_GATEWAY_ABSENT));
	ck_assert(!acc_xmpp_reason_is_wait(ACC_XMPP_R_STANZA_KIND));
}
END_TEST

Suite *test_suite(void)
{
	Suite *suite = suite_create("xmpp_reason");
	TCase *t = tcase_create("reason");

	tcase_set_timeout(t, 10);
	tcase_add_test(t, xmpp_reason_names_are_words_and_differ);
	tcase_add_test(t, xmpp_reason_conditions_are_those_of_the_rfc);
	tcase_add_test(t, xmpp_reason_bounces_are_of_the_known_kinds);
	tcase_add_test(t, xmpp_reason_of_a_fault_ends_the_stream);
	suite_add_tcase(suite, t);
	return suite;
}
