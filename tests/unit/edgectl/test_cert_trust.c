/* Bundles and revocation lists on disk. */
#include "edgectl/cert_trust.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tests/support/certs.h"
#include "tests/support/suite.h"

static struct certs *certs;
static char why[256];

static void setup(void)
{
	certs = certs_new();
	certs_make_usual(certs);
	why[0] = '\0';
}

static void teardown(void)
{
	certs_free(certs);
}

START_TEST(count_counts_certificates)
{
	size_t n = 0;

	ck_assert_int_eq(ctl_cert_count(&n, certs_path(certs, "ca.pem"), why,
					sizeof(why)),
			 EDGE_OK);
	ck_assert_uint_eq(n, 1);
}
END_TEST

START_TEST(count_says_what_is_wrong_with_a_file)
{
	size_t n;

	ck_assert_int_eq(
		ctl_cert_count(&n, certs_path(certs, "none"), why, sizeof(why)),
		EDGE_ENOTFOUND);
	ck_assert_ptr_nonnull(strstr(why, "No such file"));
	certs_write(certs, "empty.pem", "nothing\n");
	ck_assert_int_eq(ctl_cert_count(&n, certs_path(certs, "empty.pem"), why,
					sizeof(why)),
			 EDGE_EFORMAT);
	ck_assert_ptr_nonnull(strstr(why, "no PEM certificate"));
}
END_TEST

static enum edge_err ends(int64_t *out, const char *file)
{
	return ctl_cert_crl_ends(out, certs_path(certs, file), why,
				 sizeof(why));
}

START_TEST(list_ends_when_it_says)
{
	int64_t at = 0;

	certs_revoke(certs, "ca", "a.crl", NULL, 5, _i);
	ck_assert_int_eq(ends(&at, "a.crl"), EDGE_OK);
	ck_assert_int_ge(at, time(NULL) + 5 * 86400 - 60);
	ck_assert_int_le(at, time(NULL) + 5 * 86400 + 60);
}
END_TEST

START_TEST(list_without_an_end_is_none)
{
	int64_t at;

	certs_list(certs, "b.crl",
		   &(struct list_spec){.ca = "ca", .has_no_next = true});
	ck_assert_int_eq(ends(&at, "b.crl"), EDGE_EFORMAT);
	ck_assert_int_eq(ends(&at, "ca.pem"), EDGE_EFORMAT);
	ck_assert_int_eq(ends(&at, "none"), EDGE_ENOTFOUND);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("edgectl/cert_trust");
	TCase *t = tcase_create("trust");

	tcase_set_timeout(t, 20);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, count_counts_certificates);
	tcase_add_test(t, count_says_what_is_wrong_with_a_file);
	tcase_add_loop_test(t, list_ends_when_it_says, 0, 2);
	tcase_add_test(t, list_without_an_end_is_none);
	suite_add_tcase(s, t);
	return s;
}
