/* Settings of an export: both spellings, scopes, defaults. TO 1.9. */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "tests/support/suite.h"
#include "tests/support/topo_doc.h"

#define SELF "edge01.corp.contoso.com"
#define ED   "urn:schema:Microsoft.Rtc.Management.Settings.Edge.2008"

static struct topo_doc d;

static void setup(void)
{
	topo_doc_load(&d, "04-docitemset-pool.xml");
}

static void teardown(void)
{
	topo_doc_fini(&d);
}

static const char access_attrs[] =
	"AllowAnonymousUsers=\"true\" AllowFederatedUsers=\"true\" "
	"AllowOutsideUsers=\"true\" EnableArchivingDisclaimer=\"false\" "
	"KeepCrlsUpToDateForPeers=\"true\" "
	"MarkSourceVerifiableOnOutgoingMessages=\"true\" "
	"OutgoingTlsCountForFederatedPartners=\"4\"><RoutingMethod>"
	"<UseDnsSrvRouting EnablePartnerDiscovery=\"true\" /></RoutingMethod>";

/* Add one more DocItem with a settings element of a scope. */
static void add_item(const char *scope, const char *key, const char *body)
{
	char text[2048];

	(void)snprintf(
		text, sizeof(text),
		"<DocItem Name=\"x\"><Data><AnchoredXml xmlns=\"urn:schema:"
		"Microsoft.Rtc.Management.ScopeFramework.2008\"><Key "
		"ScopeClass=\"%s\" /><Dictionary Count=\"1\"><Item><Key %s/>"
		"<Value>%s</Value></Item></Dictionary></AnchoredXml></Data>"
		"</DocItem></DocItemSet>",
		scope, key, body);
	topo_doc_replace(&d, "</DocItemSet>", text);
}

START_TEST(settings_are_read_from_attributes)
{
	const struct topo *t = topo_doc_topo(&d, SELF);

	ck_assert(t->access.outside_users && t->access.anonymous_users);
	ck_assert(t->access.federated_users && t->access.discovery);
	ck_assert(t->access.keep_crls && t->access.mark_verifiable);
	ck_assert(!t->access.archiving_disclaimer);
}
END_TEST

START_TEST(settings_are_read_from_child_elements)
{
	const struct topo *t;

	topo_doc_replace(
		&d, access_attrs,
		"><AllowAnonymousUsers>true</AllowAnonymousUsers>"
		"<AllowFederatedUsers> true </AllowFederatedUsers>"
		"<AllowOutsideUsers>0</AllowOutsideUsers>"
		"<EnableArchivingDisclaimer>1</EnableArchivingDisclaimer>"
		"<KeepCrlsUpToDateForPeers>false</KeepCrlsUpToDateForPeers>"
		"<OutgoingTlsCountForFederatedPartners>2"
		"</OutgoingTlsCountForFederatedPartners>");
	topo_doc_replace(&d,
			 "<AllowedDomain Domain=\"litwareinc.com\" "
			 "MarkForMonitoring=\"false\" />",
			 "<AllowedDomain><Domain>Litware.test</Domain>"
			 "<ProxyFqdn>sip.litware.test</ProxyFqdn>"
			 "</AllowedDomain>");
	topo_doc_replace(&d, "MaxTokenLifetime=\"PT8H\" ", "");
	topo_doc_replace(&d, "MaxBandwidthPerPortKb=\"3000\" />",
			 "><MaxTokenLifetime>04:30:00</MaxTokenLifetime>"
			 "</MediaRelaySettings>");
	t = topo_doc_topo(&d, SELF);
	ck_assert(!t->access.outside_users && t->access.anonymous_users);
	ck_assert(t->access.federated_users && !t->access.keep_crls);
	ck_assert(t->access.archiving_disclaimer && !t->access.discovery);
	ck_assert_uint_eq(t->access.tls_count, 2);
	ck_assert_str_eq(t->allowed[1].domain, "litware.test");
	ck_assert_str_eq(t->allowed[1].proxy_fqdn, "sip.litware.test");
	ck_assert_uint_eq(t->token_lifetime_s, 16200);
	ck_assert_ptr_nonnull(strstr(d.snap, "token.lifetime\t270m\n"));
}
END_TEST

