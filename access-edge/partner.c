/* Who a partner is and what it may send inward; AE 2.1, 2.8, 3.3, 3.6. */
#include "access-edge/partner.h"

#include <string.h>

#include "access-edge/contact.h"
#include "access-edge/host.h"
#include "access-edge/trust.h"
#include "topology/name.h"

const struct topo_provider *acc_partner_provider(const struct topo *t,
						 const char *proxy)
{
	for (size_t i = 0; i < t->provider_count; i++)
		if (topo_name_eq(edge_slice_str(proxy),
				 t->providers[i].proxy_fqdn))
			return &t->providers[i];
	return NULL;
}

bool acc_partner_target_fits(const struct acc_view *v, const char *target,
			     struct edge_slice domain)
{
	char name[EDGE_DNS_NAME_LEN];

	return !v->options->srv_target_in_domain ||
	       (edge_slice_copy(name, sizeof(name), domain) &&
		topo_name_is_under(edge_slice_str(target), name));
}

/* -- the connection ----------------------------------------------------- */

/* An enabled provider of that kind that the certificate names. */
static const struct topo_provider *
named_provider(const struct topo *t, const struct edge_peer *p, bool is_public)
{
	for (size_t i = 0; i < t->provider_count; i++) {
		const struct topo_provider *row = &t->providers[i];

		if (row->is_public == is_public && row->is_enabled &&
		    edge_peer_has_name(p, row->proxy_fqdn))
			return row;
	}
	return NULL;
}

static const struct topo_partner *named_partner(const struct topo *t,
						const struct edge_peer *p)
{
	for (size_t i = 0; i < t->allowed_count; i++)
		if (t->allowed[i].proxy_fqdn &&
		    edge_peer_has_name(p, t->allowed[i].proxy_fqdn))
			return &t->allowed[i];
	return NULL;
}

static bool any_found_by_srv(const struct topo *t)
{
	for (size_t i = 0; i < t->allowed_count; i++)
		if (!t->allowed[i].proxy_fqdn)
			return true;
	return false;
}

static enum acc_role take(struct acc_verdict *out, enum acc_check check,
			  const char *row, enum acc_role role)
{
	acc_verdict_step(out, check, edge_slice_str(row), "in_certificate");
	return role;
}

/* AE 3.1: with default routing there is one partner. */
static enum acc_role default_role(struct acc_verdict *out, const struct topo *t,
				  const struct edge_peer *p)
{
	const char *route = t->access.default_route;

	if (edge_peer_has_name(p, route))
		return take(out, ACC_CHECK_DEFAULT_ROUTE, route,
			    t->access.route_is_public ? ACC_ROLE_PIC
						      : ACC_ROLE_CLR);
	acc_verdict_step(out, ACC_CHECK_DEFAULT_ROUTE, edge_slice_str(route),
			 "not_in_certificate");
	acc_verdict_end(out, ACC_REASON_UNKNOWN_PEER);
	return ACC_ROLE_COUNT;
}

enum acc_role acc_partner_role(struct acc_verdict *out, const struct topo *t,
			       const struct edge_peer *p)
{
	const struct topo_provider *provider;
	const struct topo_partner *partner;

	*out = (struct acc_verdict){.reason = ACC_REASON_OK};
	if (t->access.default_route)
		return default_role(out, t, p);
	provider = named_provider(t, p, true);
	if (provider)
		return take(out, ACC_CHECK_PUBLIC_PROVIDER,
			    provider->proxy_fqdn, ACC_ROLE_PIC);
	provider = named_provider(t, p, false);
	if (provider)
		return take(out, ACC_CHECK_HOSTING_PROVIDER,
			    provider->proxy_fqdn, ACC_ROLE_HST);
	partner = named_partner(t, p);
	if (partner)
		return take(out, ACC_CHECK_ALLOWED, partner->proxy_fqdn,
			    ACC_ROLE_DIR);
	acc_verdict_step(out, ACC_CHECK_DISCOVERY, edge_slice_str(""),
			 t->access.discovery ? "true" : "false");
	if (t->access.discovery || any_found_by_srv(t))
		return ACC_ROLE_DSC;
	acc_verdict_end(out, ACC_REASON_UNKNOWN_PEER);
	return ACC_ROLE_COUNT;
}

