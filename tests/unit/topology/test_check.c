/* Every code of TO 1.10: a good sample with one thing changed. */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "tests/support/suite.h"
#include "tests/support/topo_doc.h"

#define EDGE01 "edge01.corp.contoso.com"

static const char one[] = "01-single-edge-minimal.xml";
static const char two[] = "02-edge-pool-director.xml";
static const char set[] = "04-docitemset-pool.xml";
static const char fed[] = "07-docitemset-federation.xml";

enum { LAB = 1, DRAFT = 2, HOSTS = 4, LOCAL = 8 };

struct sample {
	const char *file, *from, *to, *from2, *to2;
	unsigned how;
	const char *codes, *text; /* text: a part of the last finding */
};

/* clang-format off */
static const struct sample samples[] = {
	/* good and broken ones as they are */
	{one, 0, 0, 0, 0, 0, "", ""},
	{two, 0, 0, 0, 0, 0, "", ""},
	{"03-multi-domain-federation.xml", 0, 0, 0, 0, 0, "", ""},
	{set, 0, 0, 0, 0, 0, "", ""},
	{"05-single-edge-utf16le-crlf.xml", 0, 0, 0, 0, 0, "", ""},
	{"06-single-edge-draft.tbxml", 0, 0, 0, 0, 0, "E:TOPO-DOC-002", "publish it"},
	{"06-single-edge-draft.tbxml", 0, 0, 0, 0, DRAFT, "W:TOPO-DOC-002", "publish it"},
	{"b1-not-well-formed.xml", 0, 0, 0, 0, 0, "F:TOPO-XML-001", "mismatch"},
	{"b2-missing-external-nic.xml", 0, 0, 0, 0, 0, "E:TOPO-NET-001",
		EDGE01 " has no interface External/1, which these ports need: 2, 4, 7, 9, 10, 11"},
	{"b3-next-hop-undefined.xml", 0, 0, 0, 0, 0, "E:TOPO-HOP-001", "1:Registrar:9"},
	{"b4-duplicate-address.xml", 0, 0, 0, 0, 0, "E:TOPO-NET-002",
		"192.0.2.31 is on edge01.corp.contoso.com External/2 (line 32) and on edge02.corp.contoso.com External/2 (line 38)"},
	{"b5-entity-bomb.xml", 0, 0, 0, 0, 0, "F:TOPO-XML-002", "document type declarations are not accepted"},

	/* TOPO-DOC */
	{one, "6f0b1a52-8c1e-4f1a-9b8d-0d5a5a0c0001", "00000000-0000-0000-0000-000000000000", 0, 0, 0, "E:TOPO-DOC-002", "Export-CsConfiguration"},
	{one, " Signature=\"6f0b1a52-8c1e-4f1a-9b8d-0d5a5a0c0001\"", "", 0, 0, 0, "E:TOPO-DOC-002", ""},

	/* TOPO-REF */
	{one, "SiteId=\"1\" Number=\"2\"", "SiteId=\"1\" Number=\"1\"", 0, 0, 0, "E:TOPO-REF-001 E:TOPO-REF-002 E:TOPO-REF-002 E:TOPO-SELF-001", 0},
	{one, "RoleName=\"ManagementServices\"", "RoleName=\"CentralMgmt\"", 0, 0, 0, "E:TOPO-REF-001", "1:CentralMgmt:1"},
	{one, "RoleName=\"ConfServices\" Instance=\"1\"", "RoleName=\"ConfServices\" Instance=\"4\"", 0, 0, 0, "E:TOPO-REF-002", "UserServices-1: DependsOn names 1:ConfServices:4"},
	{two, "<SqlInstanceId Name=\"rtc\">", "<SqlInstanceId Name=\"other\">", 0, 0, 0, "E:TOPO-REF-002", "rtc@1:4"},

	/* TOPO-HOP */
	{one, "<Dependency Usage=\"Default\">\n          <ServiceId SiteId=\"1\" RoleName=\"Registrar\"", "<Dependency Usage=\"Backup\">\n          <ServiceId SiteId=\"1\" RoleName=\"Registrar\"", 0, 0, 0, "E:TOPO-HOP-001", "depends on no Registrar"},
	{one, "Fqdn=\"fe01.corp.contoso.com\"", "Fqdn=\"10.20.30.21\"", 0, 0, 0, "E:TOPO-HOP-002", "not a DNS name"},
	{one, "Usage=\"SipServer\" InterfaceSide=\"Primary\" InterfaceNumber=\"1\" Port=\"5061\" Protocol=\"Mtls\"", "Usage=\"SipServer\" InterfaceSide=\"Primary\" InterfaceNumber=\"1\" Port=\"5060\" Protocol=\"Tcp\"", 0, 0, 0, "E:TOPO-HOP-002", "no Primary SipServer port"},
	{one, 0, 0, 0, 0, HOSTS, "E:TOPO-HOP-002", "fe01.corp.contoso.com (Registrar-1): HOSTS has no address"},
	{two, 0, 0, 0, 0, HOSTS, "", ""},

	/* TOPO-SELF */
	{two, "Fqdn=\"edge01.corp.contoso.com\"", "Fqdn=\"edge09.corp.contoso.com\"", 0, 0, 0, "E:TOPO-SELF-001", EDGE01 "; Edge machines here: edge09.corp.contoso.com edge02.corp.contoso.com"},
	{two, "Fqdn=\"edge01.corp.contoso.com\"", "Fqdn=\"EDGE01.Corp.contoso.com.\"", 0, 0, 0, "", ""},

	/* TOPO-NET */
	{two, "InterfaceSide=\"External\" InterfaceNumber=\"2\" IPAddress=\"192.0.2.31\"", "InterfaceSide=\"External\" InterfaceNumber=\"4\" IPAddress=\"192.0.2.31\"", 0, 0, 0, "E:TOPO-NET-001", "External/2, which these ports need: 4"},
	{two, "InterfaceSide=\"Internal\" InterfaceNumber=\"1\" IPAddress=\"172.16.20.22\"", "InterfaceSide=\"Internal\" InterfaceNumber=\"2\" IPAddress=\"172.16.20.22\"", 0, 0, 0, "E:TOPO-NET-001", "edge02.corp.contoso.com has no interface Internal/1, which these ports need: 1, 3, 5, 6, 8, replica"},
	{two, "203.0.113.42", "203.0.113.41", 0, 0, 0, "E:TOPO-NET-002", "as public address"},
	{two, "ConfiguredIPAddress=\"203.0.113.41\"", "ConfiguredIPAddress=\"192.0.2.41\"", 0, 0, 0, "", ""},
	{two, "IPAddress=\"192.0.2.31\"", "IPAddress=\"192.0.2.21\"", 0, 0, 0, "E:TOPO-NET-002 E:TOPO-PORT-002", "192.0.2.21"},
	{two, "IPAddress=\"172.16.20.21\"", "IPAddress=\"192.0.2.99\"", 0, 0, 0, "E:TOPO-NET-003 E:TOPO-NET-003 E:TOPO-NET-003", "internal 192.0.2.99 and external 192.0.2.41 are in one subnet"},
	{two, "IPAddress=\"172.16.20.21\"", "IPAddress=\"192.0.2.99\"", 0, 0, LAB, "W:TOPO-NET-003 W:TOPO-NET-003 W:TOPO-NET-003", ""},
	{one, "IPAddress=\"172.16.20.11\"", "IPAddress=\"192.0.2.11\"", 0, 0, 0, "E:TOPO-NET-003 E:TOPO-PORT-002 E:TOPO-PORT-002 E:TOPO-PORT-002 E:TOPO-PORT-002", 0},
	{one, "IPAddress=\"192.0.2.11\"", "IPAddress=\"0.0.0.0\"", 0, 0, 0, "E:TOPO-NET-004", "External/1: IPAddress '0.0.0.0' is 'all addresses'"},
	{one, "IPAddress=\"192.0.2.11\"", "IPAddress=\"239.1.1.1\"", 0, 0, 0, "E:TOPO-NET-004", "multicast"},
	{one, "IPAddress=\"192.0.2.11\"", "IPAddress=\"127.0.0.1\"", 0, 0, 0, "E:TOPO-NET-004", "loopback"},
	{one, "IPAddress=\"192.0.2.11\"", "IPAddress=\"127.0.0.1\"", 0, 0, LAB, "W:TOPO-NET-004", "loopback"},
	{one, "IPAddress=\"192.0.2.11\"", "IPAddress=\"192.0.2.011\"", 0, 0, 0, "E:TOPO-NET-004", "not an address"},
	{one, "ConfiguredIPAddress=\"203.0.113.11\"", "ConfiguredIPAddress=\"edge\"", 0, 0, 0, "E:TOPO-NET-004", "ConfiguredIPAddress 'edge'"},
	{one, 0, 0, 0, 0, LOCAL, "W:TOPO-NET-005", "192.0.2.11"},
	/* and of the IPv6 twins */
	{two, "IPAddress=\"192.0.2.41\"", "IPAddress=\"192.0.2.41\" IPv6Address=\"2001:db8::41\" ConfiguredIPv6Address=\"2001:db8:1::41\"", "IPAddress=\"172.16.20.21\"", "IPAddress=\"172.16.20.21\" IPv6Address=\"fd00::21\"", 0, "", ""},
	{two, "IPAddress=\"192.0.2.41\"", "IPAddress=\"192.0.2.41\" IPv6Address=\"\" ConfiguredIPv6Address=\"\"", 0, 0, 0, "", ""},
	{two, "IPAddress=\"192.0.2.41\"", "IPAddress=\"192.0.2.41\" IPv6Address=\"2001:db8::41\"", "IPAddress=\"192.0.2.42\"", "IPAddress=\"192.0.2.42\" IPv6Address=\"2001:db8::41\"", 0, "E:TOPO-NET-002", "2001:db8::41 is on"},
	{two, "IPAddress=\"192.0.2.41\"", "IPAddress=\"192.0.2.41\" IPv6Address=\"2001:db8::41\"", "IPAddress=\"172.16.20.21\"", "IPAddress=\"172.16.20.21\" IPv6Address=\"2001:db8::21\"", 0, "E:TOPO-NET-003", "internal 2001:db8::21 and external 2001:db8::41 are in one subnet"},
	{one, "IPAddress=\"192.0.2.11\"", "IPAddress=\"192.0.2.11\" IPv6Address=\"::\"", 0, 0, 0, "E:TOPO-NET-004", "IPv6Address '::' is 'all addresses'"},
	{one, "IPAddress=\"192.0.2.11\"", "IPAddress=\"192.0.2.11\" IPv6Address=\"ff0e::1\"", 0, 0, 0, "E:TOPO-NET-004", "multicast"},
	{one, "IPAddress=\"192.0.2.11\"", "IPAddress=\"192.0.2.11\" IPv6Address=\"::1\"", 0, 0, LAB, "W:TOPO-NET-004", "loopback"},
	{one, "IPAddress=\"192.0.2.11\"", "IPAddress=\"192.0.2.11\" IPv6Address=\"fe80::1\"", 0, 0, 0, "E:TOPO-NET-004", "link-local"},
	{one, "IPAddress=\"192.0.2.11\"", "IPAddress=\"192.0.2.11\" IPv6Address=\"edge\"", 0, 0, 0, "E:TOPO-NET-004", "IPv6Address 'edge' is not an address"},
	{one, "IPAddress=\"192.0.2.11\"", "IPAddress=\"192.0.2.11\" IPv6Address=\"192.0.2.12\"", 0, 0, 0, "E:TOPO-NET-004", "is not an IPv6 address"},
	{one, "IPAddress=\"192.0.2.11\"", "IPAddress=\"192.0.2.11\" IPv6Address=\"::ffff:192.0.2.12\"", 0, 0, 0, "E:TOPO-NET-004", "is not an IPv6 address"},
	{one, "IPAddress=\"192.0.2.11\"", "IPAddress=\"192.0.2.11\" ConfiguredIPv6Address=\"::\"", 0, 0, 0, "E:TOPO-NET-004", "ConfiguredIPv6Address '::'"},
	{one, "IPAddress=\"192.0.2.11\"", "IPAddress=\"192.0.2.11\" IPv6Address=\"2001:db8::11\"", 0, 0, LOCAL, "W:TOPO-NET-005 W:TOPO-NET-005", "2001:db8::11 is on no interface"},

	/* TOPO-PORT */
	{one, "Usage=\"PsomClient\" InterfaceSide=\"External\"", "Usage=\"Nothing\" InterfaceSide=\"External\"", 0, 0, 0, "E:TOPO-PORT-001", "row 4"},
	{one, "Port=\"5061\" Protocol=\"Mtls\" UrlPath=\"/\" AuthorizesRequests=\"false\" ConfiguredFqdn", "Port=\"5063\" Protocol=\"Tcp\" UrlPath=\"/\" AuthorizesRequests=\"false\" ConfiguredFqdn", 0, 0, 0, "", ""},
	{one, "Port=\"444\" Protocol=\"Tls\"", "Port=\"443\" Protocol=\"Tls\"", 0, 0, 0, "E:TOPO-PORT-002", "row 4 (DataEdge PsomClient External Tls) and row 7"},
	{one, "Port=\"444\" Protocol=\"Tls\"", "Port=\"50010\" Protocol=\"Tls\"", 0, 0, 0, "E:TOPO-PORT-002", "row 10"},
	{one, "Port=\"444\" Protocol=\"Tls\"", "Port=\"3478\" Protocol=\"Tls\"", 0, 0, 0, "", ""},
	{one, "Port=\"4443\" Protocol=\"Https\" UrlPath=\"/\" AuthorizesRequests=\"false\" />\n      </Ports>\n    </Service>\n  </Services>", "Port=\"8057\" Protocol=\"Https\" UrlPath=\"/\" AuthorizesRequests=\"false\" />\n      </Ports>\n    </Service>\n  </Services>", 0, 0, 0, "E:TOPO-PORT-002", "replica"},
	{one, "Port=\"444\" Protocol=\"Tls\"", "Port=\"0\" Protocol=\"Tls\"", 0, 0, 0, "E:TOPO-PORT-003", "port '0' is not 1 to 65535"},
	{one, "Port=\"444\" Protocol=\"Tls\"", "Port=\"65536\" Protocol=\"Tls\"", 0, 0, 0, "E:TOPO-PORT-003", "'65536'"},
	{one, "Port=\"444\" Protocol=\"Tls\"", "Port=\"+44\" Protocol=\"Tls\"", 0, 0, 0, "E:TOPO-PORT-003", "'+44'"},
	{one, "Port=\"444\" Protocol=\"Tls\"", "Port=\"0x44\" Protocol=\"Tls\"", 0, 0, 0, "E:TOPO-PORT-003", ""},
	{one, "Range=\"10000\"", "Range=\"15537\"", 0, 0, 0, "E:TOPO-PORT-003", "port 50000 with range '15537'"},
	{one, "Range=\"10000\"", "Range=\"15536\"", 0, 0, 0, "", ""},
	{one, "Port=\"5061\" Protocol=\"Mtls\" UrlPath=\"/\" AuthorizesRequests=\"true\"", "Port=\"70000\" Protocol=\"Mtls\" UrlPath=\"/\" AuthorizesRequests=\"true\"", 0, 0, 0, "E:TOPO-PORT-003", "next hop"},

	/* TOPO-DOM */
	{one, "<InternalDomain Name=\"contoso.com\" Authoritative=\"false\" AllowSubDomains=\"false\" />", "", 0, 0, 0, "E:TOPO-DOM-001", "no SIP domain"},
	{one, "DefaultDomain=\"contoso.com\"", "DefaultDomain=\"fabrikam.com\"", 0, 0, 0, "E:TOPO-DOM-001", "'fabrikam.com' is not among"},
	{one, "InternalDomain Name=\"contoso.com\"", "InternalDomain Name=\"con toso.com\"", "DefaultDomain=\"contoso.com\"", "DefaultDomain=\"con toso.com\"", 0, "E:TOPO-DOM-001", "'con toso.com'"},
	{one, "<InternalDomain Name", "<InternalDomain Name=\"Contoso.COM.\" /><InternalDomain Name", 0, 0, 0, "W:TOPO-DOM-002", "'Contoso.COM.' (line 3) and 'contoso.com' (line 3)"},
	{one, "AllowAllDomains=\"false\"", "AllowAllDomains=\"true\"", 0, 0, 0, "W:TOPO-DOM-003", "only the domains listed"},
	{one, "ConfiguredFqdn=\"sip.contoso.com\"", "ConfiguredFqdn=\"sip contoso\"", 0, 0, 0, "E:TOPO-DOM-001", "ConfiguredFqdn"},
	{set, "Domain=\"adatum.com\"", "Domain=\"*.adatum.com\"", 0, 0, 0, "E:TOPO-DOM-001", "BlockedDomain"},
	{set, "ProxyFqdn=\"sip.fabrikam.com\"", "ProxyFqdn=\"192.0.2.200\"", 0, 0, 0, "E:TOPO-DOM-001", "ProxyFqdn"},

	/* TOPO-FED */
	{set, "AllowFederatedUsers=\"true\"", "AllowFederatedUsers=\"false\"", 0, 0, 0, "W:TOPO-FED-001", "AllowFederatedUsers is false"},
	{set, "Usage=\"SipServer\" InterfaceSide=\"External\"", "Usage=\"Other\" InterfaceSide=\"External\"", 0, 0, 0, "W:TOPO-FED-001", "no federation port"},

	/* lists and XMPP: the sample has a partner without TLS */
	{fed, 0, 0, 0, 0, 0, "W:TOPO-XMPP-002", "gmail.example: TlsNegotiation is NotSupported"},
	{fed, "ProxyFqdn=\"sip.oldim.example\"", "ProxyFqdn=\"EXAP.um.example.\"", 0, 0, 0, "W:TOPO-FED-003 W:TOPO-XMPP-002", ""},
	{fed, "Domain=\"proseware.com\"", "Domain=\"Fabrikam.com\"", 0, 0, 0, "W:TOPO-FED-004 W:TOPO-XMPP-002", ""},
	{fed, "Domain=\"woodgrovebank.com\"", "Domain=\"litwareinc.COM\"", 0, 0, 0, "W:TOPO-FED-004 W:TOPO-XMPP-002", ""},
	{fed, "<UseDnsSrvRouting EnablePartnerDiscovery=\"true\" />", "<UseDefaultRouting DefaultRouteFqdn=\"hub.test\" />", 0, 0, 0, "W:TOPO-FED-005 W:TOPO-XMPP-002", ""},
	{fed, "ProxyFqdn=\"sip.oldim.example\"", "ProxyFqdn=\"sip..oldim\"", "ProxyFqdn=\"sip.notyet.example\"", "", 0, "W:TOPO-FED-006 W:TOPO-FED-006 W:TOPO-XMPP-002", ""},
	{fed, "Domain=\"gmail.example\"", "Domain=\"jabber.example\"", 0, 0, 0, "W:TOPO-XMPP-001", "jabber.example: an earlier partner has the same Domain"},
	{fed, "Domain=\"gmail.example\"", "Domain=\"g mail\"", 0, 0, 0, "W:TOPO-XMPP-001", "not a DNS name"},
	{fed, "SaslNegotiation=\"NotSupported\" SupportDialbackNegotiation=\"true\" EnableKeepAlive", "SaslNegotiation=\"Required\" SupportDialbackNegotiation=\"false\" EnableKeepAlive", 0, 0, 0, "W:TOPO-XMPP-001", "gmail.example: without dialback"},
	{fed, "Owner=\"urn:component:XmppFederationProxy\" Usage=\"XmppServer\"", "Owner=\"urn:component:XmppFederationProxy\" Usage=\"Other\"", 0, 0, 0, "W:TOPO-XMPP-002 W:TOPO-XMPP-003", "row 13"},
	{fed, "AdditionalDomains=\"googlemail.example\"", "AdditionalDomains=\"google..mail x.test\"", 0, 0, 0, "W:TOPO-XMPP-002 W:TOPO-XMPP-004", "'google..mail' is not a DNS name"},
	{fed, "ProxyFqdn=\"edge.woodgrovebank.com\"", "ProxyFqdn=\"edge..woodgrove\"", 0, 0, 0, "E:TOPO-DOM-001 W:TOPO-XMPP-002", ""},
	{fed, "Port=\"5269\"", "Port=\"443\"", 0, 0, 0, "E:TOPO-PORT-002 W:TOPO-XMPP-002", ""},
	{fed, "Port=\"23456\"", "Port=\"4443\"", 0, 0, 0, "E:TOPO-PORT-002 W:TOPO-XMPP-002", ""},
	{fed, "Port=\"23456\"", "Port=\"0\"", 0, 0, 0, "E:TOPO-PORT-003 W:TOPO-XMPP-002", ""},
	{"03-multi-domain-federation.xml", "Port=\"5269\"", "Port=\"443\"", "Port=\"23456\"", "Port=\"0\"", 0, "", ""},

	/* TOPO-VER */
	{one, "ServiceVersion=\"6\"", "ServiceVersion=\"9\"", 0, 0, 0, "I:TOPO-VER-001", "1 versions; first: version 9"},
	{one, "<SqlInstances />", "<SqlInstances /><Wonder><In><Side /></In></Wonder>", 0, 0, 0, "I:TOPO-VER-001", "1 elements, 0 attributes"},
	{one, "<SqlInstances />", "<SqlInstances Odd=\"1\" />", 0, 0, 0, "I:TOPO-VER-001", "attribute Odd (line 27)"},
	{one, "</Ports>\n    </Service>\n    <Service RoleVersion=\"1\" ServiceVersion=\"6\">\n      <ServiceId SiteId=\"1\" RoleName=\"ManagementServices\"", "<Port Owner=\"urn:component:New\" Usage=\"X\" InterfaceSide=\"Internal\" Port=\"1\" /></Ports>\n    </Service>\n    <Service RoleVersion=\"1\" ServiceVersion=\"6\">\n      <ServiceId SiteId=\"1\" RoleName=\"ManagementServices\"", 0, 0, 0, "I:TOPO-VER-001", "owner New"},
};
/* clang-format on */

