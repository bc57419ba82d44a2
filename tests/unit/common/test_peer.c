/* common/peer.c: names, usages and faults read from real handshakes. */
#include "common/peer.h"

#include <stdio.h>
#include <string.h>

#include "tests/support/certs.h"
#include "tests/support/handshake.h"
#include "tests/support/suite.h"

static struct certs *certs;
static struct handshake h;
static struct edge_peer peer;
static struct edge_tls *server, *client;

static void setup(void)
{
	certs = certs_new();
	certs_make_usual(certs);
	server = client = NULL;
}

static void teardown(void)
{
	edge_peer_fini(&peer);
	if (h.server)
		handshake_fini(&h);
	edge_tls_drop(server);
	edge_tls_drop(client);
	certs_free(certs);
}

/* The peer that an OPTIONAL server sees; who NULL: no certificate. */
static void see_with(const char *who, const char *crl,
		     const struct edge_peer_policy *policy)
{
	char chain[64], key[64];

	snprintf(chain, sizeof(chain), "%s.pem", who ? who : "");
	snprintf(key, sizeof(key), "%s.key", who ? who : "");
	server = tls_must(&(struct edge_tls_recipe){
		.chain = certs_path(certs, "edge.pem"),
		.key = certs_path(certs, "edge.key"),
		.trust = certs_path(certs, "ca.pem"),
		.crl = crl,
		.ask = EDGE_TLS_ASK_OPTIONAL});
	client = tls_must(&(struct edge_tls_recipe){
		.chain = who ? certs_path(certs, chain) : NULL,
		.key = who ? certs_path(certs, key) : NULL,
		.trust = certs_path(certs, "ca.pem"),
		.profile = EDGE_TLS_LYNC2013,
		.ask = EDGE_TLS_ASK_REQUIRED,
		.is_client = true});
	handshake_run(&h, server, client, NULL);
	ck_assert_msg(h.is_done, "%s / %s", h.server_error, h.client_error);
	edge_peer_verify(&peer, policy, h.server);
}

static void see(const struct cert_spec *spec)
{
	struct cert_spec s = *spec;

	certs_make(certs, "peer", &s);
	see_with("peer", NULL, NULL);
}

START_TEST(peer_has_lower_case_names)
{
	see(&(struct cert_spec){
		.issuer = "ca",
		.cn = "Director",
		.san = "DNS:Dir01.Corp.Contoso.COM,IP:10.0.0.1,"
		       "DNS:pool.corp.contoso.com.,email:x@y.z"});
	ck_assert_int_eq(peer.fault, EDGE_PEER_FINE);
	ck_assert(peer.has_certificate);
	ck_assert_str_eq(peer.cn, "Director");
	ck_assert_uint_eq(peer.name_count, 2);
	ck_assert_str_eq(peer.names[0], "dir01.corp.contoso.com");
	ck_assert_str_eq(peer.names[1], "pool.corp.contoso.com");
	ck_assert(edge_peer_has_name(&peer, "DIR01.corp.contoso.com."));
	ck_assert(!edge_peer_has_name(&peer, "corp.contoso.com"));
	ck_assert(!edge_peer_has_name(&peer, "Director"));
	ck_assert(!edge_peer_has_name(&peer, ""));
	ck_assert(!edge_peer_has_name(&peer, "."));
}
END_TEST

START_TEST(peer_wildcards_match_only_themselves)
{
	see(&(struct cert_spec){.issuer = "ca", .san = "DNS:*.contoso.com"});
	ck_assert_int_eq(peer.fault, EDGE_PEER_FINE);
	ck_assert(!edge_peer_has_name(&peer, "sip.contoso.com"));
	ck_assert(edge_peer_has_name(&peer, "*.contoso.com"));
}
END_TEST

START_TEST(peer_is_absent_without_a_certificate)
{
	see_with(NULL, NULL, NULL);
	ck_assert_int_eq(peer.fault, EDGE_PEER_ABSENT);
	ck_assert(!peer.has_certificate);
	ck_assert_mem_eq(peer.sha256, (uint8_t[EDGE_SHA256_LEN]){0},
			 EDGE_SHA256_LEN);
}
END_TEST

