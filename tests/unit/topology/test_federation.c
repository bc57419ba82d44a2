/* Partners, providers and XMPP: from an export to the snapshot. AE 3, 6.1. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/suite.h"
#include "tests/support/topo_doc.h"
#include "topology/diff.h"
#include "topology/snap.h"

#define SELF "edge01.corp.contoso.com"

static struct topo_doc d;

static void setup(void)
{
	topo_doc_load(&d, "07-docitemset-federation.xml");
}

static void teardown(void)
{
	topo_doc_fini(&d);
}

/* clang-format off */
static const char *const facts[] = {
	"allowed\tfabrikam.com(via sip.fabrikam.com) litwareinc.com woodgrovebank.com(via edge.woodgrovebank.com)",
	"allowed.levels\tlitwareinc.com=AlwaysUnverifiable woodgrovebank.com=AlwaysVerifiable",
	"allowed.monitored\tlitwareinc.com",
	"blocked\tadatum.com proseware.com",
	"settings.federation\tclearinghouse=yes discovered=AlwaysUnverifiable rate=7 report=30 limitscontacts=yes contacts=50 accepted=200 rejected=100 percent=10 srvcache=0",
	"settings.proxy\twhitespace=yes keepalive=20 tlscount=4 clientbody=128 serverbody=5000",
	"settings.proxy.more\tdnsrecords=2000 partnerpolling=yes",
	"provider.000\thosting sipfed.consolidated.example UseSourceVerification,enabled=yes,shared=yes,users=yes,local=no,decorated=- Consolidated",
	"provider.001\thosting exap.um.example AlwaysVerifiable,enabled=yes,shared=yes,users=no,local=no,decorated=- Exchange UM",
	"provider.002\thosting sip.notyet.example AlwaysVerifiable,enabled=no,shared=no,users=no,local=no,decorated=- Not Yet",
	"provider.003\tpublic federation.messenger.example AlwaysVerifiable,enabled=yes,shared=no,users=no,local=no,decorated=msn.example Messenger",
	"provider.004\tpublic sip.oldim.example AlwaysVerifiable,enabled=no,shared=no,users=no,local=no,decorated=- Old IM",
	"xmpp.partners\tjabber.example university.example gmail.example",
	"xmpp.partner.000\tjabber.example type=Federated tls=Required sasl=Required dialback=no keepalive=yes connections=10 proxy=xmpp.jabber.example more=chat.jabber.example,rooms.jabber.example",
	"xmpp.partner.001\tuniversity.example type=PublicVerified tls=Required sasl=NotSupported dialback=yes keepalive=yes connections=0 proxy=- more=-",
	"xmpp.partner.002\tgmail.example type=PublicUnverified tls=NotSupported sasl=NotSupported dialback=yes keepalive=no connections=0 proxy=- more=googlemail.example",
	"xmpp.gateway\tconnections=500 perpartner=15 establish=45 idle=300 keepalive=120",
	/* SHA-256 of the sample's passphrase */
	"xmpp.dialbackkey\ta7136eb1f46c9ef18c5e78c36ca257067c69b3d518285f0b18a96c33beae9acc",
	"listen.xmpp.outside\t192.0.2.21:5269/tls",
	"listen.xmpp.inside\t172.16.20.21:23456/mtls",
	"notserved\t-",
	/* the Directors are not among them */
	"trust.xmpp\tfepool01.corp.contoso.com fe01.corp.contoso.com fe02.corp.contoso.com fe03.corp.contoso.com",
};
/* clang-format on */

START_TEST(federation_yields_its_facts)
{
	char line[1024];

	(void)topo_doc_topo(&d, SELF);
	(void)snprintf(line, sizeof(line), "\n%s\n", facts[_i]);
	ck_assert_msg(strstr(d.snap, line), "no '%s' in\n%s", facts[_i],
		      d.snap);
	ck_assert_ptr_null(strstr(d.snap, "s3cr3t"));
}
END_TEST

START_TEST(federation_counts_nothing_unknown)
{
	(void)topo_doc_topo(&d, SELF);
	for (size_t i = 0; i < TOPO_UNKNOWN_KINDS; i++)
		ck_assert_msg(!d.draft->unknown[i], "%s",
			      d.draft->unknown_shown[0]);
}
END_TEST