static const char hosts_text[] = "10.20.30.31 dir01.corp.contoso.com\n"
				 "10.20.30.31 dirpool01.corp.contoso.com\n";

static void run(struct topo_doc *d, const struct sample *s)
{
	struct topo_local_addr local = {.prefix = 24};
	struct topo_check_plan plan = {.self = EDGE01,
				       .lab = s->how & LAB,
				       .allow_draft = s->how & DRAFT};

	if (s->how & HOSTS)
		topo_doc_hosts(d, hosts_text);
	plan.hosts = d->hosts;
	if (s->how & LOCAL) {
		ck_assert(!edge_addr_parse(&local.addr,
					   edge_slice_str("172.16.20.11"), 0));
		plan.local = &local;
		plan.local_count = 1;
	}
	ck_assert_str_eq(topo_doc_codes(d, &plan), s->codes);
}

START_TEST(topo_check_finds_exactly)
{
	const struct sample *s = &samples[_i];
	struct topo_doc d;

	topo_doc_load(&d, s->file);
	if (s->from)
		topo_doc_replace(&d, s->from, s->to);
	if (s->from2)
		topo_doc_replace(&d, s->from2, s->to2);
	run(&d, s);
	if (s->text && d.findings.count)
		ck_assert_msg(
			strstr(d.findings.items[d.findings.count - 1].text,
			       s->text) ||
				strstr(d.findings.items[0].text, s->text),
			"'%s' not in '%s'", s->text, d.findings.items[0].text);
	topo_doc_fini(&d);
}
END_TEST

