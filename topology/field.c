/* The tables of properties, and how a value is read by its row. */
#include "topology/field.h"

#include <string.h>

#include "topology/partners.h"
#include "topology/xmpp.h"

enum {				  /* ours */
       CACHE_MAX = 1000000,	  /* certificates, records */
       RATE_MAX = 1000000,	  /* messages a second */
       MINUTES_MAX = 7 * 24 * 60, /* of a report's period [min] */
       STREAMS_MAX = 65535,	  /* connections at a time */
       STREAM_S_MAX = 24 * 3600,  /* times of a stream [s] */
};

/* Parts of a row; IN is the struct that the table is about. */
#define AT(member)	 .at = offsetof(struct IN, member)
#define RANGE(low, high) .min = (low), .max = (high)

/* clang-format off */
#define IN topo_access_settings
const struct topo_field topo_access_fields[] = {
	{"AllowAnonymousUsers", NULL, TOPO_FIELD_BOOL, AT(anonymous_users)},
	{"AllowFederatedUsers", NULL, TOPO_FIELD_BOOL, AT(federated_users)},
	{"AllowOutsideUsers", NULL, TOPO_FIELD_BOOL, AT(outside_users)},
	{"AllowRemoteUser", NULL, TOPO_FIELD_BOOL, AT(outside_users)}, /* old name */
	{"BeClearingHouse", "clearinghouse", TOPO_FIELD_BOOL, AT(clearing_house)},
	{"EnablePartnerDiscovery", NULL, TOPO_FIELD_BOOL, AT(discovery)},
	{"AllowAllDomainsForAutoFederation", NULL, TOPO_FIELD_BOOL, AT(discovery)}, /* old name */
	{"DiscoveredPartnerVerificationLevel", "discovered", TOPO_FIELD_LEVEL, AT(discovered_level)},
	{"DiscoveredPartnerStandardRate", "rate", TOPO_FIELD_NUMBER, AT(discovered_rate), RANGE(1, RATE_MAX)},
	{"DiscoveredPartnerReportPeriodMinutes", "report", TOPO_FIELD_NUMBER, AT(report_min), RANGE(1, MINUTES_MAX)},
	{"EnableDiscoveredPartnerContactsLimit", "limitscontacts", TOPO_FIELD_BOOL, AT(limits_contacts)},
	{"MaxContactsPerDiscoveredPartner", "contacts", TOPO_FIELD_NUMBER, AT(contacts_max), RANGE(0, UINT32_MAX)},
	{"EnableArchivingDisclaimer", NULL, TOPO_FIELD_BOOL, AT(archiving_disclaimer)},
	{"KeepCrlsUpToDateForPeers", NULL, TOPO_FIELD_BOOL, AT(keep_crls)},
	{"MarkSourceVerifiableOnOutgoingMessages", NULL, TOPO_FIELD_BOOL, AT(mark_verifiable)},
	{"OutgoingTlsCountForFederatedPartners", NULL, TOPO_FIELD_NUMBER, AT(tls_count), RANGE(1, 4)},
	{"MaxAcceptedCertificatesStored", "accepted", TOPO_FIELD_NUMBER, AT(accepted_certs), RANGE(0, CACHE_MAX)},
	{"MaxRejectedCertificatesStored", "rejected", TOPO_FIELD_NUMBER, AT(rejected_certs), RANGE(0, CACHE_MAX)},
	{"CertificatesDeletedPercentage", "percent", TOPO_FIELD_NUMBER, AT(dropped_percent), RANGE(1, 100)},
	{"DnsSrvCacheRecordCount", "srvcache", TOPO_FIELD_NUMBER, AT(srv_cache), RANGE(0, CACHE_MAX)},
	{"DefaultRouteFqdn", NULL, TOPO_FIELD_TEXT, AT(default_route)},
	{"VerificationLevel", NULL, TOPO_FIELD_LEVEL, AT(route_level)},
	{"IsPublicProvider", NULL, TOPO_FIELD_BOOL, AT(route_is_public)},
	{.name = "AllowRemoteUsersCommunicateWithAnyDomain"}, /* AE 3.1: as if true */
	{.name = "EnableUserReplicator"},
	{.name = "Identity"},
	{.name = "RoutingMethod"},
	{.name = "UseDefaultRouting"},
	{.name = NULL},
};
#undef IN

