/* One thing wrong with a certificate, one verdict. */
#include "edgectl/cert_judge.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/suite.h"

static struct ctl_cert *x;
static struct ctl_cert_names *wanted;
static struct ctl_cert_case c;

static void setup(void)
{
	x = calloc(1, sizeof(*x));
	wanted = calloc(1, sizeof(*wanted));
	ck_assert(x && wanted);
	strcpy(x->key_type, "EC P-256");
	strcpy(x->spki_sha256, "ab");
	x->has_key = x->key_matches = x->is_begun = true;
	x->has_eku = x->server_auth = x->client_auth = true;
	x->days_left = 90;
	x->names.count = wanted->count = 1;
	strcpy(x->names.v[0], "SIP.contoso.com");
	strcpy(wanted->v[0], "sip.contoso.com");
	c = (struct ctl_cert_case){.use = EDGE_CERT_ACCESS,
				   .is_current = true,
				   .cert = x,
				   .wanted = wanted,
				   .key_file = "/k",
				   .why = "locked"};
}

static void teardown(void)
{
	free(x);
	free(wanted);
}

/* "E:CERT-001 W:..." */
static const char *said(void)
{
	static char text[300];
	struct ctl_verdicts *v = calloc(1, sizeof(*v));
	size_t len = 0;

	ck_assert_ptr_nonnull(v);
	ctl_cert_judge(v, &c);
	text[0] = '\0';
	for (size_t i = 0; i < v->count; i++) {
		len += (size_t)snprintf(text + len, sizeof(text) - len,
					"%s%c:%s", i ? " " : "",
					"IWE"[v->v[i].level], v -> v[i].id);
		ck_assert_uint_gt(strlen(v->v[i].text), 0);
	}
	free(v);
	return text;
}

START_TEST(judge_says_nothing_of_a_good_one)
{
	ck_assert_str_eq(said(), "");
	x->has_eku = x->server_auth = x->client_auth = false;
	ck_assert_str_eq(said(), "");
}
END_TEST

START_TEST(judge_looks_at_the_key)
{
	x->key_matches = false;
	ck_assert_str_eq(said(), "E:CERT-002");
	x->has_key = false;
	ck_assert_str_eq(said(), "E:CERT-001");
}
END_TEST

START_TEST(judge_looks_at_a_key_that_makes_tokens)
{
	c.use = EDGE_CERT_AV_AUTH;
	c.spki = "AB";
	ck_assert_str_eq(said(), "");
	c.spki = "ac";
	ck_assert_str_eq(said(), "E:CERT-004");
	c.is_current = false;
	ck_assert_str_eq(said(), "");
	strcpy(x->key_type, "ED25519");
	ck_assert_str_eq(said(), "E:CERT-001");
}
END_TEST

START_TEST(judge_looks_at_names)
{
	strcpy(x->names.v[0], "*.contoso.com");
	x->has_wildcard = true;
	ck_assert_str_eq(said(), "E:CERT-003 W:CERT-006");
	c.use = EDGE_CERT_INTERNAL;
	x->names.count = 0;
	ck_assert_str_eq(said(), "E:CERT-010");
}
END_TEST

START_TEST(judge_looks_at_usage)
{
	x->client_auth = false;
	ck_assert_str_eq(said(), "");
	c.dials_partners = true;
	ck_assert_str_eq(said(), "W:CERT-005");
	c.use = EDGE_CERT_INTERNAL;
	ck_assert_str_eq(said(), "I:CERT-005");
	x->server_auth = false;
	ck_assert_str_eq(said(), "E:CERT-005");
}
END_TEST

START_TEST(judge_looks_at_the_chain)
{
	strcpy(x->chain_fault, "self-signed");
	ck_assert_str_eq(said(), "W:CERT-011");
	c.use = EDGE_CERT_INTERNAL;
	ck_assert_str_eq(said(), "E:CERT-011");
}
END_TEST

START_TEST(judge_looks_at_time)
{
	x->days_left = 29;
	ck_assert_str_eq(said(), "W:CERT-009");
	x->days_left = -1;
	ck_assert_str_eq(said(), "E:CERT-009");
	c.is_previous = true;
	ck_assert_str_eq(said(), "");
	c.is_previous = x->is_begun = false;
	ck_assert_str_eq(said(), "E:CERT-009");
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("edgectl/cert_judge");
	TCase *t = tcase_create("judge");

	tcase_set_timeout(t, 10);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, judge_says_nothing_of_a_good_one);
	tcase_add_test(t, judge_looks_at_the_key);
	tcase_add_test(t, judge_looks_at_a_key_that_makes_tokens);
	tcase_add_test(t, judge_looks_at_names);
	tcase_add_test(t, judge_looks_at_usage);
	tcase_add_test(t, judge_looks_at_the_chain);
	tcase_add_test(t, judge_looks_at_time);
	suite_add_tcase(s, t);
	return s;
}