static const char second_edge[] =
	"<Service RoleVersion=\"2\" ServiceVersion=\"6\"><ServiceId "
	"SiteId=\"1\" RoleName=\"EdgeServer\" Instance=\"2\" /><DependsOn>"
	"<Dependency Usage=\"Default\"><ServiceId SiteId=\"1\" RoleName=\""
	"Registrar\" Instance=\"1\" /></Dependency></DependsOn>"
	"<InstalledOn><ClusterId SiteId=\"1\" Number=\"7\" /></InstalledOn>";

static const char second_pool[] =
	"<Cluster Fqdn=\"edge07.corp.contoso.com\"><ClusterId SiteId=\"1\" "
	"Number=\"7\" /><Machine OrdinalInCluster=\"1\" "
	"Fqdn=\"edge07.corp.contoso.com\"><NetInterface InterfaceSide=\""
	"Internal\" InterfaceNumber=\"1\" IPAddress=\"172.16.20.17\" />"
	"<NetInterface InterfaceSide=\"External\" InterfaceNumber=\"1\" "
	"IPAddress=\"192.0.2.17\" /></Machine></Cluster></Clusters>";

/* The ports of the sample's EdgeServer, for a second one. */
static void add_second_edge(struct topo_doc *d)
{
	char service[8192];
	const char *from = strstr(d->bytes, "RoleName=\"ManagementServices\"");
	const char *ports, *end;

	ports = strstr(d->bytes, "<Port Owner=\"urn:component:AccessEdge\"");
	ck_assert(ports && from && ports < from);
	while (strncmp(--ports, "<Ports", 6) != 0)
		;
	end = strstr(ports, "</Ports>");
	(void)snprintf(service, sizeof(service),
		       "%s%.*s</Ports></Service></Services>", second_edge,
		       (int)(end - ports), ports);
	topo_doc_replace(d, "</Services>", service);
	topo_doc_replace(d, "</Clusters>", second_pool);
}

