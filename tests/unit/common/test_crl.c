/* common/crl.c: lists and certificates made as needed. */
#include "common/crl.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <openssl/pem.h>

#include "common/peer.h"
#include "tests/support/certs.h"
#include "tests/support/handshake.h"
#include "tests/support/suite.h"

#define URL "http://crl.example.com/ca.crl"

enum { HOUR_S = 3600, DAY_S = 24 * HOUR_S, LIST_MAX = 16 << 20 };

static const uint8_t key[EDGE_CRL_KEY_LEN] = "as random as any";
static struct certs *certs;
static STACK_OF(X509) * chain;
static uint8_t *body;
static size_t body_len;
static struct edge_crl *crl;

static void setup(void)
{
	certs = certs_new();
	certs_make(certs, "ca",
		   &(struct cert_spec){.is_ca = true, .cn = "Test CA"});
	certs_make(certs, "sub",
		   &(struct cert_spec){
			   .issuer = "ca", .is_ca = true, .cdp = "URI:" URL});
	certs_make(certs, "other",
		   &(struct cert_spec){.is_ca = true, .cn = "Test CA"});
	chain = sk_X509_new_null();
	body = malloc(LIST_MAX);
	crl = NULL;
}

static void teardown(void)
{
	edge_crl_free(crl);
	sk_X509_pop_free(chain, X509_free);
	free(body);
	certs_free(certs);
}

static void chain_push(const char *file)
{
	FILE *f = fopen(certs_path(certs, file), "r");

	ck_assert_ptr_nonnull(f);
	ck_assert_int_gt(
		sk_X509_push(chain, PEM_read_X509(f, NULL, NULL, NULL)), 0);
	fclose(f);
}

/* A leaf "peer" below sub. */
static void peer_make(const char *cdp, const char *conf)
{
	certs_make(certs, "peer",
		   &(struct cert_spec){.issuer = "sub",
				       .san = "DNS:a.b",
				       .cdp = cdp,
				       .conf = conf});
	chain_push("peer.pem");
	chain_push("sub.pem");
	chain_push("ca.pem");
}

static void body_make(const struct list_spec *s)
{
	FILE *f;

	certs_list(certs, "list", s);
	f = fopen(certs_path(certs, "list"), "r");
	ck_assert_ptr_nonnull(f);
	body_len = fread(body, 1, LIST_MAX, f);
	ck_assert_uint_lt(body_len, LIST_MAX);
	fclose(f);
}

static enum edge_err decode_as(const char *url, size_t issuer_at)
{
	const struct edge_crl_judge j = {
		.url = url,
		.issuer = sk_X509_value(chain, (int)issuer_at),
		.key = key,
		.now_s = time(NULL)};

	edge_crl_free(crl);
	crl = NULL;
	return edge_crl_decode(&crl, edge_slice(body, body_len), &j);
}

static struct edge_crl_want want_of(size_t i)
{
	struct edge_crl_want w;

	ck_assert_int_eq(edge_crl_want(&w, chain, i, key), EDGE_OK);
	return w;
}

START_TEST(crl_want_is_what_a_certificate_says)
{
	struct edge_crl_want leaf, sub;

	peer_make("URI:http://a.com/1.crl,URI:http://b.com/2.crl", NULL);
	ck_assert_uint_eq(edge_crl_chain_count(chain), 2);
	leaf = want_of(0);
	sub = want_of(1);
	ck_assert_uint_eq(leaf.url_count, 2);
	ck_assert_str_eq(leaf.url[0], "http://a.com/1.crl");
	ck_assert_str_eq(leaf.url[1], "http://b.com/2.crl");
	ck_assert(!leaf.is_ca && sub.is_ca);
	ck_assert_ptr_eq(leaf.issuer, sk_X509_value(chain, 1));
	ck_assert_str_eq(sub.url[0], URL);
	ck_assert_uint_ne(leaf.serial, sub.serial);
	ck_assert_mem_ne(leaf.issuer_id, sub.issuer_id, EDGE_CRL_ID_LEN);
}
END_TEST

