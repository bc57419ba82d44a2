/* What is read of a certificate and its key. */
#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "edgectl/cert_file.h"
#include "edgectl/file_put.h"
#include "tests/support/certs.h"
#include "tests/support/suite.h"

static struct certs *certs;
static struct ctl_cert *x;
static char why[256];

static void setup(void)
{
	certs = certs_new();
	x = calloc(1, sizeof(*x));
	ck_assert_ptr_nonnull(x);
	certs_make(certs, "ca", &(struct cert_spec){.is_ca = true});
	why[0] = '\0';
}

static void teardown(void)
{
	certs_free(certs);
	free(x);
}

static enum edge_err read_one(const char *chain, const char *key)
{
	const struct ctl_cert_files files = {
		.chain = certs_path(certs, chain),
		.key = certs_path(certs, key),
		.roots = certs_path(certs, "ca.pem"),
	};

	return ctl_cert_read(x, &files, time(NULL), why, sizeof(why));
}

START_TEST(cert_read_gives_names_usage_key_and_chain)
{
	certs_make(certs, "edge",
		   &(struct cert_spec){.issuer = "ca",
				       .san = "DNS:sip.contoso.com,"
					      "DNS:*.x.com,IP:192.0.2.1",
				       .eku = CERT_EKU_SERVER});
	ck_assert_msg(!read_one("edge.pem", "edge.key"), "%s", why);
	ck_assert_uint_eq(x->names.count, 2);
	ck_assert_str_eq(x->names.v[0], "sip.contoso.com");
	ck_assert(x->has_wildcard);
	ck_assert(x->has_eku && x->server_auth && !x->client_auth);
	ck_assert(x->has_key && x->key_matches);
	ck_assert_str_eq(x->chain_fault, "");
	ck_assert_uint_eq(strlen(x->spki_sha256), 64);
	ck_assert_int_eq(strncmp(x->key_type, "EC ", 3), 0);
	ck_assert_int_ge(x->days_left, 28);
	ck_assert_int_le(x->days_left, 30);
	ck_assert(x->is_begun);
}
END_TEST

START_TEST(cert_read_sees_a_foreign_key)
{
	certs_make(certs, "a", &(struct cert_spec){.issuer = "ca"});
	certs_make(certs, "b", &(struct cert_spec){.issuer = "ca"});
	ck_assert(!read_one("a.pem", "b.key"));
	ck_assert(x->has_key && !x->key_matches);
	ck_assert(!x->has_eku);
	ck_assert_uint_eq(x->names.count, 0);
}
END_TEST

START_TEST(cert_read_sees_an_unknown_issuer)
{
	certs_make(certs, "self", &(struct cert_spec){0});
	ck_assert(!read_one("self.pem", "self.key"));
	ck_assert_uint_gt(strlen(x->chain_fault), 0);
}
END_TEST

START_TEST(cert_read_counts_days_past_and_to_come)
{
	certs_make(certs, "old",
		   &(struct cert_spec){
			   .issuer = "ca", .from_days = -20, .to_days = -10});
	ck_assert(!read_one("old.pem", "old.key"));
	ck_assert_int_lt(x->days_left, 0);
	ck_assert(x->is_begun);
	ck_assert_str_eq(x->chain_fault, ""); /* said by days_left alone */
	certs_make(certs, "new",
		   &(struct cert_spec){
			   .issuer = "ca", .from_days = 5, .to_days = 10});
	ck_assert(!read_one("new.pem", "new.key"));
	ck_assert(!x->is_begun);
}
END_TEST

START_TEST(cert_read_names_the_file_that_is_not_there)
{
	certs_make(certs, "a", &(struct cert_spec){.issuer = "ca"});
	ck_assert_int_eq(read_one("none.pem", "a.key"), EDGE_ENOTFOUND);
	ck_assert_ptr_nonnull(strstr(why, "none.pem"));
	ck_assert_int_eq(read_one("a.key", "a.key"), EDGE_EFORMAT);
	ck_assert(!read_one("a.pem", "none.key"));
	ck_assert(!x->has_key);
	ck_assert_ptr_nonnull(strstr(why, "none.key"));
}
END_TEST

START_TEST(cert_read_goes_by_bytes_that_were_read_before)
{
	struct ctl_cert_pair p = {0};
	const struct ctl_cert_files files = {.chain = "/nowhere/chain",
					     .key = "/nowhere/key",
					     .pair = &p,
					     .roots_pem = edge_slice_str("-")};

	certs_make(certs, "edge", &(struct cert_spec){.issuer = "ca"});
	ck_assert(!ctl_file_read(&p.chain, &p.chain_len,
				 certs_path(certs, "edge.pem"), 10000));
	ck_assert(!ctl_file_read(&p.key, &p.key_len,
				 certs_path(certs, "edge.key"), 10000));
	ck_assert_int_eq(ctl_cert_read(x, &files, time(NULL), why, sizeof(why)),
			 EDGE_OK);
	ck_assert(x->has_key && x->key_matches);
	ck_assert_str_eq(x->chain_fault, "the trust store cannot be read");
	p.chain_len = 10;
	ck_assert_int_eq(ctl_cert_read(x, &files, time(NULL), why, sizeof(why)),
			 EDGE_EFORMAT);
	ck_assert_str_eq(why, "/nowhere/chain: no PEM certificate in it");
	free(p.chain);
	free(p.key);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("edgectl/cert_file");
	TCase *t = tcase_create("read");

	tcase_set_timeout(t, 30);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, cert_read_gives_names_usage_key_and_chain);
	tcase_add_test(t, cert_read_sees_a_foreign_key);
	tcase_add_test(t, cert_read_sees_an_unknown_issuer);
	tcase_add_test(t, cert_read_counts_days_past_and_to_come);
	tcase_add_test(t, cert_read_goes_by_bytes_that_were_read_before);
	tcase_add_test(t, cert_read_names_the_file_that_is_not_there);
	suite_add_tcase(s, t);
	return s;
}