START_TEST(federation_fills_the_struct)
{
	const struct topo *t = topo_doc_topo(&d, SELF);

	ck_assert(t->access.clearing_house && t->access.limits_contacts);
	ck_assert_int_eq(t->access.discovered_level, TOPO_VERIFY_NEVER);
	ck_assert_uint_eq(t->access.discovered_rate, 7);
	ck_assert_uint_eq(t->access.contacts_max, 50);
	ck_assert_uint_eq(t->access.report_min, 30);
	ck_assert_uint_eq(t->access.accepted_certs, 200);
	ck_assert_uint_eq(t->access.rejected_certs, 100);
	ck_assert_uint_eq(t->access.dropped_percent, 10);
	ck_assert_uint_eq(t->proxy.dns_records, 2000);
	ck_assert(t->proxy.partner_polling);
	ck_assert_int_eq(t->allowed[0].verification, TOPO_VERIFY_SOURCE);
	ck_assert_int_eq(t->allowed[1].verification, TOPO_VERIFY_NEVER);
	ck_assert_int_eq(t->allowed[2].verification, TOPO_VERIFY_ALWAYS);
	ck_assert(!t->allowed[0].is_monitored && t->allowed[1].is_monitored);
	ck_assert_str_eq(t->providers[3].decorated, "msn.example");
	ck_assert(t->providers[0].hosts_users && !t->providers[1].hosts_users);
	ck_assert_str_eq(t->listen[TOPO_PORT_XMPP_OUTSIDE].protocol, "tls");
	ck_assert_str_eq(t->listen[TOPO_PORT_XMPP_INSIDE].protocol, "mtls");
	ck_assert(topo_is_trusted(t, edge_slice_str("fe02.corp.contoso.com"),
				  TOPO_TRUST_XMPP));
	ck_assert(!topo_is_trusted(t, edge_slice_str("dir01.corp.contoso.com"),
				   TOPO_TRUST_XMPP));
}
END_TEST

static void defaults_are(const struct topo *t)
{
	ck_assert_uint_eq(t->access.discovered_rate, 20);
	ck_assert_uint_eq(t->access.report_min, 60);
	ck_assert(t->access.limits_contacts && !t->access.clearing_house);
	ck_assert_uint_eq(t->access.contacts_max, 1000);
	ck_assert_uint_eq(t->access.accepted_certs, 1000);
	ck_assert_uint_eq(t->access.rejected_certs, 500);
	ck_assert_uint_eq(t->access.dropped_percent, 20);
	ck_assert_uint_eq(t->access.srv_cache, 0);
	ck_assert_int_eq(t->access.discovered_level, TOPO_VERIFY_SOURCE);
	ck_assert_int_eq(t->access.route_level, TOPO_VERIFY_SOURCE);
	ck_assert_uint_eq(t->proxy.dns_records, 3000);
	ck_assert(!t->proxy.partner_polling);
	ck_assert_uint_eq(t->xmpp_count, 0);
	ck_assert_uint_eq(t->xmpp_gateway.connections, 1000);
	ck_assert_uint_eq(t->xmpp_gateway.partner_connections, 20);
	ck_assert_uint_eq(t->xmpp_gateway.establish_s, 60);
	ck_assert_uint_eq(t->xmpp_gateway.idle_s, 600);
	ck_assert_uint_eq(t->xmpp_gateway.keep_alive_s, 300);
	ck_assert_ptr_null(t->xmpp_gateway.dialback_key);
}

START_TEST(federation_defaults_when_only_a_topology_is_there)
{
	teardown();
	topo_doc_load(&d, "02-edge-pool-director.xml");
	defaults_are(topo_doc_topo(&d, SELF));
}
END_TEST

/* Facts that snapshots before federation lack are left out again. */
START_TEST(federation_defaults_in_a_snapshot_of_an_earlier_version)
{
	static const char *const gone[] = {
		"settings.federation\t", "settings.proxy.more\t",
		"allowed.levels\t",	 "allowed.monitored\t",
		"xmpp.gateway\t",	 "xmpp.dialbackkey\t",
		"listen.xmpp.inside\t",	 "listen.xmpp.outside\t",
		"trust.xmpp\t",
	};
	const struct topo *t = NULL;
	char why[160];

	teardown();
	topo_doc_load(&d, "02-edge-pool-director.xml");
	(void)topo_doc_topo(&d, SELF);
	for (size_t i = 0; i < sizeof(gone) / sizeof(*gone); i++) {
		char *at = strstr(d.snap, gone[i]);
		size_t len;

		ck_assert_msg(at, "no %s", gone[i]);
		len = strcspn(at, "\n") + 1;
		memmove(at, at + len, strlen(at + len) + 1);
	}
	ck_assert_msg(topo_snap_decode(&t, edge_slice_str(d.snap), 1, why,
				       sizeof(why)) == EDGE_OK,
		      "%s", why);
	defaults_are(t);
	topo_drop(t);
}
END_TEST