/* Many places; the part of a place by reason; an indirect one. */
static const struct {
	const char *cdp, *conf;
	const char *url; /* NULL: none */
} places[] = {
	{NULL, NULL, NULL},
	{"URI:https://a.com/x", NULL, NULL},
	{"URI:ldap://a.com/x,URI:HTTP://a.com/x", NULL, "HTTP://a.com/x"},
	{"URI:http://", NULL, NULL},
	{"point", "[point]\nfullname=URI:http://a.com/x\nreasons=keyCompromise",
	 NULL},
	{"point",
	 "[point]\nfullname=URI:http://a.com/x\nCRLissuer=dirName:who\n"
	 "[who]\nCN=other",
	 NULL},
	{"point", "[point]\nrelativename=who\n[who]\nCN=other", NULL},
	{"DNS:a.com,URI:http://a.com/y", NULL, "http://a.com/y"},
};

START_TEST(crl_want_passes_over_what_cannot_be_fetched)
{
	struct edge_crl_want w;

	peer_make(places[_i].cdp, places[_i].conf);
	w = want_of(0);
	ck_assert_uint_eq(w.url_count, places[_i].url != NULL);
	if (places[_i].url)
		ck_assert_str_eq(w.url[0], places[_i].url);
}
END_TEST

START_TEST(crl_want_takes_no_long_and_no_third_url)
{
	char cdp[2048] = "URI:http://a.com/";
	struct edge_crl_want w;

	memset(cdp + strlen(cdp), 'x', EDGE_CRL_URL_LEN);
	strcat(cdp,
	       ",URI:http://b.com/1,URI:http://b.com/2,URI:http://b.com/3");
	peer_make(cdp, NULL);
	w = want_of(0);
	ck_assert_uint_eq(w.url_count, 2);
	ck_assert_str_eq(w.url[1], "http://b.com/2");
}
END_TEST

START_TEST(crl_want_ends_before_the_anchor)
{
	struct edge_crl_want w;

	ck_assert_uint_eq(edge_crl_chain_count(NULL), 0);
	ck_assert_uint_eq(edge_crl_chain_count(chain), 0);
	chain_push("ca.pem");
	ck_assert_uint_eq(edge_crl_chain_count(chain), 0);
	ck_assert_int_eq(edge_crl_want(&w, chain, 0, key), EDGE_EFORMAT);
}
END_TEST

/* The same authority with two certificates; another of the same name. */
START_TEST(crl_issuer_is_a_name_and_a_key)
{
	struct edge_crl_want w[2];

	chain_push("sub.pem");
	chain_push("ca.pem");
	chain_push("other.pem");
	w[0] = want_of(0);
	w[1] = want_of(1);
	ck_assert_mem_ne(w[0].issuer_id, w[1].issuer_id, EDGE_CRL_ID_LEN);
	X509_free(sk_X509_delete(chain, 2));
	chain_push("ca.pem");
	w[1] = want_of(1);
	ck_assert_mem_eq(w[0].issuer_id, w[1].issuer_id, EDGE_CRL_ID_LEN);
}
END_TEST

START_TEST(crl_decode_takes_der_and_pem)
{
	peer_make(NULL, NULL);
	body_make(&(struct list_spec){.ca = "sub",
				      .revoked = "peer",
				      .fillers = 1000,
				      .this_s = -HOUR_S,
				      .next_s = HOUR_S,
				      .as_der = _i});
	ck_assert_int_eq(decode_as(URL, 1), EDGE_OK);
	ck_assert_uint_eq(crl->count, 1001);
	ck_assert(edge_crl_has(crl, want_of(0).serial));
	ck_assert(!edge_crl_has(crl, want_of(1).serial));
	ck_assert_int_eq(crl->next_s - crl->this_s, 2 * HOUR_S);
	for (size_t i = 1; i < crl->count; i++)
		ck_assert_uint_lt(crl->serials[i - 1], crl->serials[i]);
}
END_TEST

