/* common/tls.c: profiles, what is asked, tickets, lists, words for faults. */
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

static const char *file(const char *name, const char *suffix)
{
	char text[64];

	snprintf(text, sizeof(text), "%s%s", name, suffix);
	return certs_path(certs, text);
}

static struct edge_tls_recipe client_recipe(const char *who)
{
	return (struct edge_tls_recipe){.chain = who ? file(who, ".pem") : NULL,
					.key = who ? file(who, ".key") : NULL,
					.trust = file("ca", ".pem"),
					.ask = EDGE_TLS_ASK_REQUIRED,
					.is_client = true};
}

/* Both contexts live as long as the SSLs that are left in h. */
static void shake(const struct edge_tls_recipe *server,
		  const struct edge_tls_recipe *client)
{
	struct edge_tls *s = tls_must(server), *c = tls_must(client);

	if (h.server)
		handshake_fini(&h);
	handshake_run(&h, s, c, NULL);
	edge_tls_drop(s);
	edge_tls_drop(c);
}

static void shake_versions(const struct edge_tls_recipe *server, int version,
			   const char *suites)
{
	struct edge_tls_recipe r = client_recipe(NULL);
	struct edge_tls *s = tls_must(server), *c;

	r.profile = EDGE_TLS_LYNC2013;
	c = tls_must(&r);
	if (h.server)
		handshake_fini(&h);
	SSL_CTX_set_max_proto_version(edge_tls_context(c), version);
	if (suites)
		ck_assert_int_eq(
			SSL_CTX_set_cipher_list(edge_tls_context(c), suites),
			1);
	handshake_run(&h, s, c, NULL);
	edge_tls_drop(s);
	edge_tls_drop(c);
}

START_TEST(tls_modern_speaks_13_and_12)
{
	struct edge_tls_recipe server = tls_recipe_of(certs, "edge");

	shake_versions(&server, TLS1_3_VERSION, NULL);
	ck_assert(h.is_done);
	ck_assert_str_eq(SSL_get_version(h.server), "TLSv1.3");
	shake_versions(&server, TLS1_2_VERSION, NULL);
	ck_assert(h.is_done);
	ck_assert_str_eq(SSL_get_version(h.server), "TLSv1.2");
	ck_assert_str_eq(SSL_get_cipher_name(h.server),
			 "ECDHE-ECDSA-AES128-GCM-SHA256");
}
END_TEST

START_TEST(tls_modern_refuses_old_versions_and_cbc)
{
	struct edge_tls_recipe server = tls_recipe_of(certs, "edge");

	shake_versions(&server, TLS1_VERSION, NULL);
	ck_assert(!h.is_done);
	ck_assert_str_eq(h.server_error, "unsupported protocol");
	shake_versions(&server, TLS1_1_VERSION, NULL);
	ck_assert(!h.is_done);
	shake_versions(&server, TLS1_2_VERSION,
		       "ECDHE-ECDSA-AES128-SHA:@SECLEVEL=0");
	ck_assert(!h.is_done);
	ck_assert_str_eq(h.server_error, "no shared cipher");
}
END_TEST

START_TEST(tls_lync2013_speaks_old_versions_and_new)
{
	static const struct {
		int version;
		const char *name;
	} rows[] = {{TLS1_VERSION, "TLSv1"},
		    {TLS1_1_VERSION, "TLSv1.1"},
		    {TLS1_2_VERSION, "TLSv1.2"},
		    {TLS1_3_VERSION, "TLSv1.3"}};
	struct edge_tls_recipe server;

	certs_make(certs, "old",
		   &(struct cert_spec){.issuer = "ca",
				       .rsa_bits = 2048,
				       .san = "DNS:sip.contoso.com"});
	server = tls_recipe_of(certs, "old");
	server.profile = EDGE_TLS_LYNC2013;
	shake_versions(&server, rows[_i].version, NULL);
	ck_assert_msg(h.is_done, "%s / %s", h.server_error, h.client_error);
	ck_assert_str_eq(SSL_get_version(h.server), rows[_i].name);
}
END_TEST

START_TEST(tls_lync2013_speaks_rsa_with_cbc)
{
	struct edge_tls_recipe server;

	certs_make(certs, "old",
		   &(struct cert_spec){.issuer = "ca",
				       .rsa_bits = 2048,
				       .san = "DNS:sip.contoso.com"});
	server = tls_recipe_of(certs, "old");
	server.profile = EDGE_TLS_LYNC2013;
	shake_versions(&server, TLS1_VERSION, "AES128-SHA:@SECLEVEL=0");
	ck_assert(h.is_done);
	ck_assert_str_eq(SSL_get_cipher_name(h.server), "AES128-SHA");
}
END_TEST

