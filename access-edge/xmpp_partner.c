/* Who may speak here, and for whom. */
#include "access-edge/xmpp_partner.h"

enum acc_xmpp_reason acc_xmpp_partner_find(struct acc_xmpp_who *out,
					   const struct topo *t,
					   struct edge_slice domain)
{
	struct acc_xmpp_who w;

	if (!acc_xmpp_domain_read(w.domain, domain) ||
	    topo_find_domain(t, edge_slice_str(w.domain)))
		return ACC_XMPP_R_PARTNER_UNKNOWN;
	w.partner = topo_find_xmpp(t, edge_slice_str(w.domain));
	if (!w.partner)
		return ACC_XMPP_R_PARTNER_UNKNOWN;
	if (!topo_xmpp_is_possible(w.partner))
		return ACC_XMPP_R_PARTNER_MODE;
	w.mode = acc_xmpp_mode_of(w.partner->tls, w.partner->sasl,
				  w.partner->dialback);
	*out = w;
	return ACC_XMPP_R_OK;
}

bool acc_xmpp_is_own(char out[ACC_XMPP_DOMAIN_LEN], const struct topo *t,
		     struct edge_slice domain)
{
	return acc_xmpp_domain_read(out, domain) &&
	       topo_find_domain(t, edge_slice_str(out)) != NULL;
}

bool acc_xmpp_is_certified(const struct acc_xmpp_who *w,
			   const struct edge_peer *peer)
{
	return edge_peer_is_xmpp(peer, w->domain) ||
	       (w->partner->proxy_fqdn &&
		edge_peer_is_xmpp(peer, w->partner->proxy_fqdn));
}

unsigned acc_xmpp_partner_limit(const struct topo *t,
				const struct topo_xmpp_partner *p)
{
	return p->connection_limit ? p->connection_limit
				   : t->xmpp_gateway.partner_connections;
}

const char *acc_xmpp_trust_str(enum topo_xmpp_trust t)
{
	static const char *const texts[] = {
		[TOPO_XMPP_UNVERIFIED] = "PublicUnverified",
		[TOPO_XMPP_VERIFIED] = "PublicVerified",
		[TOPO_XMPP_FEDERATED] = "Federated",
	};

	return (unsigned)t < sizeof(texts) / sizeof(*texts)
		       ? texts[t]
		       : texts[TOPO_XMPP_UNVERIFIED];
}

bool acc_xmpp_is_verified(const struct topo_xmpp_partner *p)
{
	return p->trust == TOPO_XMPP_VERIFIED ||
	       p->trust == TOPO_XMPP_FEDERATED;
}
