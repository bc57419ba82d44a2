/* access-edge/xmpp_trust.c: names of certificates, and lists that say more. */
#include "access-edge/xmpp_trust.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "access-edge/view.h"
#include "common/revocation.h"
#include "tests/support/shown_peer.h"
#include "tests/support/suite.h"
#include "tests/support/topo_fixture.h"

#define LIST	  "http://lists.example.com/ca.crl"
#define XMPP_ONLY "otherName:1.3.6.1.5.5.7.8.5;UTF8:fabrikam.com"

enum { DAY_S = 86400, LIST_MAX = 1 << 16 };

static struct acc_xmpp_core core;
static struct acc_options options;
static struct topo topo;
static struct certs *certs;
static struct edge_peer peer;
static const char *words;
static const struct topo_xmpp_partner partner = {
	.domain = "fabrikam.com", .proxy_fqdn = "xmpp.fabrikam.com"};
static const struct acc_xmpp_who who = {.partner = &partner,
					.domain = "fabrikam.com"};

static void setup(void)
{
	const struct edge_revocation_limits l = {.retry_s = 1};

	topo = topo_fixture();
	topo.access.keep_crls = true;
	options = (struct acc_options){.crl_hard_fail = false};
	core = (struct acc_xmpp_core){.topo = &topo, .options = &options};
	ck_assert_int_eq(edge_revocation_new(&core.revocation, &l), EDGE_OK);
	certs = certs_new();
	certs_make_usual(certs);
	memset(&peer, 0, sizeof(peer));
	words = "";
}

static void teardown(void)
{
	edge_peer_fini(&peer);
	edge_revocation_free(core.revocation);
	certs_free(certs);
}

/* A handshake with a partner of that subjectAltName. */
static void meet(const char *san)
{
	edge_peer_fini(&peer);
	shown_peer(&peer, certs, san, "URI:" LIST);
}

static enum acc_xmpp_reason trust(void)
{
	return acc_xmpp_trust_of(&core, &who, &peer, &words);
}

/* The authority's list is here. */
static void publish(const char *revoked)
{
	static uint8_t body[LIST_MAX];
	char url[EDGE_CRL_URL_LEN];
	FILE *f;
	size_t len;

	ck_assert(edge_revocation_due(core.revocation, time(NULL), url));
	ck_assert_str_eq(url, LIST);
	certs_list(certs, "list",
		   &(struct list_spec){.ca = "ca",
				       .revoked = revoked,
				       .this_s = -3600,
				       .next_s = DAY_S,
				       .as_der = true});
	f = fopen(certs_path(certs, "list"), "r");
	ck_assert_ptr_nonnull(f);
	len = fread(body, 1, sizeof(body), f);
	fclose(f);
	ck_assert_int_eq(edge_revocation_put(core.revocation, LIST,
					     edge_slice(body, len), time(NULL)),
			 EDGE_OK);
}

START_TEST(xmpp_trust_is_of_the_name_first)
{
	meet("DNS:litware.example");
	ck_assert_int_eq(trust(), ACC_XMPP_R_CERTIFICATE);
	ck_assert_str_eq(words, edge_peer_fault_str(EDGE_PEER_NAME));
	meet("DNS:fabrikam.com");
	ck_assert_int_eq(trust(), ACC_XMPP_R_OK);
	meet("DNS:xmpp.fabrikam.com");
	ck_assert_int_eq(trust(), ACC_XMPP_R_OK);
}
END_TEST

/* _i: by dNSName, or by id-on-xmppAddr alone. */
START_TEST(xmpp_trust_ends_with_the_list)
{
	meet(_i ? XMPP_ONLY : "DNS:fabrikam.com");
	ck_assert_int_eq(trust(), ACC_XMPP_R_OK); /* nobody has said no */
	publish("peer");
	ck_assert_int_eq(trust(), ACC_XMPP_R_REVOKED);
	ck_assert_str_eq(words, "revoked");
	topo.access.keep_crls = false;
	ck_assert_int_eq(trust(), ACC_XMPP_R_OK);
}
END_TEST

START_TEST(xmpp_trust_may_want_a_good_list)
{
	options.crl_hard_fail = true;
	meet("DNS:fabrikam.com");
	ck_assert_int_eq(trust(), ACC_XMPP_R_CERTIFICATE);
	ck_assert_str_eq(words, "no current list");
	publish(NULL);
	ck_assert_int_eq(trust(), ACC_XMPP_R_OK);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("xmpp_trust");
	TCase *t = tcase_create("trust");

	tcase_set_timeout(t, 30);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, xmpp_trust_is_of_the_name_first);
	tcase_add_loop_test(t, xmpp_trust_ends_with_the_list, 0, 2);
	tcase_add_test(t, xmpp_trust_may_want_a_good_list);
	suite_add_tcase(s, t);
	return s;
}
