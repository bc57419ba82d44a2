/* Whole-document rules: ports and names. */
#include <string.h>

#include "topology/check_rules.h"
#include "topology/name.h"

/* TOPO-PORT-001, -003 */

/* A row that is there and not served: XMPP without partners. */
static bool is_off(const struct topo_check *c,
		   const struct topo_draft_service *s, enum topo_port_kind kind)
{
	return topo_draft_port(s, kind) &&
	       !topo_role_served_port(c->d, s, kind);
}

static void check_number(struct topo_check *c,
			 const struct topo_draft_service *s,
			 const struct topo_draft_port *p)
{
	enum topo_port_kind kind = topo_draft_port_kind(p);
	bool bad_port = p->port < 1 || p->port > UINT16_MAX;

	if (kind == TOPO_PORT_KINDS || is_off(c, s, kind))
		return;
	if (!bad_port && p->range >= 1 && p->range <= UINT16_MAX &&
	    p->port + p->range - 1 <= UINT16_MAX)
		return;
	topo_finding_place(
		topo_findings_add(
			c->f, TOPO_ERROR, "TOPO-PORT-003",
			bad_port ? "%s: port '%.20s' is not 1 to "
				   "65535"
				 : "%s: port %.20s with range '%.20s' "
				   "leaves 1 to 65535",
			topo_port_kind_name(kind), p->port_text, p->range_text),
		p->line, "Service %s", s->label);
}

static void check_rows(struct topo_check *c, const struct topo_draft_service *s)
{
	const struct topo_draft_port *seen[TOPO_PORT_KINDS] = {NULL};

	for (const struct topo_draft_port *p = s->ports; p; p = p->next) {
		enum topo_port_kind kind = topo_draft_port_kind(p);

		check_number(c, s, p);
		if (kind == TOPO_PORT_KINDS || is_off(c, s, kind))
			continue;
		if (seen[kind])
			topo_finding_place(
				topo_findings_add(c->f, TOPO_WARN,
						  "TOPO-PORT-002",
						  "%s is given twice; the one "
						  "of line %u is used",
						  topo_port_kind_name(kind),
						  seen[kind]->line),
				p->line, "Service %s", s->label);
		else
			seen[kind] = p;
	}
	for (size_t k = 0; k <= TOPO_PORT_AV_RANGE; k++)
		if (!seen[k])
			topo_finding_place(
				topo_findings_add(
					c->f, TOPO_ERROR, "TOPO-PORT-001",
					"%s lacks port %s", s->label,
					topo_port_kind_name(
						(enum topo_port_kind)k)),
				s->line, "Service %s", s->label);
}

/* TOPO-PORT-002 */

enum { TCP = 1, UDP = 2 };

static unsigned transports(size_t kind)
{
	switch (kind) {
	case TOPO_PORT_AV_INSIDE_UDP:
	case TOPO_PORT_AV_OUTSIDE_UDP:
		return UDP;
	case TOPO_PORT_AV_RANGE:
		return TCP | UDP;
	default:
		return TCP;
	}
}

/* One listener by what a connection decides: TO 1.5. */
static bool may_share(size_t a, size_t b)
{
	return a == TOPO_PORT_ACCESS_CLIENT && b == TOPO_PORT_ACCESS_FEDERATION;
}

static bool same_address(const struct topo_draft_machine *m,
			 const struct topo_draft_port *a,
			 const struct topo_draft_port *b)
{
	const struct topo_draft_nic *x = topo_draft_nic(m, a->side, a->number);
	const struct topo_draft_nic *y = topo_draft_nic(m, b->side, b->number);
	struct edge_addr p, q;

	if (!x || !y)
		return false;
	return x == y || (!edge_addr_parse(&p, edge_slice_str(x->address), 0) &&
			  !edge_addr_parse(&q, edge_slice_str(y->address), 0) &&
			  p.family && edge_addr_same_ip(&p, &q));
}

static bool overlap(const struct topo_draft_port *a,
		    const struct topo_draft_port *b)
{
	return a->port > 0 && b->port > 0 && a->port < b->port + b->range &&
	       b->port < a->port + a->range;
}

static void check_overlaps(struct topo_check *c,
			   const struct topo_draft_machine *m,
			   const struct topo_draft_port *const *ports)
{
	for (size_t a = 0; a < TOPO_PORT_KINDS; a++)
		for (size_t b = a + 1; b < TOPO_PORT_KINDS; b++) {
			if (!ports[a] || !ports[b] || may_share(a, b) ||
			    !(transports(a) & transports(b)) ||
			    !overlap(ports[a], ports[b]) ||
			    !same_address(m, ports[a], ports[b]))
				continue;
			topo_finding_place(
				topo_findings_add(
					c->f, TOPO_ERROR, "TOPO-PORT-002",
					"%s: %s and %s both listen on %s/%u "
					"port %ld",
					m->fqdn,
					topo_port_kind_name(
						(enum topo_port_kind)a),
					topo_port_kind_name(
						(enum topo_port_kind)b),
					ports[b]->side, ports[b]->number,
					ports[b]->port),
				ports[b]->line, "Machine %s", m->fqdn);
		}
}