START_TEST(settings_default_when_absent)
{
	const struct topo *t;

	teardown();
	topo_doc_load(&d, "02-edge-pool-director.xml");
	t = topo_doc_topo(&d, SELF);
	ck_assert(t->access.outside_users && t->access.keep_crls);
	ck_assert(t->access.mark_verifiable && !t->access.anonymous_users);
	ck_assert(!t->access.federated_users && !t->access.discovery);
	ck_assert_uint_eq(t->access.tls_count, 4);
	ck_assert_uint_eq(t->token_lifetime_s, 28800);
}
END_TEST

START_TEST(settings_default_route_excludes_srv)
{
	const struct topo *t;

	topo_doc_replace(&d,
			 "<UseDnsSrvRouting EnablePartnerDiscovery=\"true\" />",
			 "<UseDefaultRouting DefaultRouteFqdn=\"Hub.test\" "
			 "VerificationLevel=\"AlwaysVerifiable\" "
			 "IsPublicProvider=\"true\" EnablePartnerDiscovery="
			 "\"true\" />");
	t = topo_doc_topo(&d, SELF);
	ck_assert_str_eq(t->access.default_route, "hub.test");
	ck_assert_int_eq(t->access.route_level, TOPO_VERIFY_ALWAYS);
	ck_assert(t->access.route_is_public && !t->access.discovery);
	ck_assert_ptr_nonnull(strstr(d.snap, "routing=default discovery=no"));
}
END_TEST

START_TEST(settings_take_known_domains_as_discovery)
{
	topo_doc_replace(&d, "EnablePartnerDiscovery=\"true\"", "");
	topo_doc_replace(&d, "<AllowedDomain Domain=\"fabrikam.com\"",
			 "<AllowAllKnownDomains /><AllowedDomain "
			 "Domain=\"fabrikam.com\"");
	ck_assert(topo_doc_topo(&d, SELF)->access.discovery);
}
END_TEST

START_TEST(settings_count_what_they_cannot_read)
{
	topo_doc_replace(&d, "AllowOutsideUsers=\"true\"",
			 "AllowOutsideUsers=\"perhaps\"");
	topo_doc_replace(&d, "Partners=\"4\"", "Partners=\"9\"");
	topo_doc_replace(&d, "PT8H", "P1Y");
	ck_assert_uint_eq(topo_doc_topo(&d, SELF)->access.tls_count, 4);
	ck_assert_uint_eq(d.topo->token_lifetime_s, 28800);
	ck_assert(d.topo->access.outside_users);
	ck_assert_uint_eq(d.draft->unknown[TOPO_UNKNOWN_ATTRIBUTE], 3);
	ck_assert_str_eq(d.findings.items[0].code, "TOPO-VER-001");
}
END_TEST

START_TEST(settings_of_a_site_give_its_lifetime_only)
{
	add_item("Site", "SiteId=\"1\"",
		 "<MediaRelaySettings xmlns=\"" ED
		 "\" MaxTokenLifetime=\"PT2H\" />");
	add_item("Site", "SiteId=\"2\"",
		 "<MediaRelaySettings xmlns=\"" ED
		 "\" MaxTokenLifetime=\"PT3H\" />");
	add_item("Site", "SiteId=\"1\"",
		 "<AccessEdgeSettings xmlns=\"" ED
		 "\" AllowOutsideUsers=\"false\" />");
	ck_assert_uint_eq(topo_doc_topo(&d, SELF)->token_lifetime_s, 7200);
	ck_assert(d.topo->access.outside_users);
	ck_assert_uint_eq(d.draft->unknown[TOPO_UNKNOWN_ELEMENT], 1);
}
END_TEST