#define IN topo_proxy_settings
const struct topo_field topo_proxy_fields[] = {
	{"MaxClientMessageBodySizeKb", NULL, TOPO_FIELD_NUMBER, AT(client_body_kb), RANGE(TOPO_CLIENT_BODY_MIN_KB, TOPO_CLIENT_BODY_MAX_KB)},
	{"MaxServerMessageBodySizeKb", NULL, TOPO_FIELD_NUMBER, AT(server_body_kb), RANGE(TOPO_SERVER_BODY_MIN_KB, TOPO_SERVER_BODY_MAX_KB)},
	{"OutgoingTlsCount", NULL, TOPO_FIELD_NUMBER, AT(tls_count), RANGE(1, 4)},
	{"EnableWhiteSpaceKeepAlive", NULL, TOPO_FIELD_NOT, AT(no_white_space)},
	{"MaxKeepAliveInterval", NULL, TOPO_FIELD_NUMBER, AT(keep_alive_min), RANGE(1, TOPO_KEEP_ALIVE_MAX_MIN)},
	{"DnsCacheRecordCount", "dnsrecords", TOPO_FIELD_NUMBER, AT(dns_records), RANGE(0, CACHE_MAX)},
	{"AllowPartnerPollingSubscribes", "partnerpolling", TOPO_FIELD_BOOL, AT(partner_polling)},
	{.name = "AcceptClientCompression"},
	{.name = "AcceptServerCompression"},
	{.name = "RequestServerCompression"},
	{.name = "MaxClientCompressionCount"},
	{.name = "MaxServerCompressionCount"},
	{.name = "LoadBalanceEdgeServers"},
	{.name = "LoadBalanceInternalServers"},
	{.name = "UseCertificateForClientToProxyAuth"}, /* of the home server */
	{.name = "UseKerberosForClientToProxyAuth"},
	{.name = "UseNtlmForClientToProxyAuth"},
	{.name = "DisableNtlmFor2010AndLaterClients"},
	{.name = "Realm"},
	{.name = "TreatAllClientsAsRemote"},
	{.name = "EnableLoggingAllMessageBodies"}, /* never */
	{.name = "Identity"},
	{.name = NULL},
};
#undef IN

#define IN topo_partner
const struct topo_field topo_partner_fields[] = {
	{"Domain", NULL, TOPO_FIELD_TEXT, AT(domain)},
	{"Identity", NULL, TOPO_FIELD_TEXT, AT(domain)},
	{"ProxyFqdn", NULL, TOPO_FIELD_TEXT, AT(proxy_fqdn)},
	{"VerificationLevel", NULL, TOPO_FIELD_LEVEL, AT(verification)},
	{"MarkForMonitoring", NULL, TOPO_FIELD_BOOL, AT(is_monitored)},
	{.name = "Comment"},
	{.name = NULL},
};
#undef IN

#define IN topo_provider
const struct topo_field topo_provider_fields[] = {
	{"Name", NULL, TOPO_FIELD_TEXT, AT(name)},
	{"Identity", NULL, TOPO_FIELD_TEXT, AT(name)},
	{"ProxyFqdn", NULL, TOPO_FIELD_TEXT, AT(proxy_fqdn)},
	{"VerificationLevel", NULL, TOPO_FIELD_LEVEL, AT(level)},
	{"Enabled", "enabled", TOPO_FIELD_BOOL, AT(is_enabled)},
	{"EnabledSharedAddressSpace", "shared", TOPO_FIELD_BOOL, AT(shares_address_space)},
	{"HostsOCSUsers", "users", TOPO_FIELD_BOOL, AT(hosts_users)},
	{"IsLocal", "local", TOPO_FIELD_BOOL, AT(is_local)},
	{"NameDecorationDomain", "decorated", TOPO_FIELD_TEXT, AT(decorated)},
	{.name = "NameDecorationRoutingDomain"},
	{.name = "NameDecorationExcludedDomainList"},
	{.name = "EnableSkypeIdRouting"},
	{.name = "EnableSkypeDirectorySearch"},
	{.name = "SkypeDirectoryUri"},
	{.name = "IconUrl"},
	{.name = "AutodiscoverUrl"},
	{.name = "SipClientPort"},
	{.name = NULL},
};
#undef IN

