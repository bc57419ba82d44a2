#include <stdlib.h>

#include "tests/support/topo_fixture.h"

#define IP4(a, b, c, d, p)                                       \
	{                                                        \
		.family = AF_INET, .ip = {a, b, c, d}, .port = p \
	}

static const struct edge_addr dir01[] = {IP4(10, 0, 5, 30, 0)};
static const struct edge_addr dir02[] = {IP4(10, 0, 5, 31, 0)};
static const struct edge_addr fe01[] = {IP4(10, 0, 5, 11, 0)};
static const struct edge_addr fe02[] = {IP4(10, 0, 5, 12, 0)};
static const struct edge_addr edge02[] = {IP4(172, 25, 33, 11, 0)};

static const struct topo_host directors[] = {
	{.fqdn = "dir01.contoso.net", .addrs = dir01, .addr_count = 1},
	{.fqdn = "dir02.contoso.net", .addrs = dir02, .addr_count = 1},
};
static const struct topo_host front_ends[] = {
	{.fqdn = "fe01.contoso.net", .addrs = fe01, .addr_count = 1},
	{.fqdn = "fe02.contoso.net", .addrs = fe02, .addr_count = 1},
};
static const struct topo_host others[] = {
	{.fqdn = "edge02.contoso.net", .addrs = edge02, .addr_count = 1},
};

static const struct topo_cluster registrars[] = {
	{.fqdn = "dirpool.contoso.net",
	 .port = 5061,
	 .is_director = true,
	 .is_registrar = true,
	 .is_next_hop = true,
	 .members = directors,
	 .member_count = 2,
	 .pool = {.fqdn = "dirpool.contoso.net"}},
	{.fqdn = "fepool.contoso.net",
	 .port = 5061,
	 .is_registrar = true,
	 .members = front_ends,
	 .member_count = 2,
	 .pool = {.fqdn = "fepool.contoso.net"}},
};

static const struct topo_domain domains[] = {
	{.name = "contoso.com", .is_default = true, .authoritative = true},
	{.name = "litware.com", .sub_domains = true},
};

static const struct topo_trusted trusted[] = {
	{.fqdn = "dirpool.contoso.net", .listeners = TOPO_TRUST_SIP},
	{.fqdn = "dir01.contoso.net", .listeners = TOPO_TRUST_SIP},
	{.fqdn = "dir02.contoso.net", .listeners = TOPO_TRUST_SIP},
	{.fqdn = "fepool.contoso.net", .listeners = TOPO_TRUST_SIP},
	{.fqdn = "fe01.contoso.net", .listeners = TOPO_TRUST_SIP},
	{.fqdn = "fe02.contoso.net", .listeners = TOPO_TRUST_SIP},
};

static const struct topo_partner allowed[] = {
	{.domain = "fabrikam.com", .proxy_fqdn = "sip.fabrikam.com"},
};
static const char *const blocked[] = {"adatum.com"};

static const char *const inside_suffixes[] = {"contoso.net"};

struct topo topo_fixture(void)
{
	struct topo t = {
		.seq = 1,
		.self = "edge01.contoso.net",
		.pool = "edgepool.contoso.net",
		.internal = IP4(172, 25, 33, 10, 0),
		.access_name = "sip.contoso.com",
		.webconf_name = "webconf.contoso.com",
		.av_name = "av.contoso.com",
		.domains = domains,
		.domain_count = 2,
		.registrars = registrars,
		.registrar_count = 2,
		.trusted = trusted,
		.trusted_count = 6,
		.access = {.outside_users = true, .federated_users = true},
		.allowed = allowed,
		.allowed_count = 1,
		.blocked = blocked,
		.blocked_count = 1,
		.mras_user = "edgepool.contoso.net",
		.inside_suffixes = {.v = inside_suffixes, .count = 1},
	};

	t.listen[TOPO_PORT_ACCESS_CLIENT] =
		(struct topo_listen){.present = true,
				     .addr = IP4(198, 51, 100, 5, 443),
				     .count = 1,
				     .protocol = "tls"};
	t.listen[TOPO_PORT_ACCESS_FEDERATION] =
		(struct topo_listen){.present = true,
				     .addr = IP4(198, 51, 100, 5, 5061),
				     .count = 1,
				     .protocol = "mtls"};
	t.listen[TOPO_PORT_ACCESS_INSIDE] =
		(struct topo_listen){.present = true,
				     .addr = IP4(172, 25, 33, 10, 5061),
				     .count = 1,
				     .protocol = "mtls"};
	return t;
}

struct topo topo_fixture_pool(void)
{
	struct topo t = topo_fixture();

	t.members = others;
	t.member_count = 1;
	return t;
}
