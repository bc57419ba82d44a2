/* What policy is when the import does not say. */
#include "topology/partners.h"

#include "topology/xmpp.h"

struct topo_access_settings topo_access_default(void)
{
	return (struct topo_access_settings){
		/* TO 1.9 */
		.outside_users = true,
		.keep_crls = true,
		.mark_verifiable = true,
		.tls_count = 4,
		/* AE 3.1 */
		.route_level = TOPO_VERIFY_SOURCE,
		.discovered_level = TOPO_VERIFY_SOURCE,
		.limits_contacts = true,
		.contacts_max = 1000,
		.discovered_rate = 20,
		.report_min = 60,
		.accepted_certs = 1000,
		.rejected_certs = 500,
		.dropped_percent = 20,
	};
}

struct topo_proxy_settings topo_proxy_default(void)
{
	return (struct topo_proxy_settings){.dns_records = 3000}; /* AE 3.2 */
}

struct topo_partner topo_partner_default(void)
{
	return (struct topo_partner){.verification = TOPO_VERIFY_SOURCE};
}

/* AE 3.4: a hosting provider is off until it is enabled. */
struct topo_provider topo_provider_default(bool is_public)
{
	return (struct topo_provider){
		.is_public = is_public,
		.is_enabled = is_public,
		.level = TOPO_VERIFY_ALWAYS,
	};
}

struct topo_xmpp_partner topo_xmpp_partner_default(void)
{
	return (struct topo_xmpp_partner){
		.trust = TOPO_XMPP_UNVERIFIED,
		.tls = TOPO_XMPP_REQUIRED,
		.sasl = TOPO_XMPP_REQUIRED,
		.dialback = true,
		.keep_alive = true,
	};
}

struct topo_xmpp_gateway topo_xmpp_gateway_default(void)
{
	return (struct topo_xmpp_gateway){
		.connections = 1000,
		.partner_connections = 20,
		.establish_s = 60,
		.idle_s = 600,
		.keep_alive_s = 300,
	};
}

bool topo_xmpp_is_possible(const struct topo_xmpp_partner *p)
{
	return p->dialback || (p->tls != TOPO_XMPP_NOT_SUPPORTED &&
			       p->sasl != TOPO_XMPP_NOT_SUPPORTED);
}

bool topo_xmpp_is_plain(const struct topo_xmpp_partner *p)
{
	return p->dialback && p->tls == TOPO_XMPP_NOT_SUPPORTED;
}
