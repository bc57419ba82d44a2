/* edgectl/test_dataconf.c: calls that are refused before anything is sent; the
 * rest is in test_dataconf_seat.c. */
#include <check.h>
#include <jansson.h>
#include <string.h>

#include "edgectl/ctl.h"
#include "tests/support/certs.h"
#include "tests/support/suite.h"

enum { WORDS = 8 };

static struct certs *folder;

static void setup(void)
{
	folder = certs_new();
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
	certs_write(folder, "edge.ini",
		    "[local]\nfqdn = edge01.corp.contoso.com\n"
		    "state = /nonexistent\n");
}

static void teardown(void)
{
	certs_free(folder);
}

/* GOOD, BAD and NONE stand for files. */
static enum ctl_exit call(const char *const *words, const char **id)
{
	static char copy[WORDS][128], found[32];
	char *argv[WORDS];
	struct ctl c;
	enum ctl_exit exit;
	int n = 0;

	for (; words[n]; n++) {
		const char *word = words[n];

		if (!strcmp(word, "GOOD"))
			word = certs_path(folder, "good");
		else if (!strcmp(word, "BAD"))
			word = certs_path(folder, "bad");
		snprintf(copy[n], sizeof(copy[n]), "%s", word);
		argv[n] = copy[n];
	}
	ck_assert(!ctl_init(&c));
	c.json = true; /* nothing on the terminal */
	c.config_path = certs_path(folder, "edge.ini");
	exit = ctl_test_dataconf(&c, n, argv);
	snprintf(found, sizeof(found), "%s",
		 json_string_value(
			 json_object_get(json_array_get(c.findings, 0), "id")));
	*id = found;
	ctl_fini(&c);
	return exit;
}

static const struct {
	const char *words[WORDS];
	enum ctl_exit exit;
	const char *id;
} calls[] = {
	{{NULL}, CTL_USAGE, "CTL-001"},
	{{"--sender-join", "GOOD", NULL}, CTL_USAGE, "CTL-001"},
	{{"--receiver-join", "GOOD", NULL}, CTL_USAGE, "CTL-001"},
	{{"--sender-join", "GOOD", "--receiver-join", "GOOD", "word", NULL},
	 CTL_USAGE,
	 "CTL-001"},
	{{"--sender-join", "GOOD", "--receiver-join", "/nonexistent", NULL},
	 CTL_IO,
	 "TEST-008"},
	{{"--sender-join", "BAD", "--receiver-join", "GOOD", NULL},
	 CTL_INVALID,
	 "TEST-008"},
	{{"--sender-join", "GOOD", "--receiver-join", "GOOD", "--bytes", "0",
	  NULL},
	 CTL_USAGE,
	 "CTL-001"},
	{{"--sender-join", "GOOD", "--receiver-join", "GOOD", "--bytes",
	  "67108865", NULL},
	 CTL_USAGE,
	 "CTL-001"},
	/* nothing was imported */
	{{"--sender-join", "GOOD", "--receiver-join", "GOOD", NULL},
	 CTL_IO,
	 "CTL-009"},
};

START_TEST(test_dataconf_refuses)
{
	const char *id;

	ck_assert_int_eq(call(calls[_i].words, &id), calls[_i].exit);
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