START_TEST(peer_usage_absent_or_for_tls_is_fine)
{
	static const struct {
		enum cert_eku eku;
		enum edge_peer_fault fault;
	} rows[] = {{CERT_EKU_NONE, EDGE_PEER_FINE},
		    {CERT_EKU_SERVER, EDGE_PEER_FINE},
		    {CERT_EKU_CLIENT, EDGE_PEER_FINE},
		    {CERT_EKU_MAIL, EDGE_PEER_EKU}};

	see(&(struct cert_spec){
		.issuer = "ca", .san = "DNS:a.b", .eku = rows[_i].eku});
	ck_assert_int_eq(peer.fault, rows[_i].fault);
}
END_TEST

static const struct {
	struct cert_spec spec;
	enum edge_peer_fault fault;
} faulty[] = {
	{{.san = "DNS:a.b"}, EDGE_PEER_SELF_SIGNED},
	{{.issuer = "evil", .san = "DNS:a.b"}, EDGE_PEER_CHAIN},
	{{.issuer = "ca", .san = "DNS:a.b", .from_days = -9, .to_days = -2},
	 EDGE_PEER_EXPIRED},
	{{.issuer = "ca", .san = "DNS:a.b", .from_days = 2, .to_days = 9},
	 EDGE_PEER_EXPIRED},
	{{.issuer = "ca", .san = "DNS:a.b", .digest = "SHA1"}, EDGE_PEER_WEAK},
	{{.issuer = "ca", .san = "DNS:a.b", .rsa_bits = 1024}, EDGE_PEER_WEAK},
	{{.issuer = "ca"}, EDGE_PEER_NO_SAN},
	{{.issuer = "ca", .san = "IP:10.0.0.1"}, EDGE_PEER_NO_SAN},
	{{.issuer = "ca",
	  .raw_dns = "sip.contoso.com\0.evil",
	  .raw_dns_len = 21},
	 EDGE_PEER_NAME},
	{{.issuer = "ca", .raw_dns = "a b.c", .raw_dns_len = 5},
	 EDGE_PEER_NAME},
	{{.issuer = "ca", .raw_dns = "", .raw_dns_len = 0}, EDGE_PEER_NAME},
	{{.issuer = "ca", .raw_dns = ".", .raw_dns_len = 1}, EDGE_PEER_NAME},
};

START_TEST(peer_fault_says_what_is_wrong)
{
	certs_make(certs, "evil", &(struct cert_spec){.is_ca = true});
	see(&faulty[_i].spec);
	ck_assert_str_eq(edge_peer_fault_str(peer.fault),
			 edge_peer_fault_str(faulty[_i].fault));
	ck_assert(peer.has_certificate);
	ck_assert(!edge_peer_has_name(&peer, "sip.contoso.com"));
}
END_TEST

START_TEST(peer_revoked_or_with_a_stale_list)
{
	static const enum edge_peer_fault want[] = {EDGE_PEER_REVOKED,
						    EDGE_PEER_CRL_STALE};

	certs_make(certs, "peer",
		   &(struct cert_spec){.issuer = "ca", .san = "DNS:a.b"});
	certs_revoke(certs, "ca", "ca.crl", _i ? NULL : "peer", _i ? -1 : 5,
		     false);
	see_with("peer", certs_path(certs, "ca.crl"), NULL);
	ck_assert_int_eq(peer.fault, want[_i]);
}
END_TEST

START_TEST(peer_without_a_list_for_its_issuer_is_refused)
{
	certs_make(certs, "evil", &(struct cert_spec){.is_ca = true});
	certs_revoke(certs, "evil", "evil.crl", NULL, 5, false);
	see_with("edge", certs_path(certs, "evil.crl"), NULL);
	ck_assert_int_eq(peer.fault, EDGE_PEER_CRL_STALE);
}
END_TEST

