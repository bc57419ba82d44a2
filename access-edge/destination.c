/* Which partner a request of the inside is for; AE 2.8, 2.9. */
#include "access-edge/destination.h"

#include <string.h>

#include "access-edge/host.h"
#include "common/dns_name.h"
#include "topology/name.h"

/* What the checks of one request share. */
struct look {
	struct acc_verdict *out;
	struct acc_destination *to;
	const struct topo *t;
	const struct edge_sip_msg *m;
	const struct topo_provider *split; /* that shares our address space */
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

static enum acc_reason federation_is_on(const struct look *l)
{
	return acc_partner_federation(l->out, l->t);
}

static enum acc_reason from_is_ours(const struct look *l)
{
	bool own = acc_host_is_own(l->t, l->from_host);

	return step(l, ACC_CHECK_FROM, l->from_host, own ? "own" : "not_own",
		    own ? ACC_REASON_OK : ACC_REASON_INSIDE_DOMAINS);
}

static enum acc_reason to_is_outside(const struct look *l)
{
	bool own = acc_host_is_own(l->t, l->to_host);

	if (own && l->split)
		return step(l, ACC_CHECK_TO, l->to_host, "shared",
			    ACC_REASON_OK);
	if (own && !l->in_dialog)
		return step(l, ACC_CHECK_TO, l->to_host, "own",
			    ACC_REASON_INSIDE_DOMAINS);
	if (!edge_slice_len(l->to_host))
		return step(l, ACC_CHECK_TO, l->m->to.uri.scheme, "no_domain",
			    ACC_REASON_NO_PARTNER);
	return ACC_REASON_OK;
}

static enum acc_reason is_not_blocked(const struct look *l)
{
	bool blocked = topo_is_blocked(l->t, l->to_host);

	return step(l, ACC_CHECK_BLOCKED, l->to_host, blocked ? "yes" : "no",
		    blocked ? ACC_REASON_DESTINATION_BLOCKED : ACC_REASON_OK);
}

static enum acc_reason method_is_routed(const struct look *l)
{
	bool routed = acc_partner_method(l->m->method);

	return step(l, ACC_CHECK_METHOD, l->m->method_text,
		    routed ? "routed" : "refused",
		    routed ? ACC_REASON_OK : ACC_REASON_PARTNER_METHOD);
}

/* -- where to ------------------------------------------------------------ */

static enum acc_reason go(const struct look *l, enum acc_role role,
			  const char *proxy, enum topo_verification level)
{
	l->to->role = role;
	l->to->level = level;
	return edge_dns_name_clean(l->to->name, proxy) ? ACC_REASON_OK
						       : ACC_REASON_NO_PARTNER;
}

static enum acc_reason go_to_provider(const struct look *l,
				      const struct topo_provider *p)
{
	acc_verdict_step(l->out,
			 p->is_public ? ACC_CHECK_PUBLIC_PROVIDER
				      : ACC_CHECK_HOSTING_PROVIDER,
			 edge_slice_str(p->proxy_fqdn),
			 p->is_enabled ? "enabled" : "disabled");
	if (!p->is_enabled)
		return ACC_REASON_PROVIDER_OFF;
	return go(l, p->is_public ? ACC_ROLE_PIC : ACC_ROLE_HST, p->proxy_fqdn,
		  p->level);
}

static const struct topo_provider *decorated(const struct look *l)
{
	for (size_t i = 0; i < l->t->provider_count; i++) {
		const struct topo_provider *p = &l->t->providers[i];

		if (p->decorated && topo_name_eq(l->to_host, p->decorated))
			return p;
	}
	return NULL;
}

/* Nobody entered it: its SRV record may lead to a partner or a provider. */
static enum acc_reason go_by_srv(const struct look *l)
{
	const struct topo_access_settings *a = &l->t->access;
	const struct topo_partner *p = topo_find_partner(l->t, l->to_host);
	char domain[EDGE_DNS_NAME_LEN];

	if (p)
		step(l, ACC_CHECK_ALLOWED, l->to_host, "found", ACC_REASON_OK);
	else
		step(l, ACC_CHECK_DISCOVERY, l->to_host,
		     a->discovery ? "true" : "false", ACC_REASON_OK);
	if (!p && !a->discovery && !l->t->provider_count)
		return ACC_REASON_NO_PARTNER;
	l->to->by_srv = true;
	l->to->is_listed = p != NULL;
	l->to->role = ACC_ROLE_DSC;
	l->to->level = a->discovered_level;
	return edge_slice_copy(domain, sizeof(domain), l->to_host) &&
			       edge_dns_name_clean(l->to->name, domain)
		       ? ACC_REASON_OK
		       : ACC_REASON_NO_PARTNER;
}

static enum acc_reason where_to(const struct look *l)
{
	const struct topo_access_settings *a = &l->t->access;
	const struct topo_partner *p = topo_find_partner(l->t, l->to_host);
	const struct topo_provider *row = l->split;

