/* edgectl/test_av.c: calls that are refused before anything is sent; the rest
 * is journey av_edgectl. */
#include <check.h>
#include <jansson.h>
#include <string.h>

#include "edgectl/ctl.h"
#include "tests/support/certs.h"
#include "tests/support/suite.h"

enum { WORDS = 12 };

static struct certs *folder;

static void setup(void)
{
	folder = certs_new();
	certs_write(folder, "password", "secret\n");
	certs_write(folder, "edge.ini",
		    "[local]\nfqdn = edge01.corp.contoso.com\n"
		    "state = /nonexistent\n");
}

static void teardown(void)
{
	certs_free(folder);
}

/* PASSWORD stands for the file. */
static enum ctl_exit call(ctl_verb_fn *fn, const char *const *words,
			  const char **id)
{
	static char copy[WORDS][128], found[32];
	char *argv[WORDS];
	struct ctl c;
	enum ctl_exit exit;
	int n = 0;

	for (; words[n]; n++) {
		snprintf(copy[n], sizeof(copy[n]), "%s",
			 strcmp(words[n], "PASSWORD")
				 ? words[n]
				 : certs_path(folder, "password"));
		argv[n] = copy[n];
	}
	ck_assert(!ctl_init(&c));
	c.json = true; /* nothing on the terminal */
	c.config_path = certs_path(folder, "edge.ini");
	exit = fn(&c, n, argv);
	snprintf(found, sizeof(found), "%s",
		 json_string_value(
			 json_object_get(json_array_get(c.findings, 0), "id")));
	*id = found;
	ctl_fini(&c);
	return exit;
}

static const struct {
	ctl_verb_fn *fn;
	const char *words[WORDS];
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
			    "--user-password-file", "PASSWORD",
			    "--location", "nowhere", NULL},
	 CTL_USAGE, "CTL-001"},
	{ctl_test_av_edge, {"--user-sip-address", "a@x.com",
			    "--user-password-file", "PASSWORD",
			    "--protocol", "sctp", NULL},
	 CTL_USAGE, "CTL-001"},
	{ctl_test_av_edge, {"--user-sip-address", "a@x.com",
			    "--user-password-file", "PASSWORD", NULL},
	 CTL_IO, "CTL-009"}, /* no store */
	{ctl_test_p2p_av, {"--sender-sip-address", "a@x.com",
			   "--sender-password-file", "PASSWORD", NULL},
	 CTL_USAGE, "CTL-001"},
	{ctl_test_p2p_av, {"--sender-sip-address", "a@x.com",
			   "--sender-password-file", "PASSWORD",
			   "--receiver-sip-address", "b@x.com",
			   "--receiver-password-file", "PASSWORD",
			   "--packets", "15001", NULL},
	 CTL_USAGE, "CTL-001"},
	{ctl_test_p2p_av, {"--sender-sip-address", "a@x.com",
			   "--sender-password-file", "PASSWORD",
			   "--receiver-sip-address", "b@x.com",
			   "--receiver-password-file", "PASSWORD",
			   "--packets", "0", NULL},
	 CTL_USAGE, "CTL-001"},
	{ctl_test_p2p_av, {"--sender-sip-address", "a@x.com",
			   "--sender-password-file", "PASSWORD",
			   "--receiver-sip-address", "b@x.com",
			   "--receiver-password-file", "PASSWORD",
			   "--receiver-location", "nowhere", NULL},
	 CTL_USAGE, "CTL-001"},
	{ctl_test_p2p_av, {"--sender-sip-address", "a@x.com",
			   "--sender-password-file", "PASSWORD",
			   "--sender-location", "intranet",
			   "--receiver-sip-address", "b@x.com",
			   "--receiver-password-file", "PASSWORD", NULL},
	 CTL_IO, "CTL-009"}, /* all is said; no store */
	/* clang-format on */
};

START_TEST(test_that_cannot_be_run_says_so)
{
	const char *id;

	ck_assert_int_eq(call(calls[_i].fn, calls[_i].words, &id),
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