START_TEST(crl_decode_takes_an_empty_list)
{
	peer_make(NULL, NULL);
	body_make(&(struct list_spec){.ca = "sub", .next_s = HOUR_S});
	ck_assert_int_eq(decode_as(URL, 1), EDGE_OK);
	ck_assert_uint_eq(crl->count, 0);
	ck_assert(!edge_crl_has(crl, want_of(0).serial));
}
END_TEST

static const struct {
	struct list_spec list;
	enum edge_err err;
} judged[] = {
	{{.next_s = HOUR_S}, EDGE_OK},
	{{.next_s = -10}, EDGE_EOLDER},
	{{.this_s = 2 * HOUR_S, .next_s = DAY_S}, EDGE_EFORMAT},
	{{.this_s = 60, .next_s = DAY_S}, EDGE_OK}, /* clocks differ */
	{{.this_s = -HOUR_S, .next_s = -2 * HOUR_S}, EDGE_EFORMAT},
	{{.has_no_next = true}, EDGE_EFORMAT},
	{{.ca = "ca", .next_s = HOUR_S}, EDGE_EAUTH},
	{{.signer = "other", .next_s = HOUR_S}, EDGE_EAUTH},
	{{.next_s = HOUR_S, .digest = "SHA1"}, EDGE_EAUTH},
	{{.next_s = HOUR_S, .is_delta = true}, EDGE_EDENIED},
	{{.next_s = HOUR_S, .has_critical_entry = true, .revoked = "sub"},
	 EDGE_EDENIED},
	{{.next_s = HOUR_S, .idp = "critical,onlyuser:TRUE"}, EDGE_OK},
	{{.next_s = HOUR_S, .idp = "critical,fullname:URI:" URL}, EDGE_OK},
	{{.next_s = HOUR_S, .idp = "critical,fullname:URI:http://b.com/x"},
	 EDGE_EDENIED},
	{{.next_s = HOUR_S, .idp = "fullname:URI:http://b.com/x"},
	 EDGE_EDENIED},
	{{.next_s = HOUR_S, .idp = "critical,indirectCRL:TRUE"}, EDGE_EDENIED},
	{{.next_s = HOUR_S, .idp = "critical,onlyAA:TRUE"}, EDGE_EDENIED},
	{{.next_s = HOUR_S, .idp = "critical,onlysomereasons:keyCompromise"},
	 EDGE_EDENIED},
	{{.next_s = HOUR_S, .idp = "critical,onlyuser:TRUE,onlyCA:TRUE"},
	 EDGE_EDENIED},
};

START_TEST(crl_decode_judges_a_list)
{
	struct list_spec s = judged[_i].list;
	enum edge_err err;

	peer_make(NULL, NULL);
	if (!s.ca)
		s.ca = "sub";
	body_make(&s);
	err = decode_as(URL, 1);
	ck_assert_str_eq(edge_err_name(err), edge_err_name(judged[_i].err));
	ck_assert_int_eq(crl == NULL, err != EDGE_OK);
}
END_TEST

START_TEST(crl_decode_keeps_the_scope)
{
	peer_make(NULL, NULL);
	body_make(&(struct list_spec){.ca = "sub",
				      .next_s = HOUR_S,
				      .idp = _i ? "critical,onlyCA:TRUE"
						: "critical,onlyuser:TRUE"});
	ck_assert_int_eq(decode_as(URL, 1), EDGE_OK);
	ck_assert_int_eq(crl->users_only, !_i);
	ck_assert_int_eq(crl->cas_only, _i);
}
END_TEST

START_TEST(crl_decode_wants_an_issuer_that_may_sign_lists)
{
	certs_make(certs, "mute",
		   &(struct cert_spec){.issuer = "ca",
				       .is_ca = true,
				       .cannot_revoke = true});
	chain_push("mute.pem");
	body_make(&(struct list_spec){.ca = "mute", .next_s = HOUR_S});
	ck_assert_int_eq(decode_as(URL, 0), EDGE_EAUTH);
}
END_TEST

