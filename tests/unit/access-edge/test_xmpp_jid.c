/* access-edge/xmpp_jid.c: parts of an identifier. */
#include "access-edge/xmpp_jid.h"

#include <string.h>

#include "tests/support/suite.h"

static const struct {
	const char *text, *local, *domain, *bare; /* local NULL: refused */
} rows[] = {
	{"contoso.com", "", "contoso.com", "contoso.com"},
	{"a@contoso.com", "a", "contoso.com", "a@contoso.com"},
	{"a@contoso.com/r", "a", "contoso.com", "a@contoso.com"},
	{"contoso.com/a@b/c", "", "contoso.com", "contoso.com"},
	{"a@contoso.com/r@x/y", "a", "contoso.com", "a@contoso.com"},
	{"", NULL, NULL, NULL},
	{"@contoso.com", NULL, NULL, NULL},
	{"a@", NULL, NULL, NULL},
	{"a@contoso.com/", NULL, NULL, NULL},
	{"/r", NULL, NULL, NULL},
	{"a@b@contoso.com", NULL, NULL, NULL},
};

START_TEST(jid_has_its_parts)
{
	struct acc_xmpp_jid j;

	if (!rows[_i].local) {
		ck_assert(
			!acc_xmpp_jid_read(&j, edge_slice_str(rows[_i].text)));
		return;
	}
	ck_assert(acc_xmpp_jid_read(&j, edge_slice_str(rows[_i].text)));
	ck_assert(edge_slice_eq_str(j.local, rows[_i].local));
	ck_assert(edge_slice_eq_str(j.domain, rows[_i].domain));
	ck_assert(edge_slice_eq_str(j.bare, rows[_i].bare));
}
END_TEST

static const struct {
	const char *text, *key; /* NULL: refused */
} domains[] = {
	{"contoso.com", "contoso.com"},
	{"Contoso.COM.", "contoso.com"},
	{"a-b_c.1.example", "a-b_c.1.example"},
	{"", NULL},
	{".", NULL},
	{"a..b", NULL},
	{".a", NULL},
	{"a b", NULL},
	{"a@b", NULL},
	{"*.contoso.com", NULL},
	{"m\xc3\xbc.example", NULL},
	{"[::1]", NULL},
};

START_TEST(jid_domain_is_a_host_name)
{
	char key[ACC_XMPP_DOMAIN_LEN];
	const bool is =
		acc_xmpp_domain_read(key, edge_slice_str(domains[_i].text));

	ck_assert_int_eq(is, domains[_i].key != NULL);
	if (is)
		ck_assert_str_eq(key, domains[_i].key);
}
END_TEST

START_TEST(jid_domain_has_a_length)
{
	char key[ACC_XMPP_DOMAIN_LEN], text[300];

	memset(text, 'a', sizeof(text));
	ck_assert(acc_xmpp_domain_read(key, edge_slice(text, 63)));
	ck_assert(!acc_xmpp_domain_read(key, edge_slice(text, 64)));
	for (size_t i = 50; i < sizeof(text); i += 50)
		text[i] = '.';
	ck_assert(acc_xmpp_domain_read(key, edge_slice(text, 253)));
	ck_assert(!acc_xmpp_domain_read(key, edge_slice(text, 254)));
	ck_assert(!acc_xmpp_domain_read(key, edge_slice("a\0b", 3)));
}
END_TEST

Suite *test_suite(void)
{
	Suite *suite = suite_create("xmpp_jid");
	TCase *t = tcase_create("jid");

	tcase_set_timeout(t, 10);
	tcase_add_loop_test(t, jid_has_its_parts, 0,
			    sizeof(rows) / sizeof(*rows));
	tcase_add_loop_test(t, jid_domain_is_a_host_name, 0,
			    sizeof(domains) / sizeof(*domains));
	tcase_add_test(t, jid_domain_has_a_length);
	suite_add_tcase(suite, t);
	return suite;
}