START_TEST(peer_cn_is_a_name_only_by_policy_and_without_san)
{
	static const struct edge_peer_policy fallback = {.cn_fallback = true};
	static const struct cert_spec specs[] = {
		{.issuer = "ca", .cn = "Old.Contoso.com"},
		{.issuer = "ca", .cn = "Old.Contoso.com", .san = "IP:10.0.0.1"},
		{.issuer = "ca", .cn = "Old Server"}};
	static const enum edge_peer_fault want[] = {
		EDGE_PEER_FINE, EDGE_PEER_NO_SAN, EDGE_PEER_NO_SAN};

	certs_make(certs, "peer", &specs[_i]);
	see_with("peer", NULL, &fallback);
	ck_assert_int_eq(peer.fault, want[_i]);
	ck_assert(edge_peer_has_name(&peer, "old.contoso.com") ==
		  (want[_i] == EDGE_PEER_FINE));
}
END_TEST

START_TEST(peer_limits_the_names)
{
	char san[4096] = "";

	for (int i = 0; i < EDGE_PEER_NAMES + _i; i++) {
		size_t at = strlen(san);

		snprintf(san + at, sizeof(san) - at, "%sDNS:h%d.contoso.com",
			 i ? "," : "", i);
	}
	see(&(struct cert_spec){.issuer = "ca", .san = san});
	ck_assert_int_eq(peer.fault, _i ? EDGE_PEER_LIMIT : EDGE_PEER_FINE);
	ck_assert(edge_peer_has_name(&peer, "h63.contoso.com") == !_i);
}
END_TEST

/* What an operator compares with openssl x509 -fingerprint -sha256. */
START_TEST(peer_has_the_fingerprint_of_its_certificate)
{
	static const uint8_t none[EDGE_SHA256_LEN];
	uint8_t want[EDGE_SHA256_LEN];
	unsigned char *der = NULL;
	int len;

	see(&(struct cert_spec){.issuer = "ca", .san = "DNS:a.contoso.com"});
	len = i2d_X509(SSL_get0_peer_certificate(h.server), &der);
	ck_assert_int_gt(len, 0);
	edge_sha256(edge_slice(der, (size_t)len), want);
	ck_assert_mem_eq(peer.sha256, want, sizeof(want));
	OPENSSL_free(der);
	edge_peer_fini(&peer);
	edge_peer_verify(&peer, NULL, h.client);
	ck_assert_mem_ne(peer.sha256, want, sizeof(want));
	ck_assert_mem_ne(peer.sha256, none, sizeof(none));
}
END_TEST

START_TEST(peer_of_a_client_is_the_server)
{
	see_with(NULL, NULL, NULL);
	edge_peer_fini(&peer);
	edge_peer_verify(&peer, NULL, h.client);
	ck_assert_int_eq(peer.fault, EDGE_PEER_FINE);
	ck_assert(edge_peer_has_name(&peer, "sip.contoso.com"));
}
END_TEST

START_TEST(peer_keeps_its_chain_only_when_it_is_wanted_and_verified)
{
	static const struct edge_peer_policy wants = {.wants_revocation = true};

	certs_make(certs, "sub",
		   &(struct cert_spec){.issuer = "ca", .is_ca = true});
	certs_make(certs, "peer",
		   &(struct cert_spec){.issuer = _i == 2 ? NULL : "sub",
				       .san = _i == 3 ? NULL : "DNS:a.b"});
	see_with("peer", NULL, _i ? &wants : NULL);
	ck_assert_int_eq(peer.fault == EDGE_PEER_FINE, _i < 2);
	ck_assert_int_eq(peer.chain != NULL, _i == 1);
	handshake_fini(&h); /* lives on */
	if (_i == 1)
		ck_assert_int_eq(sk_X509_num(peer.chain), 3);
}
END_TEST

