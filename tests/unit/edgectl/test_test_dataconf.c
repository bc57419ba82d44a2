/* edgectl/test_dataconf.c: calls that are refused before anything is sent; the
 * rest is in test_dataconf_seat.c. */
#include <check.h>

#include "tests/support/suite.h"
#include "tests/unit/edgectl/verb.h"

static struct certs *folder;

static void setup(void)
{
	folder = verb_folder();
	certs_write(folder, "good",
		    "<connection-info>"
		    "<entry><key>serverURL</key>"
		    "<value>psom://fe01.contoso.local:8057</value></entry>"
		    "<entry><key>Mcu-Conference-Uri</key>"
		    "<value>sip:a</value></entry>"
		    "<entry><key>sAuthId</key><value>1</value></entry>"
		    "<entry><key>numberOfProxies</key><value>0</value></entry>"
		    "</connection-info>");
	certs_write(folder, "bad", "<connection-info/>");
}

static void teardown(void)
{
	certs_free(folder);
}

static const struct {
	const char *words[VERB_WORDS];
	enum ctl_exit exit;
	const char *id;
} calls[] = {
	{{NULL}, CTL_USAGE, "CTL-001"},
	{{"--sender-join", "@good", NULL}, CTL_USAGE, "CTL-001"},
	{{"--receiver-join", "@good", NULL}, CTL_USAGE, "CTL-001"},
	{{"--sender-join", "@good", "--receiver-join", "@good", "word", NULL},
	 CTL_USAGE,
	 "CTL-001"},
	{{"--sender-join", "@good", "--receiver-join", "/nonexistent", NULL},
	 CTL_IO,
	 "TEST-008"},
	{{"--sender-join", "@bad", "--receiver-join", "@good", NULL},
	 CTL_INVALID,
	 "TEST-008"},
	{{"--sender-join", "@good", "--receiver-join", "@good", "--bytes", "0",
	  NULL},
	 CTL_USAGE,
	 "CTL-001"},
	{{"--sender-join", "@good", "--receiver-join", "@good", "--bytes",
	  "67108865", NULL},
	 CTL_USAGE,
	 "CTL-001"},
	/* nothing was imported */
	{{"--sender-join", "@good", "--receiver-join", "@good", NULL},
	 CTL_IO,
	 "CTL-009"},
};

START_TEST(test_dataconf_refuses)
{
	const char *id;

	ck_assert_int_eq(
		verb_call(ctl_test_dataconf, folder, calls[_i].words, &id),
		calls[_i].exit);
	ck_assert_str_eq(id, calls[_i].id);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("edgectl/test_dataconf");
	TCase *t = tcase_create("calls");

	tcase_set_timeout(t, 20);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, test_dataconf_refuses, 0,
			    sizeof(calls) / sizeof(*calls));
	suite_add_tcase(s, t);
	return s;
}