START_TEST(topo_check_warns_when_the_route_could_be_two_pools)
{
	struct topo_check_plan plan = {.self = EDGE01};
	struct topo_doc d;

	topo_doc_load(&d, one);
	add_second_edge(&d);
	ck_assert_str_eq(topo_doc_codes(&d, &plan), "W:TOPO-FED-002");
	ck_assert_ptr_nonnull(strstr(d.findings.items[0].text, "EdgeServer-1"));
	topo_doc_fini(&d);
}
END_TEST

START_TEST(topo_check_trusts_a_declared_route)
{
	struct topo_check_plan plan = {.self = EDGE01};
	struct topo_doc d;

	topo_doc_load(&d, one);
	add_second_edge(&d);
	topo_doc_replace(&d, "</CentralSite>",
			 "<FederationRoute><ServiceId SiteId=\"1\" RoleName=\""
			 "EdgeServer\" Instance=\"2\" /></FederationRoute>"
			 "</CentralSite>");
	ck_assert_str_eq(topo_doc_codes(&d, &plan), "");
	topo_doc_fini(&d);
}
END_TEST

START_TEST(topo_check_takes_the_mask_of_this_machine)
{
	struct topo_local_addr local[2] = {{.prefix = 28}, {.prefix = 28}};
	struct topo_check_plan plan = {
		.self = EDGE01, .local = local, .local_count = 2};
	struct topo_doc d;

	topo_doc_load(&d, one);
	topo_doc_replace(&d, "IPAddress=\"172.16.20.11\"",
			 "IPAddress=\"192.0.2.99\"");
	ck_assert(!edge_addr_parse(&local[0].addr, edge_slice_str("192.0.2.99"),
				   0));
	ck_assert(!edge_addr_parse(&local[1].addr, edge_slice_str("192.0.2.11"),
				   0));
	ck_assert_str_eq(topo_doc_codes(&d, &plan), "");
	topo_doc_fini(&d);
}
END_TEST