	if (row)
		return go_to_provider(l, row);
	if (a->default_route) {
		step(l, ACC_CHECK_DEFAULT_ROUTE,
		     edge_slice_str(a->default_route), "used", ACC_REASON_OK);
		return go(l, a->route_is_public ? ACC_ROLE_PIC : ACC_ROLE_CLR,
			  a->default_route, a->route_level);
	}
	if (p && p->proxy_fqdn) {
		step(l, ACC_CHECK_ALLOWED, l->to_host, "found", ACC_REASON_OK);
		return go(l, ACC_ROLE_DIR, p->proxy_fqdn, p->verification);
	}
	row = p ? NULL : decorated(l);
	return row ? go_to_provider(l, row) : go_by_srv(l);
}

static bool shares(const struct topo_provider *p)
{
	return p->is_enabled && !p->is_public && p->shares_address_space;
}

/* The one that a Route names; in a dialog with our own domain the one there
 * is. */
static const struct topo_provider *split(const struct topo *t,
					 const struct acc_leaving *l)
{
	const struct topo_provider *p = NULL;
	char name[EDGE_DNS_NAME_LEN];

	if (!l->edge_route && l->in_dialog &&
	    acc_host_is_own(t, acc_host_of(&l->m->to)))
		for (size_t i = 0; i < t->provider_count && !p; i++)
			p = shares(&t->providers[i]) ? &t->providers[i] : NULL;
	if (l->edge_route &&
	    edge_slice_copy(name, sizeof(name), l->edge_route->host))
		p = acc_partner_provider(t, name);
	return p && !p->is_public && p->shares_address_space ? p : NULL;
}

enum acc_reason acc_destination_find(struct acc_verdict *out,
				     struct acc_destination *to,
				     const struct acc_view *v,
				     const struct acc_leaving *leaving)
{
	static check_fn *const order[] = {
		federation_is_on, from_is_ours,	    to_is_outside,
		is_not_blocked,	  method_is_routed, where_to,
	};
	const struct look l = {
		.out = out,
		.to = to,
		.t = v->topo,
		.m = leaving->m,
		.split = split(v->topo, leaving),
		.from_host = acc_host_of(&leaving->m->from),
		.to_host = acc_host_of(&leaving->m->to),
		.in_dialog = leaving->in_dialog,
	};
	enum acc_reason why = ACC_REASON_OK;

	*out = (struct acc_verdict){.reason = ACC_REASON_OK};
	*to = (struct acc_destination){.role = ACC_ROLE_DSC};
	for (size_t i = 0; i < sizeof(order) / sizeof(*order) && !why; i++)
		why = order[i](&l);
	return acc_verdict_end(out, why);
}

enum acc_reason acc_destination_target(const struct acc_view *v,
				       struct acc_destination *to,
				       const char *target)
{
	const struct topo_provider *p = acc_partner_provider(v->topo, target);

	if (p && !p->is_enabled)
		return ACC_REASON_PROVIDER_OFF;
	if (p) {
		to->role = p->is_public ? ACC_ROLE_PIC : ACC_ROLE_HST;
		to->level = p->level;
		return ACC_REASON_OK;
	}
	to->role = ACC_ROLE_DSC; /* another target may have been a provider */
	to->level = v->topo->access.discovered_level;
	if (!to->is_listed && !v->topo->access.discovery)
		return ACC_REASON_NO_PARTNER;
	return acc_partner_target_fits(v, target, edge_slice_str(to->name))
		       ? ACC_REASON_OK
		       : ACC_REASON_SRV_DOMAIN;
}

/* A domain of the list that goes to that proxy; NULL: none. */
static const struct topo_partner *goes_to(const struct topo *t,
					  const char *proxy)
{
	for (size_t i = 0; i < t->allowed_count; i++)
		if (t->allowed[i].proxy_fqdn &&
		    topo_name_eq(edge_slice_str(proxy),
				 t->allowed[i].proxy_fqdn))
			return &t->allowed[i];
	return NULL;
}

static enum acc_reason proxy_again(const struct topo *t,
				   struct acc_destination *to)
{
	const struct topo_partner *row = goes_to(t, to->name);
	const struct topo_provider *p = acc_partner_provider(t, to->name);

	if (row && (to->role == ACC_ROLE_DIR || !p)) {
		to->role = ACC_ROLE_DIR;
		to->level = row->verification;
		return ACC_REASON_OK;
	}
	if (!p)
		return ACC_REASON_NO_PARTNER;
	to->role = p->is_public ? ACC_ROLE_PIC : ACC_ROLE_HST;
	to->level = p->level;
	return p->is_enabled ? ACC_REASON_OK : ACC_REASON_PROVIDER_OFF;
}

enum acc_reason acc_destination_again(const struct acc_view *v,
				      struct acc_destination *to,
				      const char *peer)
{
	const struct topo *t = v->topo;
	const struct topo_partner *row =
		topo_find_partner(t, edge_slice_str(to->name));

	if (t->access.default_route) {
		to->role =
			t->access.route_is_public ? ACC_ROLE_PIC : ACC_ROLE_CLR;
		to->level = t->access.route_level;
		return !to->by_srv && topo_name_eq(edge_slice_str(to->name),
						   t->access.default_route)
			       ? ACC_REASON_OK
			       : ACC_REASON_NO_PARTNER;
	}
	if (!to->by_srv)
		return proxy_again(t, to);
	if (topo_is_blocked(t, edge_slice_str(to->name)))
		return ACC_REASON_DESTINATION_BLOCKED;
	if (row && row->proxy_fqdn)
		return ACC_REASON_NO_PARTNER;
	to->is_listed = row != NULL;
	return *peer ? acc_destination_target(v, to, peer) : ACC_REASON_OK;
}

void acc_destination_tell(struct acc_verdict *out,
			  const struct acc_destination *to, enum acc_reason why)
{
	static const struct {
		enum acc_reason why;
		const char *outcome;
	} rows[] = {
		{ACC_REASON_PARTNER_SRV, "not_found"},
		{ACC_REASON_PARTNER_DNS, "no_answer"},
		{ACC_REASON_PROVIDER_OFF, "disabled_provider"},
		{ACC_REASON_SRV_DOMAIN, "other_domain"},
		{ACC_REASON_NO_PARTNER, "no_provider"},
	};

	out->reason = why;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (to->by_srv && rows[i].why == why)
			acc_verdict_step(out, ACC_CHECK_SRV,
					 edge_slice_str(to->name),
					 rows[i].outcome);
}