/* Who may speak for fabrikam.com. */
static const struct {
	struct cert_spec spec;
	bool may;
} speakers[] = {
	{{.issuer = "ca", .san = "DNS:Fabrikam.com"}, true},
	{{.issuer = "ca",
	  .san = "otherName:1.3.6.1.5.5.7.8.5;UTF8:Fabrikam.COM"},
	 true},
	{{.issuer = "ca",
	  .san = "otherName:1.3.6.1.5.5.7.8.7;IA5STRING:_xmpp-server."
		 "fabrikam.com"},
	 true},
	{{.issuer = "ca",
	  .san = "DNS:xmpp.fabrikam.com,"
		 "otherName:1.3.6.1.5.5.7.8.5;UTF8:fabrikam.com"},
	 true},
	/* another service, another form, another type, another name */
	{{.issuer = "ca",
	  .san = "otherName:1.3.6.1.5.5.7.8.7;IA5STRING:_xmpp-client."
		 "fabrikam.com"},
	 false},
	{{.issuer = "ca",
	  .san = "otherName:1.3.6.1.5.5.7.8.7;IA5STRING:fabrikam.com"},
	 false},
	{{.issuer = "ca",
	  .san = "otherName:1.3.6.1.5.5.7.8.7;IA5STRING:_xmpp-server."},
	 false},
	{{.issuer = "ca",
	  .san = "otherName:1.3.6.1.5.5.7.8.5;IA5STRING:fabrikam.com"},
	 false},
	{{.issuer = "ca", .san = "otherName:1.2.3.4;UTF8:fabrikam.com"}, false},
	{{.issuer = "ca", .san = "DNS:*.fabrikam.com,DNS:*.com"}, false},
	{{.issuer = "ca", .san = "DNS:xmpp.fabrikam.com"}, false},
	{{.issuer = "ca", .cn = "fabrikam.com"}, false},
	{{.issuer = "ca",
	  .san = "otherName:1.3.6.1.5.5.7.8.5;UTF8:fabrikam.com",
	  .eku = CERT_EKU_MAIL},
	 false},
	{{.san = "DNS:fabrikam.com"}, false},
	{{.issuer = "ca",
	  .san = "otherName:1.3.6.1.5.5.7.8.5;UTF8:fabrikam.com",
	  .from_days = -9,
	  .to_days = -2},
	 false},
};

START_TEST(peer_speaks_xmpp_for_its_own_domain)
{
	see(&speakers[_i].spec);
	ck_assert_int_eq(edge_peer_is_xmpp(&peer, "fabrikam.com"),
			 speakers[_i].may);
	ck_assert_int_eq(edge_peer_is_xmpp(&peer, "FABRIKAM.com."),
			 speakers[_i].may);
	ck_assert(!edge_peer_is_xmpp(&peer, "contoso.com"));
	ck_assert(!edge_peer_is_xmpp(&peer, "a.fabrikam.com"));
	ck_assert(!edge_peer_is_xmpp(&peer, ""));
}
END_TEST

START_TEST(peer_faults_have_words)
{
	ck_assert_str_eq(edge_peer_fault_str(EDGE_PEER_REVOKED), "revoked");
	ck_assert_str_eq(edge_peer_fault_str((enum edge_peer_fault)99), "?");
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("peer");
	TCase *t = tcase_create("certificates");

	tcase_set_timeout(t, 30);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, peer_has_lower_case_names);
	tcase_add_test(t, peer_wildcards_match_only_themselves);
	tcase_add_test(t, peer_is_absent_without_a_certificate);
	tcase_add_loop_test(t, peer_usage_absent_or_for_tls_is_fine, 0, 4);
	tcase_add_loop_test(t, peer_fault_says_what_is_wrong, 0,
			    sizeof(faulty) / sizeof(*faulty));
	tcase_add_loop_test(t, peer_revoked_or_with_a_stale_list, 0, 2);
	tcase_add_test(t, peer_without_a_list_for_its_issuer_is_refused);
	tcase_add_loop_test(t, peer_cn_is_a_name_only_by_policy_and_without_san,
			    0, 3);
	tcase_add_loop_test(t, peer_limits_the_names, 0, 2);
	tcase_add_test(t, peer_has_the_fingerprint_of_its_certificate);
	tcase_add_test(t, peer_of_a_client_is_the_server);
	tcase_add_loop_test(
		t, peer_keeps_its_chain_only_when_it_is_wanted_and_verified, 0,
		4);
	tcase_add_loop_test(t, peer_speaks_xmpp_for_its_own_domain, 0,
			    sizeof(speakers) / sizeof(*speakers));
	tcase_add_test(t, peer_faults_have_words);
	suite_add_tcase(s, t);
	return s;
}
