/* access-edge/xmpp_partner.c: who may speak here. */
#include "access-edge/xmpp_partner.h"

#include <string.h>

#include "tests/support/suite.h"
#include "tests/support/topo_fixture.h"

static const char *const more[] = {"chat.fabrikam.com"};
static const struct topo_xmpp_partner partners[] = {
	{.domain = "fabrikam.com",
	 .more = {more, 1},
	 .proxy_fqdn = "xmpp.host.example",
	 .trust = TOPO_XMPP_FEDERATED,
	 .dialback = true},
	{.domain = "never.example",
	 .tls = TOPO_XMPP_NOT_SUPPORTED,
	 .sasl = TOPO_XMPP_NOT_SUPPORTED},
	{.domain = "contoso.com", .connection_limit = 3},
	/* SaslNegotiation at its default says nothing without TLS */
	{.domain = "plain.example",
	 .tls = TOPO_XMPP_NOT_SUPPORTED,
	 .dialback = true},
};

static struct topo topo;

static void setup(void)
{
	topo = topo_fixture();
	topo.xmpp = partners;
	topo.xmpp_count = sizeof(partners) / sizeof(*partners);
	topo.xmpp_gateway = topo_xmpp_gateway_default();
}

static const struct {
	const char *domain;
	enum acc_xmpp_reason reason;
} rows[] = {
	{"fabrikam.com", ACC_XMPP_R_OK},
	{"Fabrikam.COM.", ACC_XMPP_R_OK},
	{"chat.fabrikam.com", ACC_XMPP_R_OK},
	{"a.fabrikam.com", ACC_XMPP_R_PARTNER_UNKNOWN},
	{"com", ACC_XMPP_R_PARTNER_UNKNOWN},
	{"never.example", ACC_XMPP_R_PARTNER_MODE},
	{"contoso.com", ACC_XMPP_R_PARTNER_UNKNOWN}, /* ours */
	{"", ACC_XMPP_R_PARTNER_UNKNOWN},
	{"fabrikam.com/r", ACC_XMPP_R_PARTNER_UNKNOWN},
};

START_TEST(xmpp_partner_is_one_of_the_list)
{
	struct acc_xmpp_who who;
	const enum acc_xmpp_reason r = acc_xmpp_partner_find(
		&who, &topo, edge_slice_str(rows[_i].domain));

	ck_assert_int_eq(r, rows[_i].reason);
	if (r)
		return;
	ck_assert_ptr_eq(who.partner, &partners[0]);
	ck_assert(edge_slice_ieq_str(edge_slice_str(who.domain),
				     rows[_i].domain[0] == 'c'
					     ? "chat.fabrikam.com"
					     : "fabrikam.com"));
	ck_assert(who.mode.external && !who.mode.dialback);
}
END_TEST

START_TEST(xmpp_partner_without_tls_is_asked_back)
{
	struct acc_xmpp_who who;

	ck_assert_int_eq(acc_xmpp_partner_find(&who, &topo,
					       edge_slice_str("plain.example")),
			 ACC_XMPP_R_OK);
	ck_assert(who.mode.dialback && !who.mode.tls && !who.mode.external);
}
END_TEST

START_TEST(xmpp_partner_own_domains)
{
	char own[ACC_XMPP_DOMAIN_LEN];

	ck_assert(acc_xmpp_is_own(own, &topo, edge_slice_str("Contoso.com.")));
	ck_assert_str_eq(own, "contoso.com");
	ck_assert(acc_xmpp_is_own(own, &topo, edge_slice_str("a.litware.com")));
	ck_assert(
		!acc_xmpp_is_own(own, &topo, edge_slice_str("a.contoso.com")));
	ck_assert(!acc_xmpp_is_own(own, &topo, edge_slice_str("fabrikam.com")));
	ck_assert(!acc_xmpp_is_own(own, &topo, edge_slice_str("")));
}
END_TEST

START_TEST(xmpp_partner_certificate_is_of_domain_or_proxy)
{
	char names[1][EDGE_PEER_NAME_LEN] = {"fabrikam.com"};
	struct edge_peer peer = {.names = names, .name_count = 1};
	struct acc_xmpp_who who;

	ck_assert_int_eq(acc_xmpp_partner_find(&who, &topo,
					       edge_slice_str("fabrikam.com")),
			 ACC_XMPP_R_OK);
	ck_assert(acc_xmpp_is_certified(&who, &peer));
	strcpy(names[0], "xmpp.host.example");
	ck_assert(acc_xmpp_is_certified(&who, &peer));
	strcpy(names[0], "*.host.example");
	ck_assert(!acc_xmpp_is_certified(&who, &peer));
	strcpy(names[0], "chat.fabrikam.com"); /* speaks for itself alone */
	ck_assert(!acc_xmpp_is_certified(&who, &peer));
	strcpy(names[0], "fabrikam.com");
	peer.fault = EDGE_PEER_EXPIRED;
	ck_assert(!acc_xmpp_is_certified(&who, &peer));
}
END_TEST

START_TEST(xmpp_partner_limits_and_words)
{
	ck_assert_uint_eq(acc_xmpp_partner_limit(&topo, &partners[0]), 20);
	ck_assert_uint_eq(acc_xmpp_partner_limit(&topo, &partners[2]), 3);
	ck_assert_str_eq(acc_xmpp_trust_str(TOPO_XMPP_FEDERATED), "Federated");
	ck_assert_str_eq(acc_xmpp_trust_str(TOPO_XMPP_VERIFIED),
			 "PublicVerified");
	ck_assert_str_eq(acc_xmpp_trust_str((enum topo_xmpp_trust)9),
			 "PublicUnverified");
	ck_assert(acc_xmpp_is_verified(&partners[0]));
	ck_assert(!acc_xmpp_is_verified(&partners[1]));
}
END_TEST

Suite *test_suite(void)
{
	Suite *suite = suite_create("xmpp_partner");
	TCase *t = tcase_create("partner");

	tcase_set_timeout(t, 10);
	tcase_add_checked_fixture(t, setup, NULL);
	tcase_add_loop_test(t, xmpp_partner_is_one_of_the_list, 0,
			    sizeof(rows) / sizeof(*rows));
	tcase_add_test(t, xmpp_partner_without_tls_is_asked_back);
	tcase_add_test(t, xmpp_partner_own_domains);
	tcase_add_test(t, xmpp_partner_certificate_is_of_domain_or_proxy);
	tcase_add_test(t, xmpp_partner_limits_and_words);
	suite_add_tcase(suite, t);
	return suite;
}