/* -- a message ---------------------------------------------------------- */

/* What the checks of one request share. */
struct look {
	struct acc_verdict *out;
	const struct acc_view *v;
	const struct topo *t;
	const struct edge_sip_msg *m;
	const struct acc_source *from;
	struct edge_slice from_host, to_host;
	bool in_dialog;
};

typedef enum acc_reason check_fn(const struct look *l);

static enum acc_reason step(const struct look *l, enum acc_check check,
			    struct edge_slice row, const char *outcome,
			    enum acc_reason reason)
{
	acc_verdict_step(l->out, check, row, outcome);
	return reason;
}

bool acc_partner_shares(const struct topo *t, enum acc_role role,
			const char *proxy)
{
	const struct topo_provider *p = role == ACC_ROLE_HST && proxy
						? acc_partner_provider(t, proxy)
						: NULL;

	return p && p->shares_address_space;
}

bool acc_partner_source_shares(const struct topo *t,
			       const struct acc_source *from)
{
	const struct topo_provider *p = NULL;

	if (from->role == ACC_ROLE_HST && from->facts && from->facts->peer)
		p = named_provider(t, from->facts->peer, false);
	return p && p->shares_address_space;
}

enum acc_reason acc_partner_federation(struct acc_verdict *out,
				       const struct topo *t)
{
	bool on = t->access.federated_users;

	acc_verdict_step(out, ACC_CHECK_FEDERATION, edge_slice_str(""),
			 on ? "true" : "false");
	return on ? ACC_REASON_OK : ACC_REASON_FEDERATION_OFF;
}

static enum acc_reason federation_is_on(const struct look *l)
{
	return acc_partner_federation(l->out, l->t);
}

static enum acc_reason is_not_blocked(const struct look *l)
{
	bool blocked = topo_is_blocked(l->t, l->from_host);

	if (!edge_slice_len(l->from_host))
		return step(l, ACC_CHECK_FROM, l->m->from.uri.scheme,
			    "no_domain", ACC_REASON_SOURCE_DOMAIN);
	return step(l, ACC_CHECK_BLOCKED, l->from_host, blocked ? "yes" : "no",
		    blocked ? ACC_REASON_BLOCKED_DOMAIN : ACC_REASON_OK);
}

static enum acc_reason allowed_speaks(const struct look *l)
{
	const struct topo_partner *p = topo_find_partner(l->t, l->from_host);
	bool named = p && p->proxy_fqdn &&
		     edge_peer_has_name(l->from->facts->peer, p->proxy_fqdn);

	return step(l, ACC_CHECK_ALLOWED, l->from_host,
		    named ? "in_certificate"
		    : p	  ? "not_in_certificate"
			  : "missing",
		    named ? ACC_REASON_OK
		    : p	  ? ACC_REASON_PEER_MISMATCH
			  : ACC_REASON_SOURCE_DOMAIN);
}

/* An answer that is none. */
static enum acc_reason srv_missing(const struct look *l)
{
	bool absent = l->from->facts->srv.state == ACC_SRV_ABSENT;

	return step(l, ACC_CHECK_SRV, l->from_host,
		    absent ? "not_found" : "no_answer",
		    absent ? ACC_REASON_SOURCE_SRV : ACC_REASON_PARTNER_DNS);
}

/* With default routing the one partner speaks for everybody. */
static enum acc_reason hub_speaks(const struct look *l)
{
	const char *route = l->t->access.default_route;
	bool named = route && edge_peer_has_name(l->from->facts->peer, route);

	return step(l, ACC_CHECK_DEFAULT_ROUTE, l->from_host,
		    named ? "used" : "not_in_certificate",
		    named ? ACC_REASON_OK : ACC_REASON_PEER_MISMATCH);
}

