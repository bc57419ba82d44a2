/* What contexts of the same files share. */
#include "common/tls.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "tests/support/certs.h"
#include "tests/support/handshake.h"
#include "tests/support/suite.h"

static struct certs *certs;
static struct handshake h;

static void setup(void)
{
	certs = certs_new();
	certs_make_usual(certs);
	h = (struct handshake){0};
}

static void teardown(void)
{
	if (h.server)
		handshake_fini(&h);
	certs_free(certs);
}

static const void *leaf_of(struct edge_tls *t)
{
	return SSL_CTX_get0_certificate(edge_tls_context(t));
}

static const void *store_of(struct edge_tls *t)
{
	return SSL_CTX_get_cert_store(edge_tls_context(t));
}

START_TEST(tls_of_the_same_files_is_made_once)
{
	struct edge_tls_recipe r = tls_recipe_of(certs, "edge"), other;
	struct edge_tls *one = tls_must(&r), *again;

	r.like[1] = one;
	again = tls_must(&r);
	ck_assert_ptr_eq(again, one);
	edge_tls_drop(again);
	/* not when it is for something else */
	other = r;
	other.profile = EDGE_TLS_LYNC2013;
	again = tls_must(&other);
	ck_assert_ptr_ne(again, one);
	ck_assert_ptr_eq(leaf_of(again), leaf_of(one));
	edge_tls_drop(again);
	/* and not when the files are others, whatever their names */
	certs_make(certs, "edge",
		   &(struct cert_spec){.issuer = "ca",
				       .san = "DNS:sip.contoso.com"});
	again = tls_must(&r);
	ck_assert_ptr_ne(again, one);
	ck_assert_ptr_ne(leaf_of(again), leaf_of(one));
	edge_tls_drop(again);
	edge_tls_drop(one);
}
END_TEST

START_TEST(tls_shares_what_the_same_bytes_gave)
{
	struct edge_tls_recipe server = tls_recipe_of(certs, "edge"), client;
	struct edge_tls *s, *c;

	server.ask = EDGE_TLS_ASK_REQUIRED;
	server.trust = certs_path(certs, "ca.pem");
	s = tls_must(&server);
	client = server;
	client.is_client = true;
	client.like[0] = s;
	c = tls_must(&client);
	ck_assert_ptr_eq(leaf_of(c), leaf_of(s));
	ck_assert_ptr_eq(store_of(c), store_of(s));
	edge_tls_drop(s); /* what is shared outlives it */
	/* a server has the names of a client's store from its file */
	server.like[0] = c;
	s = tls_must(&server);
	ck_assert_ptr_eq(leaf_of(s), leaf_of(c));
	ck_assert_int_eq(sk_X509_NAME_num(SSL_CTX_get_client_CA_list(
				 edge_tls_context(s))),
			 1);
	handshake_run(&h, s, c, NULL);
	ck_assert(h.is_done);
	edge_tls_drop(c);
	edge_tls_drop(s);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("tls_load");
	TCase *t = tcase_create("share");

	tcase_set_timeout(t, 30);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, tls_of_the_same_files_is_made_once);
	tcase_add_test(t, tls_shares_what_the_same_bytes_gave);
	suite_add_tcase(s, t);
	return s;
}