static void swap(struct topo_doc *text, const char *key, const char *value)
{
	char from[1024], to[1024];
	char *at = strstr(text->bytes, key);

	ck_assert_msg(at, "no %s", key);
	(void)snprintf(from, sizeof(from), "%.*s", (int)strcspn(at, "\n"), at);
	(void)snprintf(to, sizeof(to), "%s%s", key, value);
	topo_doc_replace(text, from, to);
}

/* As they were: enabled providers alone, any word for the level. */
START_TEST(federation_takes_facts_of_an_earlier_version)
{
	struct topo_doc text;
	const struct topo *t;
	char why[160];

	(void)topo_doc_topo(&d, SELF);
	topo_doc_text(&text, d.snap, d.snap_len);
	swap(&text, "provider.000\t",
	     "hosting sip.a.test UseSourceVerification A b");
	swap(&text, "provider.001\t", "hosting sip.b.test - B");
	swap(&text, "provider.003\t", "public sip.c.test Whatever C");
	for (size_t i = 0; i < 3; i++) {
		char *at = strstr(text.bytes, "xmpp.partner.");
		size_t len = strcspn(at, "\n") + 1;

		memmove(at, at + len, strlen(at + len) + 1);
		text.len -= len;
	}
	ck_assert_msg(topo_snap_decode(&t, edge_slice(text.bytes, text.len), 1,
				       why, sizeof(why)) == EDGE_OK,
		      "%s", why);
	ck_assert_str_eq(t->providers[0].name, "A b");
	ck_assert(t->providers[0].is_enabled && t->providers[1].is_enabled);
	ck_assert_int_eq(t->providers[0].level, TOPO_VERIFY_SOURCE);
	ck_assert_int_eq(t->providers[1].level, TOPO_VERIFY_ALWAYS);
	ck_assert_int_eq(t->providers[3].level, TOPO_VERIFY_ALWAYS);
	ck_assert_uint_eq(t->xmpp_count, 3);
	ck_assert_str_eq(t->xmpp[2].domain, "gmail.example");
	ck_assert_int_eq(t->xmpp[2].tls, TOPO_XMPP_REQUIRED);
	topo_drop(t);
	topo_doc_fini(&text);
}
END_TEST

START_TEST(federation_survives_the_codec)
{
	const struct topo *t = topo_doc_topo(&d, SELF);
	char *text;
	size_t len;

	ck_assert_int_eq(topo_snap_encode(&text, &len, t), EDGE_OK);
	ck_assert_str_eq(text, d.snap);
	free(text);
}
END_TEST

START_TEST(federation_fails_on_every_strict_prefix_of_a_fact)
{
	const struct topo *t;
	const char *at;

	(void)topo_doc_topo(&d, SELF);
	at = strchr(strstr(d.snap, "\nxmpp.partner.000") + 1, '\t') + 1;
	for (size_t n = 1; n < strcspn(at, "\n"); n++) {
		struct topo_doc text;
		char value[1024];
		enum edge_err err;

		topo_doc_text(&text, d.snap, d.snap_len);
		(void)snprintf(value, sizeof(value), "%.*s", (int)n, at);
		swap(&text, "xmpp.partner.000\t", value);
		err = topo_snap_decode(&t, edge_slice(text.bytes, text.len), 1,
				       NULL, 0);
		/* a shorter last name is a name */
		if (!err)
			topo_drop(t);
		ck_assert_msg(err || strstr(value, "more="), "%s", value);
		topo_doc_fini(&text);
	}
}
END_TEST