#define IN topo_xmpp_partner
const struct topo_field topo_xmpp_fields[] = {
	{"Domain", NULL, TOPO_FIELD_TEXT, AT(domain)},
	{"Identity", NULL, TOPO_FIELD_TEXT, AT(domain)},
	{"PartnerType", "type", TOPO_FIELD_TRUST, AT(trust)},
	{"TlsNegotiation", "tls", TOPO_FIELD_MODE, AT(tls)},
	{"SaslNegotiation", "sasl", TOPO_FIELD_MODE, AT(sasl)},
	{"SupportDialbackNegotiation", "dialback", TOPO_FIELD_BOOL, AT(dialback)},
	{"EnableKeepAlive", "keepalive", TOPO_FIELD_BOOL, AT(keep_alive)},
	{"ConnectionLimit", "connections", TOPO_FIELD_NUMBER, AT(connection_limit), RANGE(0, STREAMS_MAX)},
	{"ProxyFqdn", "proxy", TOPO_FIELD_TEXT, AT(proxy_fqdn)},
	{.name = "Description"},
	{.name = "Comment"},
	{.name = NULL},
};
#undef IN

#define IN topo_xmpp_gateway
const struct topo_field topo_gateway_fields[] = {
	{"ConnectionLimit", "connections", TOPO_FIELD_NUMBER, AT(connections), RANGE(1, STREAMS_MAX)},
	{"PartnerConnectionLimit", "perpartner", TOPO_FIELD_NUMBER, AT(partner_connections), RANGE(1, STREAMS_MAX)},
	{"StreamEstablishmentTimeout", "establish", TOPO_FIELD_SECONDS, AT(establish_s), RANGE(1, STREAM_S_MAX)},
	{"StreamInactivityTimeout", "idle", TOPO_FIELD_SECONDS, AT(idle_s), RANGE(1, STREAM_S_MAX)},
	{"KeepAliveInterval", "keepalive", TOPO_FIELD_SECONDS, AT(keep_alive_s), RANGE(1, STREAM_S_MAX)},
	{.name = "SubscriptionRefreshInterval"}, /* of the gateway itself */
	{.name = "EnableLoggingAllMessageBodies"}, /* never */
	{.name = "Identity"},
	{.name = NULL},
};
#undef IN

/* Words by value. */
static const struct words {
	size_t count;
	const char *v[3];
} levels = {TOPO_VERIFICATIONS, {
	[TOPO_VERIFY_SOURCE] = "UseSourceVerification",
	[TOPO_VERIFY_ALWAYS] = "AlwaysVerifiable",
	[TOPO_VERIFY_NEVER] = "AlwaysUnverifiable",
}}, trusts = {TOPO_XMPP_TRUSTS, {
	[TOPO_XMPP_UNVERIFIED] = "PublicUnverified",
	[TOPO_XMPP_VERIFIED] = "PublicVerified",
	[TOPO_XMPP_FEDERATED] = "Federated",
}}, modes = {TOPO_XMPP_MODES, {
	[TOPO_XMPP_REQUIRED] = "Required",
	[TOPO_XMPP_OPTIONAL] = "Optional",
	[TOPO_XMPP_NOT_SUPPORTED] = "NotSupported",
}};
/* clang-format on */

const struct topo_field *topo_field_find(const struct topo_field *rows,
					 const char *name)
{
	for (; rows->name; rows++)
		if (strcmp(rows->name, name) == 0)
			return rows;
	return NULL;
}

static void *place(const struct topo_field *f, void *into)
{
	return (char *)into + f->at;
}

static const void *kept(const struct topo_field *f, const void *from)
{
	return (const char *)from + f->at;
}

