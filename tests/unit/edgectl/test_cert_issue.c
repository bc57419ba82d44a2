/* The laboratory's authority: what it issues stands the rules. */
#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "edgectl/cert_file.h"
#include "edgectl/cert_issue.h"
#include "tests/support/certs.h"
#include "tests/support/suite.h"

static struct certs *certs;
static struct ctl_cert *x;
static struct ctl_cert_names *names;
static char ca[256], ca_key[256], chain[256], key[256], why[256];
static struct ctl_cert_authority authority;

static void setup(void)
{
	certs = certs_new();
	x = calloc(1, sizeof(*x));
	names = calloc(1, sizeof(*names));
	ck_assert(x && names);
	strcpy(ca, certs_path(certs, "public-ca.pem"));
	strcpy(ca_key, certs_path(certs, "public-ca.key"));
	strcpy(chain, certs_path(certs, "leaf.pem"));
	strcpy(key, certs_path(certs, "leaf.key"));
	authority = (struct ctl_cert_authority){ca, ca_key, "lab"};
}

static void teardown(void)
{
	certs_free(certs);
	free(x);
	free(names);
}

static enum edge_err issue(void)
{
	const struct ctl_cert_leaf leaf = {names, chain, key, time(NULL)};

	return ctl_cert_leaf_make(&authority, &leaf);
}

static void want(const char *name)
{
	strcpy(names->v[names->count++], name);
}

START_TEST(issue_gives_exactly_the_names)
{
	const struct ctl_cert_files files = {
		.chain = chain, .key = key, .roots = ca};

	want("sip.contoso.com");
	want("sip.fabrikam.com");
	ck_assert_int_eq(ctl_cert_authority_make(&authority, time(NULL)),
			 EDGE_OK);
	ck_assert_int_eq(issue(), EDGE_OK);
	ck_assert_msg(!ctl_cert_read(x, &files, time(NULL), why, sizeof(why)),
		      "%s", why);
	ck_assert_uint_eq(x->names.count, 2);
	ck_assert_str_eq(x->names.v[0], "sip.contoso.com");
	ck_assert_str_eq(x->names.v[1], "sip.fabrikam.com");
	ck_assert_str_eq(x->chain_fault, "");
	ck_assert_str_eq(x->subject, "/CN=sip.contoso.com");
	ck_assert(x->has_key && x->key_matches && x->is_begun);
	ck_assert(x->server_auth && x->client_auth && !x->has_wildcard);
	ck_assert_int_ge(x->days_left, 89);
	ck_assert_uint_eq(strlen(x->sha256), 64);
}
END_TEST

START_TEST(issue_takes_a_name_that_no_common_name_can_hold)
{
	const struct ctl_cert_files files = {
		.chain = chain, .key = key, .roots = ca};
	char name[CTL_CERT_NAME] = "";

	for (int i = 0; i < 6; i++)
		strcat(name, "abcdefghijklmnopq.");
	strcat(name, "contoso.com");
	want(name);
	ck_assert_int_eq(ctl_cert_authority_make(&authority, time(NULL)),
			 EDGE_OK);
	ck_assert_int_eq(issue(), EDGE_OK);
	ck_assert_msg(!ctl_cert_read(x, &files, time(NULL), why, sizeof(why)),
		      "%s", why);
	ck_assert_str_eq(x->names.v[0], name);
	ck_assert_str_eq(x->subject, "");
}
END_TEST

START_TEST(issue_wants_an_authority_and_its_own_key)
{
	want("sip.contoso.com");
	ck_assert_int_eq(issue(), EDGE_EFORMAT);
	ck_assert_int_eq(ctl_cert_authority_make(&authority, time(NULL)),
			 EDGE_OK);
	ck_assert_int_eq(ctl_cert_authority_make(&authority, time(NULL)),
			 EDGE_EDUP);
	certs_make(certs, "other", &(struct cert_spec){0});
	strcpy(ca_key, certs_path(certs, "other.key"));
	ck_assert_int_eq(issue(), EDGE_EFORMAT);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("edgectl/cert_issue");
	TCase *t = tcase_create("issue");

	tcase_set_timeout(t, 20);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, issue_gives_exactly_the_names);
	tcase_add_test(t, issue_takes_a_name_that_no_common_name_can_hold);
	tcase_add_test(t, issue_wants_an_authority_and_its_own_key);
	suite_add_tcase(s, t);
	return s;
}