/* clang-format off */
static const struct bad {
	const char *key, *value;
} bads[] = {
	{"allowed.levels\t", "litwareinc.com=Sometimes"},
	{"allowed.levels\t", "litwareinc.com"},
	{"allowed.levels\t", "other.com=AlwaysVerifiable"},
	{"allowed.levels\t", "woodgrovebank.com=AlwaysVerifiable litwareinc.com=AlwaysVerifiable"},
	{"allowed.levels\t", "litwareinc.com=AlwaysVerifiable "},
	{"allowed.monitored\t", "other.com"},
	{"allowed.monitored\t", "litwareinc.com litwareinc.com"},
	{"settings.federation\t", "clearinghouse=yes"},
	{"settings.federation\t", "clearinghouse=yes discovered=AlwaysUnverifiable rate=-1 report=30 limitscontacts=yes contacts=50 accepted=200 rejected=100 percent=10 srvcache=0"},
	{"settings.federation\t", "clearinghouse=yes discovered=AlwaysUnverifiable rate=1 report=30 limitscontacts=yes contacts=50 accepted=200 rejected=100 percent=101 srvcache=0"},
	{"settings.federation\t", "clearinghouse=1 discovered=AlwaysUnverifiable rate=1 report=30 limitscontacts=yes contacts=50 accepted=200 rejected=100 percent=10 srvcache=0"},
	{"settings.federation\t", "clearinghouse=yes discovered=AlwaysUnverifiable rate=1 report=30 limitscontacts=yes contacts=50 accepted=200 rejected=100 percent=10 srvcache=0 x=1"},
	{"settings.proxy.more\t", "dnsrecords=2000"},
	{"provider.000\t", "private sip.a.test AlwaysVerifiable A"},
	{"provider.000\t", "public sip.a.test AlwaysVerifiable"},
	{"provider.000\t", "public sip.a.test Whatever,enabled=no,shared=no,users=no,local=no,decorated=- A"},
	{"provider.000\t", "public sip.a.test AlwaysVerifiable,enabled=no A"},
	{"provider.000\t", "public sip.a.test AlwaysVerifiable,enabled=no,shared=no,users=no,local=no,decorated=-,x A"},
	{"provider.000\t", "public sip.a.test AlwaysVerifiable,enabled=no,shared=no,users=no,local=no,decorated=A.b A"},
	{"xmpp.partners\t", "jabber.example"},
	{"xmpp.partners\t", "jabber.example gmail.example university.example"},
	{"xmpp.partner.001\t", "university.example type=Friend tls=Required sasl=NotSupported dialback=yes keepalive=yes connections=0 proxy=- more=-"},
	{"xmpp.partner.001\t", "university.example type=Federated tls=Required sasl=NotSupported dialback=yes keepalive=yes connections=0 proxy=- more="},
	{"xmpp.partner.001\t", "university.example type=Federated tls=Required sasl=NotSupported dialback=yes keepalive=yes connections=0 proxy=- more=a.b,"},
	{"xmpp.partner.001\t", "- type=Federated tls=Required sasl=NotSupported dialback=yes keepalive=yes connections=0 proxy=- more=-"},
	{"xmpp.gateway\t", "connections=65536 perpartner=15 establish=45 idle=300 keepalive=120"},
	{"xmpp.dialbackkey\t", "a7136eb1"},
	{"xmpp.dialbackkey\t", "A7136eb1f46c9ef18c5e78c36ca257067c69b3d518285f0b18a96c33beae9acc"},
	{"listen.xmpp.outside\t", "192.0.2.21:5269/tcp"},
	{"trust.xmpp\t", "Fe01"},
};
/* clang-format on */

START_TEST(federation_refuses_a_malformed_fact)
{
	const struct bad *b = &bads[_i];
	struct topo_doc text;
	const struct topo *t = NULL;
	char why[160], key[64];

	(void)topo_doc_topo(&d, SELF);
	topo_doc_text(&text, d.snap, d.snap_len);
	swap(&text, b->key, b->value);
	ck_assert_int_eq(topo_snap_decode(&t, edge_slice(text.bytes, text.len),
					  1, why, sizeof(why)),
			 EDGE_EFORMAT);
	(void)snprintf(key, sizeof(key), ": %.*s: malformed",
		       (int)strcspn(b->key, "\t"), b->key);
	ck_assert_msg(strstr(why, key), "'%s' not in '%s'", key, why);
	topo_doc_fini(&text);
}
END_TEST

/* AE 6.1: no partner, no XMPP; AE 1.1: the Access address, whatever it says. */
START_TEST(federation_serves_xmpp_only_with_a_partner)
{
	teardown();
	topo_doc_load(&d, "03-multi-domain-federation.xml");
	(void)topo_doc_topo(&d, SELF);
	ck_assert(!d.topo->listen[TOPO_PORT_XMPP_OUTSIDE].present);
	ck_assert_uint_eq(d.topo->not_served.count, 2);
	teardown();
	setup();
	topo_doc_replace(&d, "InterfaceNumber=\"1\" Port=\"5269\"",
			 "InterfaceNumber=\"2\" Port=\"5269\"");
	(void)topo_doc_topo(&d, SELF);
	ck_assert_ptr_nonnull(
		strstr(d.snap, "\nlisten.xmpp.outside\t192.0.2.21:5269/tls\n"));
}
END_TEST