START_TEST(settings_list_providers_in_any_settings_namespace)
{
	const struct topo *t;

	add_item("Global", "",
		 "<PublicProviders xmlns=\"urn:schema:Microsoft.Rtc.Management."
		 "Settings.Other.2010\"><PublicProvider Name=\"Big IM\" "
		 "ProxyFqdn=\"fed.im.test\" Enabled=\"true\" "
		 "VerificationLevel=\"UseSourceVerification\" />"
		 "<PublicProvider Name=\"off\" ProxyFqdn=\"off.test\" "
		 "Enabled=\"false\" /></PublicProviders>");
	add_item("Global", "",
		 "<HostingProvider xmlns=\"" ED "\"><Name>Cloud</Name>"
		 "<ProxyFqdn>sip.cloud.test</ProxyFqdn></HostingProvider>");
	add_item("Global", "",
		 "<XmppAllowedPartner xmlns=\"" ED "\" Domain=\"jabber.test\""
		 " />");
	t = topo_doc_topo(&d, SELF);
	ck_assert_uint_eq(t->provider_count, 3);
	ck_assert_str_eq(t->providers[0].name, "Big IM");
	ck_assert_str_eq(t->providers[0].proxy_fqdn, "fed.im.test");
	ck_assert_int_eq(t->providers[0].level, TOPO_VERIFY_SOURCE);
	ck_assert(t->providers[0].is_enabled && t->providers[0].is_public);
	ck_assert(!t->providers[1].is_enabled && t->providers[1].is_public);
	ck_assert_int_eq(t->providers[1].level, TOPO_VERIFY_ALWAYS);
	/* AE 3.4: off unless it says otherwise */
	ck_assert_str_eq(t->providers[2].name, "Cloud");
	ck_assert(!t->providers[2].is_enabled && !t->providers[2].is_public);
	ck_assert_uint_eq(t->xmpp_count, 1);
	ck_assert_str_eq(t->xmpp[0].domain, "jabber.test");
	ck_assert_ptr_nonnull(strstr(d.snap, "\nxmpp.partners\tjabber.test\n"));
}
END_TEST

/* AE 3.2: attributes or elements, both names of the element. */
START_TEST(settings_of_the_proxy)
{
	static const char *const bodies[] = {
		"<ProxySettings xmlns=\"" ED "\" MaxClientMessageBodySizeKb="
		"\"64\" MaxServerMessageBodySizeKb=\"20000\" "
		"OutgoingTlsCount=\"2\" EnableWhiteSpaceKeepAlive=\"false\" "
		"MaxKeepAliveInterval=\"5\" Realm=\"r\" />",
		"<ProxyConfiguration xmlns=\"" ED "\">"
		"<MaxClientMessageBodySizeKb>64</MaxClientMessageBodySizeKb>"
		"<MaxServerMessageBodySizeKb>20000</MaxServerMessageBodySizeKb>"
		"<OutgoingTlsCount>2</OutgoingTlsCount><Realm>r</Realm>"
		"<EnableWhiteSpaceKeepAlive>false</EnableWhiteSpaceKeepAlive>"
		"<MaxKeepAliveInterval>5</MaxKeepAliveInterval>"
		"</ProxyConfiguration>"};
	const struct topo_proxy_settings *p = &topo_doc_topo(&d, SELF)->proxy;

	ck_assert(!p->no_white_space && !p->client_body_kb && !p->tls_count);
	teardown();
	setup();
	add_item("Global", "", bodies[_i]);
	p = &topo_doc_topo(&d, SELF)->proxy;
	ck_assert_uint_eq(p->client_body_kb, 64);
	ck_assert_uint_eq(p->server_body_kb, 20000);
	ck_assert_uint_eq(p->tls_count, 2);
	ck_assert_uint_eq(p->keep_alive_min, 5);
	ck_assert(p->no_white_space);
	ck_assert_uint_eq(d.draft->unknown[TOPO_UNKNOWN_ATTRIBUTE], 0);
	ck_assert_ptr_nonnull(
		strstr(d.snap, "settings.proxy\twhitespace=no keepalive=5 "
			       "tlscount=2 clientbody=64 serverbody=20000\n"));
}
END_TEST

/* AE 3.2: global, or of one Edge service, which then counts alone. */
/* clang-format off */
static const struct {
	const char *key;
	bool ours;
} services[] = {
	{"><ServiceId SiteId=\"1\" RoleName=\"EdgeServer\" Instance=\"1\" /></Key", true},
	{"><ServiceId SiteId=\"1\" RoleName=\"EdgeServer\" Instance=\"2\" /></Key", false},
	{"Name=\"service:EdgeServer:EdgePool01.corp.contoso.com\" /", true},
	{"Name=\"EdgeServer:other.corp.contoso.com\" /", false},
	{"Name=\"edgepool01.corp.contoso.com\" /", true},
	{"/", false},
};
/* clang-format on */

