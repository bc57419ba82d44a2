/* edgectl/digest_auth.c: published answers, challenges of every sort. */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "edgectl/digest_auth.h"
#include "tests/support/suite.h"

/* RFC 2617 §3.5 */
static const struct ctl_digest mufasa = {
	.user = "Mufasa",
	.password = "Circle Of Life",
	.method = "GET",
	.uri = "/dir/index.html",
	.cnonce = "0a4f113b",
};
static const char with_qop[] =
	"Digest realm=\"testrealm@host.com\", qop=\"auth,auth-int\", "
	"nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\", "
	"opaque=\"5ccc069c403ebaf9f0171e9517f40e41\"";

static enum edge_err answer(char out[1024], const struct ctl_digest *d,
			    const char *challenge)
{
	return ctl_digest_answer(out, 1024, d, edge_slice_str(challenge));
}

START_TEST(answer_with_qop_is_the_published_one)
{
	char out[1024];

	ck_assert(!answer(out, &mufasa, with_qop));
	ck_assert_ptr_nonnull(
		strstr(out, "response=\"6629fae49393a05397450978507c4ef1\""));
	ck_assert_ptr_nonnull(strstr(out, "username=\"Mufasa\""));
	ck_assert_ptr_nonnull(strstr(out, "qop=auth, nc=00000001, "
					  "cnonce=\"0a4f113b\""));
	ck_assert_ptr_nonnull(
		strstr(out, "opaque=\"5ccc069c403ebaf9f0171e9517f40e41\""));
	ck_assert_ptr_null(strstr(out, "Circle"));
}
END_TEST

START_TEST(answer_without_qop_is_that_of_rfc_2069)
{
	/* RFC 2069 §2.4, with the response of its erratum 749 */
	const struct ctl_digest d = {
		.user = "Mufasa",
		.password = "CircleOfLife",
		.method = "GET",
		.uri = "/dir/index.html",
		.cnonce = "unused",
	};
	char out[1024];

	ck_assert(!answer(out, &d,
			  "Digest realm=\"testrealm@host.com\", "
			  "nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\", "
			  "algorithm=MD5"));
	ck_assert_ptr_nonnull(
		strstr(out, "response=\"1949323746fe6a43ef61f9606e7febea\""));
	ck_assert_ptr_null(strstr(out, "cnonce"));
	ck_assert_ptr_null(strstr(out, "opaque"));
}
END_TEST

static const struct {
	const char *challenge;
	enum edge_err err;
} others[] = {
	{"NTLM realm=\"a\", targetname=\"b\"", EDGE_ENOTFOUND},
	{"Kerberos realm=\"a\"", EDGE_ENOTFOUND},
	{"", EDGE_ENOTFOUND},
	{"Digest", EDGE_ENOTFOUND},
	{"Digest realm=\"a\"", EDGE_EFORMAT},
	{"Digest nonce=\"a\"", EDGE_EFORMAT},
	{"Digest realm=\"a\", nonce=\"b", EDGE_EFORMAT},
	{"Digest realm=\"a\", nonce=\"b\", algorithm=SHA-256", EDGE_EDENIED},
	{"Digest realm=\"a\", nonce=\"b\", algorithm=MD5-sess", EDGE_EDENIED},
	{"digest REALM=\"a\",Nonce=\"b\" , algorithm=md5", EDGE_OK},
	{"Digest  realm=\"a\",\r\n nonce=b", EDGE_OK},
	{"Digest realm=\"a, nonce=x\", nonce=\"b=c\", stale=true", EDGE_OK},
};

START_TEST(challenges_are_taken_or_named)
{
	char out[1024];

	ck_assert_int_eq(answer(out, &mufasa, others[_i].challenge),
			 others[_i].err);
}
END_TEST

START_TEST(qop_without_auth_counts_as_none)
{
	char out[1024];

	ck_assert(!answer(out, &mufasa,
			  "Digest realm=\"a\", nonce=\"b\", qop=\"auth-int\""));
	ck_assert_ptr_null(strstr(out, "qop="));
}
END_TEST

START_TEST(what_does_not_fit_is_refused)
{
	char out[1024], challenge[2000];
	int n = snprintf(challenge, sizeof(challenge),
			 "Digest realm=\"a\", nonce=\"%0900d\"", 1);

	ck_assert_int_gt(n, 900);
	ck_assert_int_eq(answer(out, &mufasa, challenge), EDGE_ELIMIT);
	ck_assert_int_eq(
		ctl_digest_answer(out, 64, &mufasa, edge_slice_str(with_qop)),
		EDGE_ELIMIT);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("edgectl/digest_auth");
	TCase *t = tcase_create("digest");

	tcase_set_timeout(t, 20);
	tcase_add_test(t, answer_with_qop_is_the_published_one);
	tcase_add_test(t, answer_without_qop_is_that_of_rfc_2069);
	tcase_add_loop_test(t, challenges_are_taken_or_named, 0,
			    sizeof(others) / sizeof(*others));
	tcase_add_test(t, qop_without_auth_counts_as_none);
	tcase_add_test(t, what_does_not_fit_is_refused);
	suite_add_tcase(s, t);
	return s;
}