static enum acc_reason provider_speaks(const struct look *l)
{
	bool is_public = l->from->role == ACC_ROLE_PIC;
	const struct acc_facts *f = l->from->facts;
	const struct topo_provider *p =
		named_provider(l->t, f->peer, is_public);
	enum acc_check check = is_public ? ACC_CHECK_PUBLIC_PROVIDER
					 : ACC_CHECK_HOSTING_PROVIDER;

	if (l->t->access.default_route)
		return hub_speaks(l);
	if (!p)
		return step(l, check, l->from_host, "disabled",
			    ACC_REASON_PROVIDER_OFF);
	if (acc_host_is_own(
		    l->t, l->from_host) || /* split domain: is_not_ours said */
	    (p->decorated && topo_name_eq(l->from_host, p->decorated)))
		return step(l, check, l->from_host, "enabled", ACC_REASON_OK);
	if (f->srv.state != ACC_SRV_FOUND)
		return srv_missing(l);
	for (size_t i = 0; i < f->srv.count; i++)
		if (topo_name_eq(edge_slice_str(f->srv.rows[i].target),
				 p->proxy_fqdn))
			return step(l, check, l->from_host, "by_srv",
				    ACC_REASON_OK);
	return step(l, ACC_CHECK_SRV, l->from_host, "other_provider",
		    ACC_REASON_PROVIDER_DOMAIN);
}

/* The record of a domain that nobody entered, against the certificate. */
static enum acc_reason srv_speaks(const struct look *l)
{
	const struct acc_facts *f = l->from->facts;
	bool named = false;

	for (size_t i = 0; i < f->srv.count; i++) {
		const char *target = f->srv.rows[i].target;
		const struct topo_provider *p =
			acc_partner_provider(l->t, target);

		if (p && !p->is_enabled)
			return step(l, ACC_CHECK_SRV, l->from_host,
				    "disabled_provider",
				    ACC_REASON_PROVIDER_OFF);
		if (!edge_peer_has_name(f->peer, target))
			continue;
		if (acc_partner_target_fits(l->v, target, l->from_host))
			return step(l, ACC_CHECK_SRV, l->from_host,
				    "in_certificate", ACC_REASON_OK);
		named = true;
	}
	return step(l, ACC_CHECK_SRV, l->from_host,
		    named ? "other_domain" : "not_in_certificate",
		    ACC_REASON_PEER_MISMATCH);
}

static enum acc_reason discovered_speaks(const struct look *l)
{
	const struct topo_partner *p = topo_find_partner(l->t, l->from_host);

	if (p && p->proxy_fqdn)
		return allowed_speaks(l);
	if (p)
		step(l, ACC_CHECK_ALLOWED, l->from_host, "found",
		     ACC_REASON_OK);
	else if (!l->t->access.discovery)
		return step(l, ACC_CHECK_DISCOVERY, l->from_host, "false",
			    ACC_REASON_SOURCE_DOMAIN);
	else
		step(l, ACC_CHECK_DISCOVERY, l->from_host, "true",
		     ACC_REASON_OK);
	l->out->is_limited = !p;
	if (l->from->facts->srv.state != ACC_SRV_FOUND)
		return srv_missing(l);
	return srv_speaks(l);
}

/* AE 3.6 step 4: may this peer speak for that domain? */
static enum acc_reason peer_speaks(const struct look *l)
{
	switch (l->from->role) {
	case ACC_ROLE_DIR:
		return allowed_speaks(l);
	case ACC_ROLE_PIC:
	case ACC_ROLE_HST:
		return provider_speaks(l);
	case ACC_ROLE_CLR:
		return hub_speaks(l);
	case ACC_ROLE_DSC:
		return discovered_speaks(l);
	case ACC_ROLE_USR:
	case ACC_ROLE_INT:
	case ACC_ROLE_COUNT:
		break;
	}
	return ACC_REASON_UNKNOWN_PEER;
}