/* Was a CertificateRequest sent? */
static int has_asked(int is_write, int version, int type, const void *p,
		     size_t len)
{
	(void)version;
	return !is_write && type == SSL3_RT_HANDSHAKE && len > 0 &&
	       *(const unsigned char *)p == SSL3_MT_CERTIFICATE_REQUEST;
}

static void on_message(int is_write, int version, int type, const void *p,
		       size_t len, SSL *ssl, void *arg)
{
	(void)ssl;
	*(int *)arg += has_asked(is_write, version, type, p, len);
}

static struct edge_tls *offering(const struct edge_tls_recipe *r, int version)
{
	static const unsigned char offer[] = "\x03sip\x08http/1.1\x02h2";
	struct edge_tls *c = tls_must(r);

	SSL_CTX_set_max_proto_version(edge_tls_context(c), version);
	ck_assert_int_eq(SSL_CTX_set_alpn_protos(edge_tls_context(c), offer,
						 sizeof(offer) - 1),
			 0);
	return c;
}

/* AE 1.5: old clients send none, so a name decides nothing; ALPN has no word
 * for SIP. */
START_TEST(tls_ignores_sni_and_alpn)
{
	static const int versions[] = {TLS1_2_VERSION, TLS1_3_VERSION};
	struct edge_tls_recipe server = tls_recipe_of(certs, "edge"),
			       client = client_recipe(NULL);
	struct edge_tls *s = tls_must(&server),
			*c = offering(&client, versions[_i]);
	const unsigned char *chosen;
	unsigned len;
	X509 *shown;

	handshake_run_named(&h, s, c, "no-such-name.example.net");
	ck_assert(h.is_done);
	SSL_get0_alpn_selected(h.client, &chosen, &len);
	ck_assert_uint_eq(len, 0);
	shown = SSL_get0_peer_certificate(h.client);
	ck_assert_int_eq(X509_cmp(shown, SSL_get_certificate(h.server)), 0);
	edge_tls_drop(s);
	edge_tls_drop(c);
}
END_TEST

START_TEST(tls_asks_for_a_certificate_only_when_told)
{
	static const int wanted[] = {0, 1, 1};
	struct edge_tls_recipe server = tls_recipe_of(certs, "edge");
	struct edge_tls_recipe client = client_recipe("edge");
	struct edge_tls *s, *c;
	int asked = 0;

	server.ask = (enum edge_tls_ask)_i;
	server.trust = _i ? file("ca", ".pem") : NULL;
	s = tls_must(&server);
	c = tls_must(&client);
	SSL_CTX_set_msg_callback(edge_tls_context(c), on_message);
	SSL_CTX_set_msg_callback_arg(edge_tls_context(c), &asked);
	handshake_run(&h, s, c, NULL);
	ck_assert(h.is_done);
	ck_assert_int_eq(asked, wanted[_i]);
	edge_tls_drop(s);
	edge_tls_drop(c);
}
END_TEST

/* Second handshake with what the first one left. */
static bool resumes(struct edge_tls *s, struct edge_tls *c, int version)
{
	struct handshake first;
	SSL_SESSION *session;
	bool is_reused;

	SSL_CTX_set_max_proto_version(edge_tls_context(c), version);
	handshake_run(&first, s, c, NULL);
	ck_assert(first.is_done);
	session = SSL_get1_session(first.client);
	handshake_run(&h, s, c, session);
	ck_assert(h.is_done);
	is_reused = SSL_session_reused(h.server) == 1;
	SSL_SESSION_free(session);
	handshake_fini(&first);
	return is_reused;
}

START_TEST(tls_resumes_by_ticket_where_nobody_is_asked)
{
	struct edge_tls_recipe server = tls_recipe_of(certs, "edge");
	struct edge_tls_recipe client = client_recipe(NULL);
	struct edge_tls *s = tls_must(&server), *c = tls_must(&client);

	ck_assert(resumes(s, c, _i ? TLS1_3_VERSION : TLS1_2_VERSION));
	ck_assert_uint_eq(SSL_CTX_get_num_tickets(edge_tls_context(s)), 1);
	edge_tls_drop(s);
	edge_tls_drop(c);
}
END_TEST

