/* Whole-document rules: federation, providers, XMPP. */
#include <stdio.h>
#include <string.h>

#include "topology/check_rules.h"
#include "topology/name.h"

/* TOPO-FED-001, -002 */

static void check_switch(struct topo_check *c)
{
	const struct topo_draft_port *p;
	bool on = c->d->access.federated_users;

	if (!c->role.edge || !c->d->has_access)
		return; /* topology alone: the switch is not known */
	p = topo_draft_port(c->role.edge, TOPO_PORT_ACCESS_FEDERATION);
	if (on == (p != NULL))
		return;
	topo_finding_place(
		topo_findings_add(c->f, TOPO_WARN, "TOPO-FED-001", "%s",
				  on ? "AllowFederatedUsers is true, but this "
				       "pool has no federation port (row 11)"
				     : "this pool has a federation port (row "
				       "11), but AllowFederatedUsers is false"),
		p ? p->line : c->role.edge->line, "Service %s",
		c->role.edge->label);
}

static bool has_declared_route(const struct topo_check *c)
{
	for (const struct topo_draft_site *s = c->d->sites; s; s = s->next)
		if (s->route && c->role.cluster &&
		    strcmp(s->id, c->role.cluster->site) == 0)
			return topo_draft_service(c->d, s->route);
	return false;
}

static void check_route(struct topo_check *c)
{
	const struct topo_draft_service *first = NULL;
	size_t count = 0;

	for (size_t i = 0; i < c->edge_count; i++) {
		if (!topo_draft_port(c->edges[i], TOPO_PORT_ACCESS_FEDERATION))
			continue;
		if (!first || topo_role_site_before(c->d, c->edges[i], first))
			first = c->edges[i];
		count++;
	}
	if (count < 2 || has_declared_route(c))
		return;
	topo_finding_place(topo_findings_add(c->f, TOPO_WARN, "TOPO-FED-002",
					     "no federation route is declared "
					     "and %zu Edge pools could be it; "
					     "taken: %s",
					     count, first->label),
			   first->line, "Service %s", first->label);
}

/* TOPO-FED-003 to -006: lists that contradict themselves. */

static void warn(struct topo_check *c, const char *code, unsigned line,
		 const char *what, const char *text)
{
	topo_finding_place(topo_findings_add(c->f, TOPO_WARN, code, "%s", text),
			   line, "%s", what);
}

static const char *kind_of(const struct topo_draft_provider *p)
{
	return p->is.is_public ? "PublicProvider" : "HostingProvider";
}

static const char *name_of(const struct topo_draft_provider *p)
{
	return p->is.name ? p->is.name : "without a name";
}

static void check_provider(struct topo_check *c,
			   const struct topo_draft_provider *p)
{
	struct edge_slice proxy = edge_slice_str(p->is.proxy_fqdn);
	char text[400];

	if (!topo_name_is_valid(proxy)) {
		(void)snprintf(text, sizeof(text),
			       "%s %.60s: ProxyFqdn '%.100s' is not a DNS "
			       "name; the provider is left out",
			       kind_of(p), name_of(p),
			       p->is.proxy_fqdn ? p->is.proxy_fqdn : "");
		warn(c, "TOPO-FED-006", p->line, kind_of(p), text);
		return;
	}
	for (const struct topo_draft_provider *q = c->d->providers; q != p;
	     q = q->next) {
		if (!q->is.proxy_fqdn || !topo_name_eq(proxy, q->is.proxy_fqdn))
			continue;
		(void)snprintf(text, sizeof(text),
			       "%s %.60s has the ProxyFqdn %.100s of %s %.60s "
			       "(line %u), which is used",
			       kind_of(p), name_of(p), p->is.proxy_fqdn,
			       kind_of(q), name_of(q), q->line);
		warn(c, "TOPO-FED-003", p->line, kind_of(p), text);
		return;
	}
}

static void check_providers(struct topo_check *c)
{
	const struct topo_draft_provider *first = c->d->providers;
	size_t count = 0;

	for (const struct topo_draft_provider *p = first;
	     p && count <= TOPO_ROLE_PARTNERS_MAX; p = p->next, count++)
		check_provider(c, p);
	while (first && !first->is.is_enabled)
		first = first->next;
	if (first && c->d->access.default_route)
		warn(c, "TOPO-FED-005", first->line, kind_of(first),
		     "with default routing there must be no provider: every "
		     "message to another domain takes the default route");
}