/* AE 2.8: nobody outside speaks in our name, but who shares it. */
static enum acc_reason is_not_ours(const struct look *l)
{
	const struct topo_provider *p = NULL;

	if (!acc_host_is_own(l->t, l->from_host))
		return ACC_REASON_OK;
	if (l->from->role == ACC_ROLE_HST)
		p = named_provider(l->t, l->from->facts->peer, false);
	if (p && p->shares_address_space)
		return step(l, ACC_CHECK_FROM, l->from_host, "shared",
			    ACC_REASON_OK);
	return step(l, ACC_CHECK_FROM, l->from_host, "own",
		    ACC_REASON_SOURCE_DOMAIN);
}

/* One of our domains, or the name that partners know us by. */
static bool is_ours(const struct topo *t, struct edge_slice host)
{
	return acc_host_is_own(t, host) ||
	       (t->access_name && topo_name_eq(host, t->access_name));
}

/* AE 2.8 D_r: a plain proxy inside would follow it anywhere. */
static bool target_is_ours(const struct topo *t, const struct edge_sip_uri *u)
{
	struct edge_slice maddr;

	return !u->is_sip || (!edge_sip_param(u->params, "maddr", &maddr) &&
			      is_ours(t, u->host));
}

/* A Contact that the inside gave: sealed, a user's address, or a client's
 * outside. */
static bool target_is_a_contact(const struct acc_view *v,
				const struct edge_sip_uri *u)
{
	struct edge_slice value;

	if (!u->is_sip)
		return true;
	if (edge_sip_param(u->params, "maddr", &value) &&
	    acc_contact_is_inside(v, value))
		return false;
	return is_ours(v->topo, u->host) || !acc_contact_is_inside(v, u->host);
}

enum acc_reason acc_partner_target(struct acc_verdict *out,
				   const struct acc_view *v,
				   const struct edge_sip_uri *u, bool in_dialog)
{
	if (in_dialog ? target_is_a_contact(v, u) : target_is_ours(v->topo, u))
		return ACC_REASON_OK;
	acc_verdict_step(out, ACC_CHECK_REQUEST_URI, u->host,
			 in_dialog ? "inside" : "not_own");
	return acc_verdict_end(out, ACC_REASON_NO_ROUTE);
}

static enum acc_reason to_is_ours(const struct look *l)
{
	if (l->in_dialog)
		return step(l, ACC_CHECK_TO, l->to_host, "in_dialog",
			    ACC_REASON_OK);
	if (!target_is_ours(l->t, &l->m->ruri))
		return step(l, ACC_CHECK_REQUEST_URI, l->m->ruri.host,
			    "not_own", ACC_REASON_NO_ROUTE);
	if (acc_host_is_own(l->t, l->to_host))
		return step(l, ACC_CHECK_TO, l->to_host, "own", ACC_REASON_OK);
	return step(l, ACC_CHECK_TO, l->to_host, "not_own",
		    ACC_REASON_NO_ROUTE);
}

bool acc_partner_method(enum edge_sip_method method)
{
	return method != EDGE_SIP_REGISTER && method != EDGE_SIP_PUBLISH &&
	       method != EDGE_SIP_NEGOTIATE && method != EDGE_SIP_UNKNOWN;
}

/* AE 3.2 AllowPartnerPollingSubscribes */
static bool polls(const struct look *l)
{
	const struct edge_sip_msg *m = l->m;
	int line = edge_sip_find(m, EDGE_SIP_EXPIRES, 0);
	uint64_t s = 1;

	return m->method == EDGE_SIP_SUBSCRIBE && line >= 0 && !l->in_dialog &&
	       edge_slice_u64(m->lines[line].value, UINT32_MAX, &s) && s == 0;
}