START_TEST(tls_ticket_of_another_context_is_not_taken)
{
	struct edge_tls_recipe server = tls_recipe_of(certs, "edge");
	struct edge_tls_recipe client = client_recipe(NULL);
	struct edge_tls *s = tls_must(&server), *other = tls_must(&server);
	struct edge_tls *c = tls_must(&client);
	struct handshake first;
	SSL_SESSION *session;

	handshake_run(&first, s, c, NULL);
	session = SSL_get1_session(first.client);
	handshake_run(&h, other, c, session);
	ck_assert(h.is_done);
	ck_assert_int_eq(SSL_session_reused(h.server), 0);
	SSL_SESSION_free(session);
	handshake_fini(&first);
	edge_tls_drop(s);
	edge_tls_drop(other);
	edge_tls_drop(c);
}
END_TEST

START_TEST(tls_never_resumes_where_a_certificate_is_asked)
{
	struct edge_tls_recipe server = tls_recipe_of(certs, "edge");
	struct edge_tls_recipe client = client_recipe("edge");
	struct edge_tls *s, *c;

	server.ask = EDGE_TLS_ASK_REQUIRED;
	server.trust = file("ca", ".pem");
	s = tls_must(&server);
	c = tls_must(&client);
	ck_assert(!resumes(s, c, _i ? TLS1_3_VERSION : TLS1_2_VERSION));
	edge_tls_drop(s);
	edge_tls_drop(c);
}
END_TEST

START_TEST(tls_refuses_renegotiation_and_compression)
{
	struct edge_tls_recipe server = tls_recipe_of(certs, "edge");
	struct edge_tls *s = tls_must(&server);
	const uint64_t options = SSL_CTX_get_options(edge_tls_context(s));

	ck_assert(options & SSL_OP_NO_RENEGOTIATION);
	ck_assert(options & SSL_OP_NO_COMPRESSION);
	edge_tls_drop(s);
}
END_TEST

/* What a REQUIRED server says to a client certificate. */
static const char *said_to(const char *who, const char *crl)
{
	struct edge_tls_recipe server = tls_recipe_of(certs, "edge");
	struct edge_tls_recipe client = client_recipe(who);

	server.ask = EDGE_TLS_ASK_REQUIRED;
	server.trust = file("ca", ".pem");
	server.crl = crl;
	shake(&server, &client);
	return h.is_done ? "ok" : h.client_error;
}

START_TEST(tls_required_sends_the_fitting_alert)
{
	certs_make(certs, "evil", &(struct cert_spec){.is_ca = true});
	certs_make(certs, "foreign", &(struct cert_spec){.issuer = "evil"});
	certs_make(certs, "late",
		   &(struct cert_spec){
			   .issuer = "ca", .from_days = -9, .to_days = -2});
	certs_make(certs, "early",
		   &(struct cert_spec){
			   .issuer = "ca", .from_days = 2, .to_days = 9});
	ck_assert_str_eq(said_to("edge", NULL), "ok");
	ck_assert_ptr_nonnull(strstr(said_to("foreign", NULL), "unknown ca"));
	ck_assert_ptr_nonnull(
		strstr(said_to("late", NULL), "certificate expired"));
	ck_assert_ptr_nonnull(
		strstr(said_to("early", NULL), "bad certificate"));
	ck_assert_ptr_nonnull(
		strstr(said_to(NULL, NULL), "certificate required"));
}
END_TEST

START_TEST(tls_takes_any_extended_key_usage)
{
	certs_make(certs, "mail",
		   &(struct cert_spec){.issuer = "ca", .eku = CERT_EKU_MAIL});
	ck_assert_str_eq(said_to("mail", NULL), "ok"); /* peer.c refuses it */
}
END_TEST

START_TEST(tls_list_from_a_file_refuses_the_revoked)
{
	const char *crl = certs_path(certs, "ca.crl");

	certs_make(certs, "good", &(struct cert_spec){.issuer = "ca"});
	certs_revoke(certs, "ca", "ca.crl", "edge", 5, _i);
	ck_assert_ptr_nonnull(
		strstr(said_to("edge", crl), "certificate revoked"));
	ck_assert_str_eq(said_to("good", crl), "ok");
}
END_TEST

START_TEST(tls_stale_list_refuses_all)
{
	const char *crl = certs_path(certs, "ca.crl");

	certs_revoke(certs, "ca", "ca.crl", NULL, -1, false);
	ck_assert_str_ne(said_to("edge", crl), "ok");
}
END_TEST

