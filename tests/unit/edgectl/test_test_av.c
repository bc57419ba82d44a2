/* edgectl/test_av.c: calls that are refused before anything is sent; the rest
 * is journey av_edgectl. */
#include <check.h>

#include "tests/support/suite.h"
#include "tests/unit/edgectl/verb.h"

static struct certs *folder;

static void setup(void)
{
	folder = verb_folder();
	certs_write(folder, "password", "secret\n");
}

static void teardown(void)
{
	certs_free(folder);
}

static const struct {
	ctl_verb_fn *fn;
	const char *words[VERB_WORDS];
	enum ctl_exit exit;
	const char *id;
} calls[] = {
	/* clang-format off */
	{ctl_test_av_edge, {NULL}, CTL_USAGE, "CTL-001"},
	{ctl_test_av_edge, {"word", NULL}, CTL_USAGE, "CTL-001"},
	{ctl_test_av_edge, {"--user-sip-address", "a@x.com", NULL},
	 CTL_USAGE, "CTL-001"},
	{ctl_test_av_edge, {"--user-sip-address", "a@x.com",
			    "--user-password-file", "/nonexistent", NULL},
	 CTL_IO, "TEST-005"},
	{ctl_test_av_edge, {"--user-sip-address", "a@x.com",
			    "--user-password-file", "@password",
			    "--location", "nowhere", NULL},
	 CTL_USAGE, "CTL-001"},
	{ctl_test_av_edge, {"--user-sip-address", "a@x.com",
			    "--user-password-file", "@password",
			    "--protocol", "sctp", NULL},
	 CTL_USAGE, "CTL-001"},
	{ctl_test_av_edge, {"--user-sip-address", "a@x.com",
			    "--user-password-file", "@password", NULL},
	 CTL_IO, "CTL-009"}, /* no store */
	{ctl_test_p2p_av, {"--sender-sip-address", "a@x.com",
			   "--sender-password-file", "@password", NULL},
	 CTL_USAGE, "CTL-001"},
	{ctl_test_p2p_av, {"--sender-sip-address", "a@x.com",
			   "--sender-password-file", "@password",
			   "--receiver-sip-address", "b@x.com",
			   "--receiver-password-file", "@password",
			   "--packets", "15001", NULL},
	 CTL_USAGE, "CTL-001"},
	{ctl_test_p2p_av, {"--sender-sip-address", "a@x.com",
			   "--sender-password-file", "@password",
			   "--receiver-sip-address", "b@x.com",
			   "--receiver-password-file", "@password",
			   "--packets", "0", NULL},
	 CTL_USAGE, "CTL-001"},
	{ctl_test_p2p_av, {"--sender-sip-address", "a@x.com",
			   "--sender-password-file", "@password",
			   "--receiver-sip-address", "b@x.com",
			   "--receiver-password-file", "@password",
			   "--receiver-location", "nowhere", NULL},
	 CTL_USAGE, "CTL-001"},
	{ctl_test_p2p_av, {"--sender-sip-address", "a@x.com",
			   "--sender-password-file", "@password",
			   "--sender-location", "intranet",
			   "--receiver-sip-address", "b@x.com",
			   "--receiver-password-file", "@password", NULL},
	 CTL_IO, "CTL-009"}, /* all is said; no store */
	/* clang-format on */
};

START_TEST(test_that_cannot_be_run_says_so)
{
	const char *id;

	ck_assert_int_eq(verb_call(calls[_i].fn, folder, calls[_i].words, &id),
			 calls[_i].exit);
	ck_assert_str_eq(id, calls[_i].id);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("edgectl/test_av");
	TCase *t = tcase_create("calls");

	tcase_set_timeout(t, 20);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, test_that_cannot_be_run_says_so, 0,
			    sizeof(calls) / sizeof(*calls));
	suite_add_tcase(s, t);
	return s;
}