void topo_check_ports(struct topo_check *c)
{
	for (size_t i = 0; i < c->edge_count; i++) {
		const struct topo_draft_service *s = c->edges[i];
		const struct topo_draft_cluster *cluster =
			topo_draft_cluster(c->d, s->cluster_id);
		const struct topo_draft_port *ports[TOPO_PORT_KINDS];
		const struct topo_draft_port *replica =
			topo_role_replica_port(c->d, s);
		const struct topo_draft_machine *m =
			cluster == c->role.cluster ? c->role.machine : NULL;

		check_rows(c, s);
		if (replica)
			check_number(c, s, replica);
		for (size_t k = 0; k < TOPO_PORT_REPLICA; k++)
			ports[k] = topo_role_served_port(
				c->d, s, (enum topo_port_kind)k);
		ports[TOPO_PORT_REPLICA] = replica;
		if (!m && cluster) /* every member has the same ports */
			m = cluster->machines;
		if (m)
			check_overlaps(c, m, ports);
	}
}

/* TOPO-DOM-* */

static void check_name(struct topo_check *c, const char *name, unsigned line,
		       const char *what)
{
	if (name && !topo_name_is_valid(edge_slice_str(name)))
		topo_finding_place(
			topo_findings_add(c->f, TOPO_ERROR, "TOPO-DOM-001",
					  "%s '%.100s' is not a DNS name", what,
					  name),
			line, "%s", what);
}

static void check_twins(struct topo_check *c, const struct topo_draft_domain *a)
{
	for (const struct topo_draft_domain *b = a->next; b; b = b->next)
		if (topo_name_eq(edge_slice_str(a->name), b->name)) {
			topo_finding_place(
				topo_findings_add(
					c->f, TOPO_WARN, "TOPO-DOM-002",
					"'%s' (line %u) and '%s' "
					"(line %u) are one domain",
					a->name, a->line, b->name, b->line),
				b->line, "InternalDomain %s", b->name);
			return;
		}
}

static bool is_listed(const struct topo_draft *d, const char *name)
{
	for (const struct topo_draft_domain *n = d->domains; n; n = n->next)
		if (topo_name_eq(edge_slice_str(name), n->name))
			return true;
	return false;
}

static size_t domain_count(const struct topo_draft *d)
{
	size_t count = 0;

	for (const struct topo_draft_domain *n = d->domains; n; n = n->next)
		count++;
	return count;
}

enum { TWINS_MAX = 4096 }; /* TOPO_SNAP_LIST_MAX: more are refused later */

static void check_domains(struct topo_check *c)
{
	const struct topo_draft *d = c->d;
	bool few = domain_count(d) <= TWINS_MAX;

	for (const struct topo_draft_domain *n = d->domains; n; n = n->next) {
		check_name(c, n->name, n->line, "SIP domain");
		if (few)
			check_twins(c, n);
	}
	if (!d->domains)
		topo_finding_place(topo_findings_add(c->f, TOPO_ERROR,
						     "TOPO-DOM-001",
						     "there is no SIP domain"),
				   d->domains_line, "InternalDomains");
	else if (!d->default_domain || !is_listed(d, d->default_domain))
		topo_finding_place(
			topo_findings_add(c->f, TOPO_ERROR, "TOPO-DOM-001",
					  "DefaultDomain '%s' is not among the "
					  "SIP domains",
					  d->default_domain ? d->default_domain
							    : ""),
			d->domains_line, "InternalDomains");
	if (d->allow_all_domains)
		topo_finding_place(
			topo_findings_add(c->f, TOPO_WARN, "TOPO-DOM-003",
					  "AllowAllDomains is set; this edge "
					  "serves only the domains listed"),
			d->domains_line, "InternalDomains");
}

static void check_pool_names(struct topo_check *c,
			     const struct topo_draft_cluster *cluster)
{
	check_name(c, cluster->fqdn, cluster->line, "Edge pool");
	for (const struct topo_draft_machine *m = cluster->machines; m;
	     m = m->next)
		if (strcmp(m->fqdn, cluster->fqdn) != 0)
			check_name(c, m->fqdn, m->line, "Edge machine");
}

void topo_check_names(struct topo_check *c)
{
	check_domains(c);
	for (size_t i = 0; i < c->cluster_count; i++)
		check_pool_names(c, c->clusters[i]);
	for (size_t i = 0; i < c->edge_count; i++)
		for (const struct topo_draft_port *p = c->edges[i]->ports; p;
		     p = p->next)
			if (topo_draft_port_kind(p) != TOPO_PORT_KINDS)
				check_name(c, p->configured_fqdn, p->line,
					   "ConfiguredFqdn");
	for (const struct topo_draft_partner *p = c->d->allowed; p;
	     p = p->next) {
		check_name(c, p->is.domain ? p->is.domain : "", p->line,
			   "AllowedDomain");
		check_name(c, p->is.proxy_fqdn, p->line, "ProxyFqdn");
	}
	for (const struct topo_draft_name *p = c->d->blocked.head; p;
	     p = p->next)
		check_name(c, p->name ? p->name : "", p->line, "BlockedDomain");
	check_name(c, c->d->access.default_route, 0, "DefaultRouteFqdn");
}