START_TEST(tls_list_of_another_authority_refuses_all)
{
	certs_make(certs, "evil", &(struct cert_spec){.is_ca = true});
	certs_revoke(certs, "evil", "evil.crl", NULL, 5, false);
	ck_assert_str_ne(said_to("edge", certs_path(certs, "evil.crl")), "ok");
}
END_TEST

START_TEST(tls_refuses_weak_chains)
{
	certs_make(certs, "sha1",
		   &(struct cert_spec){.issuer = "ca", .digest = "SHA1"});
	certs_make(certs, "small",
		   &(struct cert_spec){.issuer = "ca", .rsa_bits = 1024});
	/* a client of OpenSSL would not even load them at level 2 */
	for (int profile = 0; profile < 2; profile++) {
		struct edge_tls_recipe server = tls_recipe_of(certs, "edge");
		struct edge_tls_recipe client;

		server.ask = EDGE_TLS_ASK_REQUIRED;
		server.trust = file("ca", ".pem");
		server.profile = (enum edge_tls_profile)profile;
		client = client_recipe("sha1");
		client.profile = EDGE_TLS_LYNC2013;
		shake(&server, &client);
		ck_assert(!h.is_done);
		client = client_recipe("small");
		client.profile = EDGE_TLS_LYNC2013;
		shake(&server, &client);
		ck_assert(h.is_done == (profile == EDGE_TLS_LYNC2013));
	}
}
END_TEST

START_TEST(tls_takes_a_sha1_root)
{
	struct edge_tls_recipe server = tls_recipe_of(certs, "edge"), client;

	certs_make(certs, "root",
		   &(struct cert_spec){.is_ca = true, .digest = "SHA1"});
	certs_make(certs, "leaf", &(struct cert_spec){.issuer = "root"});
	server.ask = EDGE_TLS_ASK_REQUIRED;
	server.trust = file("root", ".pem");
	client = client_recipe("leaf");
	shake(&server, &client);
	ck_assert(h.is_done);
}
END_TEST

/* A chain of count authorities above a leaf. */
static void chain_make(int count)
{
	char below[16] = "ca", name[16];

	for (int i = 1; i < count; i++) {
		snprintf(name, sizeof(name), "sub%d", i);
		certs_make(certs, name,
			   &(struct cert_spec){.issuer = below, .is_ca = true});
		snprintf(below, sizeof(below), "%s", name);
	}
	certs_make(certs, "deep", &(struct cert_spec){.issuer = below});
}

START_TEST(tls_bounds_the_chain)
{
	chain_make(_i);
	if (_i <= 7)
		ck_assert_str_eq(said_to("deep", NULL), "ok");
	else
		ck_assert_str_ne(said_to("deep", NULL), "ok");
}
END_TEST

static void refused(struct edge_tls_recipe r, enum edge_err want,
		    const char *word)
{
	struct edge_tls *t;
	char why[256] = "";

	ck_assert_int_eq(edge_tls_new(&t, &r, why, sizeof(why)), want);
	ck_assert_msg(strstr(why, word) != NULL, "'%s' lacks '%s'", why, word);
	ck_assert_ptr_null(strchr(why, '\n'));
}

START_TEST(tls_new_names_the_file_and_the_fault)
{
	struct edge_tls_recipe good = tls_recipe_of(certs, "edge"), r = good;

	r.chain = "/nowhere/edge.pem";
	refused(r, EDGE_ETLS, "/nowhere/edge.pem: No such file");
	r = good;
	r.key = file("ca", ".key");
	refused(r, EDGE_ETLS, "ca.key: key values mismatch");
	r = good;
	certs_write(certs, "junk.pem", "junk\n");
	r.chain = certs_path(certs, "junk.pem");
	refused(r, EDGE_ETLS, "junk.pem: no start line");
	r = good;
	r.ask = EDGE_TLS_ASK_REQUIRED;
	r.trust = certs_path(certs, "junk.pem");
	refused(r, EDGE_ETLS, "trust store");
	r.trust = file("ca", ".pem");
	r.crl = certs_path(certs, "junk.pem");
	refused(r, EDGE_ETLS, "junk.pem");
	r.crl = "/nowhere/ca.crl";
	refused(r, EDGE_ETLS, "/nowhere/ca.crl: No such file");
}
END_TEST

START_TEST(tls_new_refuses_a_small_key_of_its_own)
{
	certs_make(certs, "small",
		   &(struct cert_spec){.issuer = "ca", .rsa_bits = 1024});
	refused(tls_recipe_of(certs, "small"), EDGE_ETLS, "key too small");
}
END_TEST