START_TEST(settings_of_the_proxy_of_one_service)
{
	const struct topo *t;
	char text[1024];

	add_item("Global", "",
		 "<ProxySettings xmlns=\"" ED "\" OutgoingTlsCount=\"3\" "
		 "MaxKeepAliveInterval=\"9\" />");
	(void)snprintf(text, sizeof(text),
		       "<DocItem Name=\"y\"><Data><AnchoredXml xmlns=\"urn:"
		       "schema:Microsoft.Rtc.Management.ScopeFramework.2008\">"
		       "<Key ScopeClass=\"Service\" /><Dictionary><Item><Key "
		       "%s><Value><ProxySettings xmlns=\"" ED
		       "\" OutgoingTlsCount=\"2\" /></Value></Item>"
		       "</Dictionary></AnchoredXml></Data></DocItem>"
		       "</DocItemSet>",
		       services[_i].key);
	topo_doc_replace(&d, "</DocItemSet>", text);
	t = topo_doc_topo(&d, SELF);
	ck_assert_uint_eq(t->proxy.tls_count, services[_i].ours ? 2 : 3);
	ck_assert_uint_eq(t->proxy.keep_alive_min, services[_i].ours ? 0 : 9);
	ck_assert_uint_eq(d.draft->unknown[TOPO_UNKNOWN_ELEMENT], 0);
}
END_TEST

START_TEST(settings_of_the_proxy_out_of_range)
{
	const struct topo_proxy_settings *p;

	add_item("Global", "",
		 "<ProxySettings xmlns=\"" ED "\" MaxClientMessageBodySizeKb="
		 "\"63\" MaxServerMessageBodySizeKb=\"20001\" "
		 "OutgoingTlsCount=\"0\" MaxKeepAliveInterval=\"x\" />");
	p = &topo_doc_topo(&d, SELF)->proxy;
	ck_assert_uint_eq(p->client_body_kb, 0);
	ck_assert_uint_eq(p->server_body_kb, 0);
	ck_assert_uint_eq(p->tls_count, 0);
	ck_assert_uint_eq(p->keep_alive_min, 0);
	ck_assert_uint_eq(d.draft->unknown[TOPO_UNKNOWN_ATTRIBUTE], 4);
}
END_TEST

START_TEST(settings_of_no_use_are_counted_and_ignored)
{
	add_item("Global", "",
		 "<ExternalAccessPolicy xmlns=\"urn:schema:Microsoft.Rtc."
		 "Management.Policy.2008\"><Deep><Deeper a=\"1\" /></Deep>"
		 "</ExternalAccessPolicy>");
	add_item("Global", "", "<Wonder xmlns=\"" ED "\" />");
	(void)topo_doc_topo(&d, SELF);
	ck_assert_uint_eq(d.draft->unknown[TOPO_UNKNOWN_ELEMENT], 2);
	ck_assert_uint_eq(d.draft->unknown[TOPO_UNKNOWN_ATTRIBUTE], 0);
}
END_TEST

START_TEST(settings_simple_urls_also_stand_in_a_draft)
{
	teardown();
	topo_doc_load(&d, "06-single-edge-draft.tbxml");
	topo_doc_replace(
		&d, "<CentralSites>",
		"<SimpleUrlConfiguration xmlns=\"urn:schema:Microsoft.Rtc."
		"Management.Settings.SimpleUrl.2008\"><SimpleUrl Component=\""
		"Meet\" ActiveUrl=\"https://Meet.contoso.com:443/x\" />"
		"</SimpleUrlConfiguration><CentralSites>");
	ck_assert_uint_eq(topo_doc_topo(&d, SELF)->simple_urls.count, 1);
	ck_assert_str_eq(d.topo->simple_urls.v[0], "meet.contoso.com");
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("settings");
	TCase *tc = tcase_create("export");

	tcase_set_timeout(tc, 10);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, settings_are_read_from_attributes);
	tcase_add_test(tc, settings_are_read_from_child_elements);
	tcase_add_test(tc, settings_default_when_absent);
	tcase_add_test(tc, settings_default_route_excludes_srv);
	tcase_add_test(tc, settings_take_known_domains_as_discovery);
	tcase_add_test(tc, settings_count_what_they_cannot_read);
	tcase_add_test(tc, settings_of_a_site_give_its_lifetime_only);
	tcase_add_test(tc, settings_list_providers_in_any_settings_namespace);
	tcase_add_loop_test(tc, settings_of_the_proxy, 0, 2);
	tcase_add_loop_test(tc, settings_of_the_proxy_of_one_service, 0,
			    (int)(sizeof(services) / sizeof(*services)));
	tcase_add_test(tc, settings_of_the_proxy_out_of_range);
	tcase_add_test(tc, settings_of_no_use_are_counted_and_ignored);
	tcase_add_test(tc, settings_simple_urls_also_stand_in_a_draft);
	suite_add_tcase(s, tc);
	return s;
}