static enum acc_reason method_is_routed(const struct look *l)
{
	if (!acc_partner_method(l->m->method))
		return step(l, ACC_CHECK_METHOD, l->m->method_text, "refused",
			    ACC_REASON_PARTNER_METHOD);
	if (polls(l) && !l->t->proxy.partner_polling)
		return step(l, ACC_CHECK_POLLING, l->m->method_text, "false",
			    ACC_REASON_PARTNER_POLLING);
	return step(l, ACC_CHECK_METHOD, l->m->method_text, "routed",
		    ACC_REASON_OK);
}

enum topo_verification acc_partner_level(const struct topo *t,
					 const struct acc_source *from,
					 struct edge_slice domain)
{
	const struct topo_partner *p = topo_find_partner(t, domain);
	const struct topo_provider *row;

	switch (from->role) {
	case ACC_ROLE_DIR:
		return p && p->proxy_fqdn ? p->verification : TOPO_VERIFY_NEVER;
	case ACC_ROLE_PIC:
	case ACC_ROLE_HST:
		row = from->facts && from->facts->peer
			      ? named_provider(t, from->facts->peer,
					       from->role == ACC_ROLE_PIC)
			      : NULL;
		if (!row && t->access.default_route)
			return t->access.route_level;
		return row ? row->level : TOPO_VERIFY_NEVER;
	case ACC_ROLE_CLR:
		return t->access.default_route ? t->access.route_level
					       : TOPO_VERIFY_NEVER;
	case ACC_ROLE_DSC:
		return t->access.discovered_level;
	case ACC_ROLE_USR:
	case ACC_ROLE_INT:
	case ACC_ROLE_COUNT:
		break;
	}
	return TOPO_VERIFY_NEVER; /* no partner has a level */
}

const char *acc_partner_remote(const struct topo *t,
			       const struct acc_source *from)
{
	const struct topo_provider *p = NULL;

	if (from->role == ACC_ROLE_PIC && from->facts && from->facts->peer)
		p = named_provider(t, from->facts->peer, true);
	return p ? p->proxy_fqdn : NULL;
}

static enum acc_reason level_is(const struct look *l)
{
	l->out->level = acc_partner_level(l->t, l->from, l->from_host);
	l->out->is_verified = acc_trust_is_verified(l->out->level, l->m);
	return step(l, ACC_CHECK_VERIFICATION,
		    edge_slice_str(acc_verification_name(l->out->level)),
		    l->out->is_verified ? "verified" : "unverified",
		    ACC_REASON_OK);
}

bool acc_partner_wants_srv(const struct topo *t, enum acc_role role,
			   struct edge_slice domain)
{
	const struct topo_partner *p;

	if (!t->access.federated_users || !edge_slice_len(domain) ||
	    topo_is_blocked(t, domain) || acc_host_is_own(t, domain))
		return false;
	if (role == ACC_ROLE_PIC || role == ACC_ROLE_HST)
		return !t->access.default_route;
	if (role != ACC_ROLE_DSC)
		return false;
	p = topo_find_partner(t, domain);
	return p ? !p->proxy_fqdn : t->access.discovery;
}

enum acc_reason acc_partner_inbound(struct acc_verdict *out,
				    const struct acc_view *v,
				    const struct edge_sip_msg *m,
				    const struct acc_source *from,
				    bool in_dialog)
{
	static check_fn *const order[] = {
		federation_is_on, is_not_blocked,   is_not_ours, peer_speaks,
		to_is_ours,	  method_is_routed, level_is,
	};
	const struct look l = {out,
			       v,
			       v->topo,
			       m,
			       from,
			       acc_host_of(&m->from),
			       acc_host_of(&m->to),
			       in_dialog};
	enum acc_reason why = ACC_REASON_OK;

	*out = (struct acc_verdict){.reason = ACC_REASON_OK};
	if (!from->facts || !from->facts->peer)
		return acc_verdict_end(out, ACC_REASON_UNKNOWN_PEER);
	for (size_t i = 0; i < sizeof(order) / sizeof(*order) && !why; i++)
		why = order[i](&l);
	return acc_verdict_end(out, why);
}