/* AE 6: a next hop that is a Front End is one; a Director never. */
START_TEST(federation_trusts_front_ends_with_xmpp)
{
	teardown();
	topo_doc_load(&d, "01-single-edge-minimal.xml");
	(void)topo_doc_topo(&d, SELF);
	ck_assert_ptr_nonnull(
		strstr(d.snap, "\ntrust.xmpp\tfe01.corp.contoso.com\n"));
	teardown();
	topo_doc_load(&d, "02-edge-pool-director.xml");
	topo_doc_replace(&d, "IsDirector=\"false\"", "IsDirector=\"true\"");
	(void)topo_doc_topo(&d, SELF);
	ck_assert_ptr_nonnull(strstr(d.snap, "\ntrust.xmpp\t-\n"));
}
END_TEST

START_TEST(federation_takes_child_elements_and_old_names)
{
	const struct topo *t;

	topo_doc_replace(&d, "BeClearingHouse=\"true\" ", "");
	topo_doc_replace(&d, "AllowOutsideUsers=\"true\"",
			 "AllowRemoteUser=\"false\"");
	topo_doc_replace(&d, "<RoutingMethod>",
			 "<BeClearingHouse>1</BeClearingHouse>"
			 "<DnsSrvCacheRecordCount>77</DnsSrvCacheRecordCount>"
			 "<RoutingMethod>");
	topo_doc_replace(&d,
			 "<AdditionalDomains><Domain>chat.jabber.example"
			 "</Domain><Domain>rooms.jabber.example</Domain>"
			 "</AdditionalDomains>",
			 "<AdditionalDomains>Chat.jabber.example, "
			 "rooms.jabber.example;not..one</AdditionalDomains>"
			 "<EnableKeepAlive>false</EnableKeepAlive>");
	topo_doc_replace(&d, "EnableKeepAlive=\"true\" Conn", "Conn");
	t = topo_doc_topo(&d, SELF);
	ck_assert(t->access.clearing_house && !t->access.outside_users);
	ck_assert_uint_eq(t->access.srv_cache, 77);
	ck_assert_uint_eq(t->xmpp[0].more.count, 2);
	ck_assert_str_eq(t->xmpp[0].more.v[0], "chat.jabber.example");
	ck_assert(!t->xmpp[0].keep_alive);
}
END_TEST

START_TEST(federation_keeps_the_default_of_a_value_out_of_range)
{
	const struct topo *t;

	topo_doc_replace(&d, "StandardRate=\"7\"", "StandardRate=\"0\"");
	topo_doc_replace(&d, "Percentage=\"10\"", "Percentage=\"101\"");
	topo_doc_replace(&d, "PartnerType=\"Federated\"",
			 "PartnerType=\"Friend\"");
	topo_doc_replace(&d, "PT5M", "soon");
	topo_doc_replace(&d, "KeepAliveInterval=\"120\"",
			 "KeepAliveInterval=\"P2D\"");
	topo_doc_replace(&d, "EnabledSharedAddressSpace=\"true\"",
			 "EnabledSharedAddressSpace=\"yes\"");
	t = topo_doc_topo(&d, SELF);
	ck_assert_uint_eq(t->access.discovered_rate, 20);
	ck_assert_uint_eq(t->access.dropped_percent, 20);
	ck_assert_int_eq(t->xmpp[0].trust, TOPO_XMPP_UNVERIFIED);
	ck_assert_uint_eq(t->xmpp_gateway.idle_s, 600);
	ck_assert_uint_eq(t->xmpp_gateway.keep_alive_s, 300);
	ck_assert(!t->providers[0].shares_address_space);
	ck_assert_uint_eq(d.draft->unknown[TOPO_UNKNOWN_ATTRIBUTE], 6);
}
END_TEST

/* The first of doubles; what cannot work is left out. AE 6.2. */
START_TEST(federation_leaves_out_what_cannot_be)
{
	const struct topo *t;

	topo_doc_replace(&d, "Domain=\"woodgrovebank.com\"",
			 "Domain=\"Fabrikam.com.\"");
	topo_doc_replace(&d, "ProxyFqdn=\"sip.oldim.example\"",
			 "ProxyFqdn=\"exap.um.example\"");
	topo_doc_replace(&d,
			 "\"NotSupported\" SupportDialbackNegotiation="
			 "\"true\" />",
			 "\"NotSupported\" SupportDialbackNegotiation="
			 "\"false\" />");
	t = topo_doc_topo(&d, SELF);
	ck_assert_uint_eq(t->allowed_count, 2);
	ck_assert_str_eq(t->allowed[0].proxy_fqdn, "sip.fabrikam.com");
	ck_assert_uint_eq(t->provider_count, 4);
	ck_assert_uint_eq(t->xmpp_count, 2);
	ck_assert_str_eq(t->xmpp[1].domain, "gmail.example");
}
END_TEST