START_TEST(tls_new_refuses_recipes_that_cannot_be)
{
	struct edge_tls_recipe r = tls_recipe_of(certs, "edge");

	r.key = NULL;
	refused(r, EDGE_EUSAGE, "belong together");
	refused((struct edge_tls_recipe){0}, EDGE_EUSAGE, "server needs");
	r = tls_recipe_of(certs, "edge");
	r.ask = EDGE_TLS_ASK_OPTIONAL;
	refused(r, EDGE_EUSAGE, "trust store");
}
END_TEST

START_TEST(tls_tells_when_its_certificate_ends)
{
	struct edge_tls_recipe server = tls_recipe_of(certs, "edge");
	struct edge_tls_recipe client = client_recipe(NULL);
	struct edge_tls *s = tls_must(&server), *c = tls_must(&client);
	const int64_t left = edge_tls_not_after_s(s) - (int64_t)time(NULL);

	ck_assert_int_gt(left, 29 * 86400);
	ck_assert_int_le(left, 30 * 86400);
	ck_assert_int_eq(edge_tls_not_after_s(c), 0);
	edge_tls_drop(edge_tls_hold(s));
	edge_tls_drop(s);
	edge_tls_drop(c);
	edge_tls_drop(NULL);
}
END_TEST

START_TEST(tls_profiles_have_names)
{
	enum edge_tls_profile p;

	ck_assert_int_eq(edge_tls_profile_parse(&p, "lync2013"), EDGE_OK);
	ck_assert_int_eq(p, EDGE_TLS_LYNC2013);
	ck_assert_int_eq(edge_tls_profile_parse(&p, "modern"), EDGE_OK);
	ck_assert_int_eq(p, EDGE_TLS_MODERN);
	ck_assert_int_eq(edge_tls_profile_parse(&p, "Modern"), EDGE_EFORMAT);
	ck_assert_str_eq(edge_tls_profile_str(EDGE_TLS_LYNC2013), "lync2013");
	ck_assert_str_eq(edge_tls_profile_str((enum edge_tls_profile)9), "?");
}
END_TEST

static TCase *tcase(Suite *s, const char *name)
{
	TCase *t = tcase_create(name);

	tcase_set_timeout(t, 30);
	tcase_add_checked_fixture(t, setup, teardown);
	suite_add_tcase(s, t);
	return t;
}

Suite *test_suite(void)
{
	Suite *s = suite_create("tls");
	TCase *t = tcase(s, "profiles");

	tcase_add_test(t, tls_modern_speaks_13_and_12);
	tcase_add_test(t, tls_modern_refuses_old_versions_and_cbc);
	tcase_add_loop_test(t, tls_lync2013_speaks_old_versions_and_new, 0, 4);
	tcase_add_test(t, tls_lync2013_speaks_rsa_with_cbc);
	tcase_add_loop_test(t, tls_ignores_sni_and_alpn, 0, 2);
	tcase_add_test(t, tls_refuses_renegotiation_and_compression);
	tcase_add_test(t, tls_profiles_have_names);
	t = tcase(s, "tickets");
	tcase_add_loop_test(t, tls_resumes_by_ticket_where_nobody_is_asked, 0,
			    2);
	tcase_add_test(t, tls_ticket_of_another_context_is_not_taken);
	tcase_add_loop_test(t, tls_never_resumes_where_a_certificate_is_asked,
			    0, 2);
	t = tcase(s, "peers");
	tcase_add_loop_test(t, tls_asks_for_a_certificate_only_when_told, 0, 3);
	tcase_add_test(t, tls_required_sends_the_fitting_alert);
	tcase_add_test(t, tls_takes_any_extended_key_usage);
	tcase_add_loop_test(t, tls_list_from_a_file_refuses_the_revoked, 0, 2);
	tcase_add_test(t, tls_stale_list_refuses_all);
	tcase_add_test(t, tls_list_of_another_authority_refuses_all);
	tcase_add_test(t, tls_refuses_weak_chains);
	tcase_add_test(t, tls_takes_a_sha1_root);
	tcase_add_loop_test(t, tls_bounds_the_chain, 6, 10);
	t = tcase(s, "recipes");
	tcase_add_test(t, tls_new_names_the_file_and_the_fault);
	tcase_add_test(t, tls_new_refuses_a_small_key_of_its_own);
	tcase_add_test(t, tls_new_refuses_recipes_that_cannot_be);
	tcase_add_test(t, tls_tells_when_its_certificate_ends);
	return s;
}