static const struct words *words_of(enum topo_field_kind kind)
{
	switch (kind) {
	case TOPO_FIELD_LEVEL:
		return &levels;
	case TOPO_FIELD_TRUST:
		return &trusts;
	case TOPO_FIELD_MODE:
		return &modes;
	case TOPO_FIELD_KNOWN:
	case TOPO_FIELD_BOOL:
	case TOPO_FIELD_NOT:
	case TOPO_FIELD_NUMBER:
	case TOPO_FIELD_SECONDS:
	case TOPO_FIELD_TEXT:
		break;
	}
	return NULL;
}

/* The three enums are read and written by their row alone. */
static void set_word(const struct topo_field *f, void *into, size_t i)
{
	if (f->kind == TOPO_FIELD_LEVEL)
		*(enum topo_verification *)place(f, into) =
			(enum topo_verification)i;
	else if (f->kind == TOPO_FIELD_TRUST)
		*(enum topo_xmpp_trust *)place(f, into) =
			(enum topo_xmpp_trust)i;
	else
		*(enum topo_xmpp_mode *)place(f, into) = (enum topo_xmpp_mode)i;
}

const char *topo_field_word(const struct topo_field *f, const void *from)
{
	const void *at = kept(f, from);

	if (f->kind == TOPO_FIELD_LEVEL)
		return levels.v[*(const enum topo_verification *)at];
	if (f->kind == TOPO_FIELD_TRUST)
		return trusts.v[*(const enum topo_xmpp_trust *)at];
	return modes.v[*(const enum topo_xmpp_mode *)at];
}

static bool take_word(const struct topo_field *f, void *into,
		      struct edge_slice value)
{
	const struct words *w = words_of(f->kind);

	for (size_t i = 0; i < w->count; i++)
		if (edge_slice_ieq_str(value, w->v[i])) {
			set_word(f, into, i);
			return true;
		}
	return false;
}

static bool take_bool(const struct topo_field *f, void *into,
		      struct edge_slice value)
{
	bool is_true = edge_slice_ieq_str(value, "true") ||
		       edge_slice_eq_str(value, "1");

	if (!is_true && !edge_slice_ieq_str(value, "false") &&
	    !edge_slice_eq_str(value, "0"))
		return false;
	topo_field_set_bool(f, into, is_true);
	return true;
}

static bool take_number(const struct topo_field *f, void *into,
			struct edge_slice value)
{
	uint64_t n;

	if (!edge_slice_u64(value, f->max, &n)) {
		n = f->kind == TOPO_FIELD_SECONDS ? topo_duration(value) : 0;
		if (!n || n > f->max)
			return false;
	}
	if (n < f->min)
		return false;
	*(unsigned *)place(f, into) = (unsigned)n;
	return true;
}

bool topo_field_take(const struct topo_field *f, void *into,
		     struct edge_slice value)
{
	value = edge_slice_trim(value);
	switch (f->kind) {
	case TOPO_FIELD_KNOWN:
		return true;
	case TOPO_FIELD_BOOL:
	case TOPO_FIELD_NOT:
		return take_bool(f, into, value);
	case TOPO_FIELD_NUMBER:
	case TOPO_FIELD_SECONDS:
		return take_number(f, into, value);
	case TOPO_FIELD_LEVEL:
	case TOPO_FIELD_TRUST:
	case TOPO_FIELD_MODE:
		return take_word(f, into, value);
	case TOPO_FIELD_TEXT:
		break;
	}
	return false;
}

void topo_field_set_bool(const struct topo_field *f, void *into, bool value)
{
	*(bool *)place(f, into) = value != (f->kind == TOPO_FIELD_NOT);
}

bool topo_field_bool(const struct topo_field *f, const void *from)
{
	return *(const bool *)kept(f, from) != (f->kind == TOPO_FIELD_NOT);
}

unsigned topo_field_number(const struct topo_field *f, const void *from)
{
	return *(const unsigned *)kept(f, from);
}

const char *topo_field_text(const struct topo_field *f, const void *from)
{
	return *(const char *const *)kept(f, from);
}
