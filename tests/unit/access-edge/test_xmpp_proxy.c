/* access-edge/xmpp_proxy.c: what crosses, and with what words. */
#include "access-edge/xmpp_proxy.h"

#include <string.h>

#include "tests/support/heard.h"
#include "tests/support/suite.h"
#include "tests/unit/access-edge/xmpp_world.h"

static struct acc_xmpp_item stanza(const char *bytes, const char *type)
{
	struct acc_xmpp_item i = {.kind = ACC_XMPP_ELEMENT,
				  .ns = ACC_NS_SERVER,
				  .name = "message",
				  .prefix = "le3"};

	i.from = edge_slice_str("b@fabrikam.com/r");
	i.to = edge_slice_str("a@contoso.com");
	if (type)
		i.type = edge_slice_str(type);
	i.bytes = edge_slice_str(bytes);
	i.mark = strlen("<message");
	return i;
}

START_TEST(xmpp_proxy_says_who_speaks)
{
	static const struct {
		enum topo_xmpp_trust trust;
		bool is_external;
		const char *want;
	} rows[] = {
		{TOPO_XMPP_FEDERATED, true,
		 "<message xmlns:le3='urn:lync-edge:xmpp:1' "
		 "le3:verified='true' le3:partner-type='Federated' "
		 "le3:auth='external'><body/></message>"},
		{TOPO_XMPP_VERIFIED, false,
		 "le3:verified='true' le3:partner-type='PublicVerified' "
		 "le3:auth='dialback'"},
		{TOPO_XMPP_UNVERIFIED, true,
		 "le3:verified='false' le3:partner-type='PublicUnverified' "
		 "le3:auth='external'"},
	};
	struct topo_xmpp_partner partner = {.domain = "fabrikam.com",
					    .trust = rows[_i].trust};
	const struct acc_xmpp_speaker s = {&partner, "fabrikam.com",
					   "contoso.com", rows[_i].is_external};
	const struct acc_xmpp_item i =
		stanza("<message><body/></message>", NULL);
	struct xmpp_end *g = xmpp_gateway("fe01.corp");
	struct acc_xmpp_link *gateway = xmpp_newest(), *l;

	xmpp_partner_open("fabrikam.com");
	l = xmpp_newest();
	xmpp_forget(g);
	acc_xmpp_inward(l, &i, &s);
	xmpp_hears(g, rows[_i].want);
	ck_assert_uint_eq(l->taken, 1);
	ck_assert_uint_eq(gateway->given, 1);
	ck_assert_uint_eq(xmpp_stat(ACC_STAT_XMPP_STANZAS_IN), 1);
}
END_TEST

/* A gateway that reads nothing holds its senders up; nothing is lost. */
START_TEST(xmpp_proxy_waits_for_a_gateway_that_does_not_read)
{
	const struct topo_xmpp_partner partner = {.domain = "fabrikam.com"};
	const struct acc_xmpp_speaker s = {&partner, "fabrikam.com",
					   "contoso.com", true};
	static char text[30000];
	struct acc_xmpp_item i;
	struct acc_xmpp_link *l, *gateway;
	struct xmpp_end *g;
	unsigned sent = 0;

	memset(text, 'x', sizeof(text) - 1);
	memcpy(text, "<message>", 9);
	memcpy(text + sizeof(text) - 11, "</message>", 10);
	i = stanza(text, "chat");
	g = xmpp_gateway("fe01.corp");
	gateway = xmpp_newest();
	xmpp_partner_open("fabrikam.com");
	l = xmpp_newest();
	while (!l->held && sent < 1000) {
		acc_xmpp_inward(l, &i, &s);
		sent++;
		xmpp_turn(1);
	}
	ck_assert_uint_eq(l->held, ACC_XMPP_HOLD_QUEUE);
	ck_assert_uint_eq(l->waits_for, gateway->id);
	for (int n = 0; n < 1000 && l->held; n++) {
		xmpp_forget(g);
		xmpp_seen(g);
	}
	ck_assert_uint_eq(l->held, 0);
	ck_assert_uint_eq(gateway->given, sent);
	ck_assert(!heard("reason=queue"));
}
END_TEST

START_TEST(xmpp_proxy_drops_what_may_not_be_answered)
{
	const struct topo_xmpp_partner partner = {.domain = "fabrikam.com"};
	const struct acc_xmpp_speaker s = {&partner, "fabrikam.com",
					   "contoso.com", true};
	struct acc_xmpp_item i = stanza("<message/>", "error");

	xmpp_partner_open("fabrikam.com");
	acc_xmpp_inward(xmpp_newest(), &i, &s); /* no gateway is there */
	ck_assert_uint_eq(
		xmpp_stat(ACC_STAT_XMPP_DROPPED + ACC_XMPP_R_GATEWAY_ABSENT),
		1);
	i = stanza("<message/>", "chat");
	acc_xmpp_inward(xmpp_newest(), &i, &s);
	ck_assert_uint_eq(
		xmpp_stat(ACC_STAT_XMPP_BOUNCED + ACC_XMPP_R_GATEWAY_ABSENT),
		1);
}
END_TEST

START_TEST(xmpp_proxy_knows_the_domain_of_a_jid)
{
	char domain[ACC_XMPP_DOMAIN_LEN];

	ck_assert(acc_xmpp_domain_of(domain, edge_slice_str("a@B.c/d@e")));
	ck_assert_str_eq(domain, "b.c");
	ck_assert(!acc_xmpp_domain_of(domain, edge_slice_str("a@")));
	ck_assert(!acc_xmpp_domain_of(domain, (struct edge_slice){0}));
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("xmpp_proxy");
	TCase *t = xmpp_world_case(s, "proxy");

	tcase_add_loop_test(t, xmpp_proxy_says_who_speaks, 0, 3);
	tcase_add_test(t, xmpp_proxy_waits_for_a_gateway_that_does_not_read);
	tcase_add_test(t, xmpp_proxy_drops_what_may_not_be_answered);
	tcase_add_test(t, xmpp_proxy_knows_the_domain_of_a_jid);
	return s;
}