START_TEST(federation_looks_up_providers_and_xmpp_partners)
{
	const struct topo *t = topo_doc_topo(&d, SELF);
	const struct topo_provider *p = topo_find_provider(
		t, edge_slice_str("Federation.Messenger.example."));

	ck_assert_ptr_nonnull(p);
	ck_assert_str_eq(p->name, "Messenger");
	p = topo_find_provider(t, edge_slice_str("sip.oldim.example"));
	ck_assert(p && !p->is_enabled);
	ck_assert_ptr_null(
		topo_find_provider(t, edge_slice_str("messenger.example")));
	ck_assert_ptr_null(topo_find_provider(t, edge_slice_str("")));
	ck_assert_ptr_eq(topo_find_xmpp(t, edge_slice_str("Jabber.Example")),
			 &t->xmpp[0]);
	ck_assert_ptr_eq(
		topo_find_xmpp(t, edge_slice_str("chat.JABBER.example.")),
		&t->xmpp[0]);
	ck_assert_ptr_eq(
		topo_find_xmpp(t, edge_slice_str("googlemail.example")),
		&t->xmpp[2]);
	ck_assert_ptr_null(
		topo_find_xmpp(t, edge_slice_str("other.jabber.example")));
	ck_assert_ptr_null(
		topo_find_partner(t, edge_slice_str("sales.fabrikam.com")));
}
END_TEST

/* A diff is for people: no secret in it. */
START_TEST(federation_diff_hides_the_secret)
{
	struct topo_diff *diff;
	struct topo_doc b;
	char line[1024];
	bool seen = false;

	topo_doc_load(&b, "07-docitemset-federation.xml");
	topo_doc_replace(&b, "s3cr3tf0rd14lb4ck", "another");
	topo_doc_replace(&b, "StreamEstablishmentTimeout=\"45\"", "");
	ck_assert_int_eq(topo_diff_new(&diff, topo_doc_topo(&d, SELF),
				       topo_doc_topo(&b, SELF)),
			 EDGE_OK);
	ck_assert(diff->xmpp && !diff->federation && !diff->trusted);
	ck_assert_uint_eq(diff->fact_count, 2);
	for (size_t i = 0; i < diff->fact_count; i++) {
		(void)topo_fact_change_print(&diff->facts[i], line,
					     sizeof(line));
		seen |= !strcmp(line, "~ xmpp.dialbackkey (secret) -> "
				      "(secret)");
	}
	ck_assert(seen);
	topo_diff_free(diff);
	topo_doc_fini(&b);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("federation");
	TCase *tc = tcase_create("export");

	tcase_set_timeout(tc, 20);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, federation_yields_its_facts, 0,
			    (int)(sizeof(facts) / sizeof(*facts)));
	tcase_add_test(tc, federation_counts_nothing_unknown);
	tcase_add_test(tc, federation_fills_the_struct);
	tcase_add_test(tc, federation_defaults_when_only_a_topology_is_there);
	tcase_add_test(tc,
		       federation_defaults_in_a_snapshot_of_an_earlier_version);
	tcase_add_test(tc, federation_takes_facts_of_an_earlier_version);
	tcase_add_test(tc, federation_survives_the_codec);
	tcase_add_test(tc, federation_fails_on_every_strict_prefix_of_a_fact);
	tcase_add_loop_test(tc, federation_refuses_a_malformed_fact, 0,
			    (int)(sizeof(bads) / sizeof(*bads)));
	tcase_add_test(tc, federation_serves_xmpp_only_with_a_partner);
	tcase_add_test(tc, federation_trusts_front_ends_with_xmpp);
	tcase_add_test(tc, federation_takes_child_elements_and_old_names);
	tcase_add_test(tc,
		       federation_keeps_the_default_of_a_value_out_of_range);
	tcase_add_test(tc, federation_leaves_out_what_cannot_be);
	tcase_add_test(tc, federation_looks_up_providers_and_xmpp_partners);
	tcase_add_test(tc, federation_diff_hides_the_secret);
	suite_add_tcase(s, tc);
	return s;
}
