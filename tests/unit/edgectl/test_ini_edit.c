/* edge.ini edited: what was asked for, and no other byte. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "edgectl/ini_edit.h"
#include "tests/support/suite.h"

static char *got;
static size_t len;

static void teardown(void)
{
	free(got);
	got = NULL;
}

static enum edge_err edit(const char *text, const char *section,
			  const char *name, const char *value)
{
	const struct ctl_ini_set s = {section, name, value};

	free(got);
	got = NULL;
	return ctl_ini_edit(&got, &len, edge_slice_str(text), &s, 1);
}

/* clang-format off */
static const struct row {
	const char *before, *section, *name, *value, *after;
} rows[] = {
	{"", "local", "fqdn", "a.b", "[local]\nfqdn = a.b\n"},
	{"[local]\n", "local", "fqdn", "a.b", "[local]\nfqdn = a.b\n"},
	{"[local]", "local", "fqdn", "a.b", "[local]\nfqdn = a.b\n"},
	/* where it stands, remark and comments kept */
	{"# top\n[local]\n  fqdn =  x ; ours\nlab = yes\n", "local", "fqdn", "a.b",
	 "# top\n[local]\n  fqdn =  a.b ; ours\nlab = yes\n"},
	{"[local]\nfqdn: x\n", "local", "fqdn", "a.b", "[local]\nfqdn: a.b\n"},
	{"[local]\nfqdn =\n", "local", "fqdn", "a.b", "[local]\nfqdn =a.b\n"},
	{"[local]\nfqdn = x", "local", "fqdn", "a.b", "[local]\nfqdn = a.b"},
	/* the same value: the same bytes */
	{"[local]\nfqdn  =a.b ;x\n\n", "local", "fqdn", "a.b", "[local]\nfqdn  =a.b ;x\n\n"},
	/* a new name goes below the last one of its section */
	{"[local]\nlab = no\n\n# trust\n[trust]\npublic = /p\n", "local", "fqdn", "a.b",
	 "[local]\nlab = no\nfqdn = a.b\n\n# trust\n[trust]\npublic = /p\n"},
	{"[local]\n\n# not yet\n[trust]\n", "local", "fqdn", "a.b",
	 "[local]\nfqdn = a.b\n\n# not yet\n[trust]\n"},
	/* the same name elsewhere, in a comment, in a longer word */
	{"[certificate.webconf]\nkey = /w\n", "certificate.access", "key", "/a",
	 "[certificate.webconf]\nkey = /w\n\n[certificate.access]\nkey = /a\n"},
	{"[local]\n#fqdn = x\nfqdns = y\n", "local", "fqdn", "a.b",
	 "[local]\n#fqdn = x\nfqdns = y\nfqdn = a.b\n"},
	{"# [local]\n", "local", "lab", "yes", "# [local]\n\n[local]\nlab = yes\n"},
	/* a section in two pieces */
	{"[local]\nlab = no\n[tls]\n[local]\nfqdn = x\n", "local", "fqdn", "a.b",
	 "[local]\nlab = no\n[tls]\n[local]\nfqdn = a.b\n"},
	/* line ends and a byte order mark */
	{"[local]\r\nlab = no\r\n", "local", "fqdn", "a.b", "[local]\r\nlab = no\r\nfqdn = a.b\r\n"},
	{"[local]\r\nfqdn = x\r\n", "local", "fqdn", "a.b", "[local]\r\nfqdn = a.b\r\n"},
	{"\xef\xbb\xbf[local]\nfqdn = x\n", "local", "fqdn", "a.b", "\xef\xbb\xbf[local]\nfqdn = a.b\n"},
	/* a ';' inside a value is no remark */
	{"[options]\na.b = x;y\n", "options", "a.b", "z", "[options]\na.b = z\n"},
	/* taken out */
	{"[local]\nfqdn = x ; ours\nlab = no\n", "local", "fqdn", NULL, "[local]\nlab = no\n"},
	{"[local]\nlab = no\n", "local", "fqdn", NULL, "[local]\nlab = no\n"},
};
/* clang-format on */

START_TEST(ini_edit_changes_what_was_asked_for_alone)
{
	const struct row *r = &rows[_i];

	ck_assert_int_eq(edit(r->before, r->section, r->name, r->value),
			 EDGE_OK);
	ck_assert_str_eq(got, r->after);
	ck_assert_uint_eq(len, strlen(r->after));
	/* once more changes nothing more */
	if (r->value) {
		char *before = strdup(got);

		ck_assert_int_eq(edit(before, r->section, r->name, r->value),
				 EDGE_OK);
		ck_assert_str_eq(got, before);
		free(before);
	}
}
END_TEST

START_TEST(ini_edit_takes_several_at_once)
{
	static const struct ctl_ini_set sets[] = {
		{"certificate.access", "chain", "/c/access-chain.pem"},
		{"certificate.access", "key", "/c/access.key"},
		{"local", "lab", NULL},
	};

	ck_assert_int_eq(ctl_ini_edit(&got, &len,
				      edge_slice_str("[local]\nlab = yes\n"),
				      sets, 3),
			 EDGE_OK);
	ck_assert_str_eq(got, "[local]\n\n[certificate.access]\n"
			      "chain = /c/access-chain.pem\n"
			      "key = /c/access.key\n");
}
END_TEST

static const char *const unwritable[] = {"",	" a",	"a ",  "a\nb",
					 "a\r", "a ;b", ";ab", "a\t;"};

START_TEST(ini_edit_refuses_what_would_be_read_otherwise)
{
	ck_assert_int_eq(edit("[local]\n", "local", "state", unwritable[_i]),
			 EDGE_EFORMAT);
	ck_assert_ptr_null(got);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("edgectl/ini_edit");
	TCase *t = tcase_create("edit");

	tcase_set_timeout(t, 10);
	tcase_add_checked_fixture(t, NULL, teardown);
	tcase_add_loop_test(t, ini_edit_changes_what_was_asked_for_alone, 0,
			    sizeof(rows) / sizeof(*rows));
	tcase_add_test(t, ini_edit_takes_several_at_once);
	tcase_add_loop_test(t, ini_edit_refuses_what_would_be_read_otherwise, 0,
			    sizeof(unwritable) / sizeof(*unwritable));
	suite_add_tcase(s, t);
	return s;
}