START_TEST(topo_check_refuses_a_pool_of_too_many)
{
	struct topo_check_plan plan = {.self = EDGE01};
	struct topo_doc d;

	topo_doc_load(&d, one);
	for (int i = 0; i < 64; i++)
		topo_doc_replace(&d,
				 "<Machine OrdinalInCluster=\"1\" "
				 "Fqdn=\"edge01",
				 "<Machine Fqdn=\"x.contoso.com\" /><Machine "
				 "OrdinalInCluster=\"1\" Fqdn=\"edge01");
	ck_assert_str_eq(topo_doc_codes(&d, &plan), "F:TOPO-XML-003");
	topo_doc_fini(&d);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("check");
	TCase *tc = tcase_create("rules");

	tcase_set_timeout(tc, 20);
	tcase_add_loop_test(tc, topo_check_finds_exactly, 0,
			    (int)(sizeof(samples) / sizeof(*samples)));
	tcase_add_test(tc, topo_check_warns_when_the_route_could_be_two_pools);
	tcase_add_test(tc, topo_check_trusts_a_declared_route);
	tcase_add_test(tc, topo_check_takes_the_mask_of_this_machine);
	tcase_add_test(tc, topo_check_refuses_a_pool_of_too_many);
	suite_add_tcase(s, tc);
	return s;
}