/* The line of an earlier entry of that name; 0: there is none. */
static unsigned allowed_before(const struct topo_check *c, const char *domain,
			       const struct topo_draft_partner *end)
{
	for (const struct topo_draft_partner *p = c->d->allowed; p != end;
	     p = p->next)
		if (p->is.domain &&
		    topo_name_eq(edge_slice_str(domain), p->is.domain))
			return p->line;
	return 0;
}

static size_t list_count(const struct topo_check *c)
{
	size_t n = 0;

	for (const struct topo_draft_partner *p = c->d->allowed; p; p = p->next)
		n++;
	for (const struct topo_draft_name *p = c->d->blocked.head; p;
	     p = p->next)
		n++;
	return n;
}

static void check_lists(struct topo_check *c)
{
	char text[400];
	unsigned line;

	if (list_count(c) > TOPO_CHECK_LIST_MAX)
		return; /* refused when the snapshot is built */
	for (const struct topo_draft_partner *p = c->d->allowed; p;
	     p = p->next) {
		line = p->is.domain ? allowed_before(c, p->is.domain, p) : 0;
		if (!line)
			continue;
		(void)snprintf(text, sizeof(text),
			       "%.200s is allowed twice; the entry of line %u "
			       "is used",
			       p->is.domain, line);
		warn(c, "TOPO-FED-004", p->line, "AllowedDomain", text);
	}
	for (const struct topo_draft_name *p = c->d->blocked.head; p;
	     p = p->next) {
		line = p->name ? allowed_before(c, p->name, NULL) : 0;
		if (!line)
			continue;
		(void)snprintf(text, sizeof(text),
			       "%.200s is allowed (line %u) and blocked; it is "
			       "blocked",
			       p->name, line);
		warn(c, "TOPO-FED-004", p->line, "BlockedDomain", text);
	}
}

/* TOPO-XMPP-* */

static void check_xmpp_partner(struct topo_check *c,
			       const struct topo_draft_xmpp *p)
{
	const char *fault = topo_role_xmpp_fault(c->d, p);
	char text[400];

	(void)snprintf(text, sizeof(text), "%.200s: %s",
		       p->is.domain ? p->is.domain : "without a Domain",
		       fault ? fault
			     : "TlsNegotiation is NotSupported: messages and "
			       "the dialback that proves who sends them travel "
			       "in the clear");
	if (fault)
		warn(c, "TOPO-XMPP-001", p->line, "XmppAllowedPartner", text);
	else if (topo_xmpp_is_plain(&p->is))
		warn(c, "TOPO-XMPP-002", p->line, "XmppAllowedPartner", text);
	for (const struct topo_draft_name *n = p->more.head; n; n = n->next)
		if (!topo_name_is_valid(edge_slice_str(n->name))) {
			(void)snprintf(text, sizeof(text),
				       "%.100s: additional domain '%.100s' is "
				       "not a DNS name and is left out",
				       p->is.domain ? p->is.domain : "",
				       n->name);
			warn(c, "TOPO-XMPP-004", n->line, "XmppAllowedPartner",
			     text);
		}
}

/* Served, but not where both sides need it. */
static void check_xmpp_rows(struct topo_check *c)
{
	static const enum topo_port_kind kinds[] = {TOPO_PORT_XMPP_OUTSIDE,
						    TOPO_PORT_XMPP_INSIDE};
	bool is_on = topo_role_xmpp(c->d) && c->role.edge;
	char text[400];

	for (size_t i = 0; is_on && i < 2; i++) {
		if (topo_draft_port(c->role.edge, kinds[i]))
			continue;
		(void)snprintf(text, sizeof(text),
			       "there are XMPP partners, but this pool has no "
			       "port %s",
			       topo_port_kind_name(kinds[i]));
		warn(c, "TOPO-XMPP-003", c->role.edge->line,
		     c->role.edge->label, text);
	}
}

static void check_xmpp(struct topo_check *c)
{
	size_t count = 0;

	for (const struct topo_draft_xmpp *p = c->d->xmpp;
	     p && count <= TOPO_ROLE_PARTNERS_MAX; p = p->next, count++)
		check_xmpp_partner(c, p);
	check_xmpp_rows(c);
}

void topo_check_federation(struct topo_check *c)
{
	check_switch(c);
	check_route(c);
	check_providers(c);
	check_lists(c);
	check_xmpp(c);
}