START_TEST(crl_decode_refuses_what_is_no_list)
{
	static const char html[] = "<html><body>not found</body></html>";

	peer_make(NULL, NULL);
	body_make(&(struct list_spec){.ca = "sub",
				      .next_s = HOUR_S,
				      .revoked = "peer",
				      .as_der = true});
	for (size_t n = body_len, i = 0; i < n; i++) {
		body_len = i;
		ck_assert_int_eq(decode_as(URL, 1), EDGE_EFORMAT);
		body_len = n;
	}
	body_len++; /* something behind it */
	ck_assert_int_eq(decode_as(URL, 1), EDGE_EFORMAT);
	memcpy(body, html, body_len = sizeof(html));
	ck_assert_int_eq(decode_as(URL, 1), EDGE_EFORMAT);
	body_len = (size_t)sprintf((char *)body, "-----BEGIN X509 CRL-----\n!");
	ck_assert_int_eq(decode_as(URL, 1), EDGE_EFORMAT);
}
END_TEST

START_TEST(crl_decode_refuses_a_changed_byte)
{
	peer_make(NULL, NULL);
	body_make(&(struct list_spec){.ca = "sub",
				      .next_s = HOUR_S,
				      .revoked = "peer",
				      .as_der = true});
	for (size_t i = 0; i < body_len; i++) {
		enum edge_err err;

		body[i] ^= 1;
		err = decode_as(URL, 1);
		ck_assert_int_ne(err, EDGE_OK);
		body[i] ^= 1;
	}
	ck_assert_int_eq(decode_as(URL, 1), EDGE_OK);
}
END_TEST

START_TEST(crl_same_is_about_what_is_said)
{
	struct edge_crl *first;

	peer_make(NULL, NULL);
	body_make(&(struct list_spec){.ca = "sub", .next_s = HOUR_S});
	ck_assert_int_eq(decode_as(URL, 1), EDGE_OK);
	first = crl;
	crl = NULL;
	body_make(&(struct list_spec){.ca = "sub", .next_s = DAY_S});
	ck_assert_int_eq(decode_as(URL, 1), EDGE_OK);
	ck_assert(edge_crl_same(first, crl));
	body_make(&(struct list_spec){
		.ca = "sub", .next_s = DAY_S, .revoked = "peer"});
	ck_assert_int_eq(decode_as(URL, 1), EDGE_OK);
	ck_assert(!edge_crl_same(first, crl));
	edge_crl_free(first);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("crl");
	TCase *t = tcase_create("lists");

	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, crl_want_is_what_a_certificate_says);
	tcase_add_loop_test(t, crl_want_passes_over_what_cannot_be_fetched, 0,
			    sizeof(places) / sizeof(*places));
	tcase_add_test(t, crl_want_takes_no_long_and_no_third_url);
	tcase_add_test(t, crl_want_ends_before_the_anchor);
	tcase_add_test(t, crl_issuer_is_a_name_and_a_key);
	tcase_add_loop_test(t, crl_decode_takes_der_and_pem, 0, 2);
	tcase_add_test(t, crl_decode_takes_an_empty_list);
	tcase_add_loop_test(t, crl_decode_judges_a_list, 0,
			    sizeof(judged) / sizeof(*judged));
	tcase_add_loop_test(t, crl_decode_keeps_the_scope, 0, 2);
	tcase_add_test(t, crl_decode_wants_an_issuer_that_may_sign_lists);
	tcase_add_test(t, crl_decode_refuses_what_is_no_list);
	tcase_add_test(t, crl_decode_refuses_a_changed_byte);
	tcase_add_test(t, crl_same_is_about_what_is_said);
	suite_add_tcase(s, t);
	return s;
}
