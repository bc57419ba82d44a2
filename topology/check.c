/* Whole-document rules: document, references, next hop, self. */
#include "topology/check.h"

#include <stdio.h>
#include <string.h>

#include "topology/check_rules.h"
#include "topology/name.h"

enum topo_level topo_check_lab_level(const struct topo_check *c)
{
	return c->plan->lab ? TOPO_WARN : TOPO_ERROR;
}

static const char *or_dash(const char *s)
{
	return s && *s ? s : "-";
}

/* Document. */

static void check_draft(struct topo_check *c)
{
	struct topo_finding *p;

	if (!c->d->is_draft)
		return;
	p = topo_findings_add(
		c->f, c->plan->allow_draft ? TOPO_WARN : TOPO_ERROR,
		"TOPO-DOC-002",
		"a draft, not a published topology; publish it in Topology "
		"Builder, then export it with Export-CsConfiguration or "
		"(Get-CsTopology -AsXml)");
	topo_finding_place(p, c->d->topology_line, "%s", c->d->container);
}

static void check_unknown(struct topo_check *c)
{
	const struct topo_draft *d = c->d;
	char list[400] = "";
	size_t len = 0, sum = 0;

	for (size_t i = 0; i < TOPO_UNKNOWN_KINDS; i++)
		sum += d->unknown[i];
	if (!sum)
		return;
	for (size_t i = 0; i < TOPO_UNKNOWN_SHOWN && d->unknown_shown[i]; i++)
		len += (size_t)snprintf(list + len, sizeof(list) - len, "%s%s",
					i ? ", " : "", d->unknown_shown[i]);
	(void)topo_findings_add(c->f, TOPO_INFO, "TOPO-VER-001",
				"not known here and ignored: %zu elements, %zu "
				"attributes, %zu owners, %zu versions; first: "
				"%s",
				d->unknown[TOPO_UNKNOWN_ELEMENT],
				d->unknown[TOPO_UNKNOWN_ATTRIBUTE],
				d->unknown[TOPO_UNKNOWN_OWNER],
				d->unknown[TOPO_UNKNOWN_VERSION], list);
}

/* References. */

static void check_double_clusters(struct topo_check *c)
{
	for (size_t i = 1; i < c->d->cluster_count; i++) {
		const struct topo_draft_cluster *a = c->d->cluster_index[i - 1];
		const struct topo_draft_cluster *b = c->d->cluster_index[i];

		if (strcmp(a->id, b->id) != 0)
			continue;
		topo_finding_place(
			topo_findings_add(c->f, TOPO_ERROR, "TOPO-REF-001",
					  "ClusterId %s is given twice: line "
					  "%u (%s) and line %u (%s)",
					  or_dash(a->id), a->line, a->fqdn,
					  b->line, b->fqdn),
			b->line, "Cluster %s", b->fqdn);
	}
}

static void check_double_services(struct topo_check *c)
{
	for (size_t i = 1; i < c->d->service_count; i++) {
		const struct topo_draft_service *a = c->d->service_index[i - 1];
		const struct topo_draft_service *b = c->d->service_index[i];

		if (strcmp(a->id, b->id) != 0)
			continue;
		topo_finding_place(
			topo_findings_add(c->f, TOPO_ERROR, "TOPO-REF-001",
					  "ServiceId %s is given twice: line "
					  "%u and line %u",
					  or_dash(a->id), a->line, b->line),
			b->line, "Service %s", b->label);
	}
}

static void missing(struct topo_check *c, const struct topo_draft_service *s,
		    unsigned line, const char *what, const char *id)
{
	topo_finding_place(topo_findings_add(c->f, TOPO_ERROR, "TOPO-REF-002",
					     "%s: %s names %s, which does not "
					     "exist",
					     s->label, what, or_dash(id)),
			   line, "Service %s", s->label);
}

/* The Registrar of an EdgeServer is TOPO-HOP-001's. */
static bool is_hop(const struct topo_draft_service *s,
		   const struct topo_draft_dep *dep)
{
	return topo_role_is(s, "EdgeServer") && dep->role &&
	       strcmp(dep->role, "Registrar") == 0;
}

static void check_references(struct topo_check *c)
{
	const struct topo_draft *d = c->d;

	for (const struct topo_draft_service *s = d->services; s; s = s->next) {
		for (const struct topo_draft_dep *dep = s->deps; dep;
		     dep = dep->next)
			if (!is_hop(s, dep) && !topo_draft_service(d, dep->id))
				missing(c, s, dep->line, "DependsOn", dep->id);
		if (s->sql_id && !topo_draft_has_sql(d, s->sql_id))
			missing(c, s, s->line, "InstalledOn", s->sql_id);
		else if (s->cluster_id &&
			 !topo_draft_has_sql(d, s->cluster_id) &&
			 !topo_draft_cluster(d, s->cluster_id))
			missing(c, s, s->line, "InstalledOn", s->cluster_id);
		else if (!s->cluster_id && topo_role_is(s, "EdgeServer"))
			missing(c, s, s->line, "InstalledOn", "nothing");
	}
}

/* Next hop. */

static bool has_hosts(const struct topo_check *c,
		      const struct topo_draft_cluster *cluster)
{
	const struct edge_addr *addrs;
	size_t count;

	if (topo_hosts_find(c->plan->hosts, edge_slice_str(cluster->fqdn),
			    &addrs, &count))
		return true;
	for (const struct topo_draft_machine *m = cluster->machines; m;
	     m = m->next)
		if (topo_hosts_find(c->plan->hosts, edge_slice_str(m->fqdn),
				    &addrs, &count))
			return true;
	return false;
}

static void check_hop_cluster(struct topo_check *c,
			      const struct topo_draft_service *edge,
			      const struct topo_draft_service *hop)
{
	const struct topo_draft_cluster *cluster =
		topo_draft_cluster(c->d, hop->cluster_id);
	const struct topo_draft_port *port = topo_role_sip_port(hop);
	const char *why = NULL;

	if (!cluster)
		return; /* TOPO-REF-002 */
	if (!topo_name_is_valid(edge_slice_str(cluster->fqdn)))
		why = "its Fqdn is not a DNS name";
	else if (!port)
		why = "its Registrar has no Primary SipServer port with Mtls";
	else if (edge == c->role.edge && c->plan->hosts &&
		 !has_hosts(c, cluster))
		why = "HOSTS has no address for it or any member";
	if (why)
		topo_finding_place(topo_findings_add(c->f, TOPO_ERROR,
						     "TOPO-HOP-002",
						     "next hop %s (%s): %s",
						     or_dash(cluster->fqdn),
						     hop->label, why),
				   cluster->line, "Cluster %s", cluster->fqdn);
	else if (port->port < 1 || port->port > UINT16_MAX)
		topo_finding_place(
			topo_findings_add(c->f, TOPO_ERROR, "TOPO-PORT-003",
					  "next hop %s: port '%s' is not 1 to "
					  "65535",
					  cluster->fqdn, port->port_text),
			port->line, "Service %s", hop->label);
}

static void check_hop(struct topo_check *c,
		      const struct topo_draft_service *edge)
{
	const struct topo_draft_dep *dep = topo_role_hop(c->d, edge);
	const struct topo_draft_service *hop =
		dep ? topo_draft_service(c->d, dep->id) : NULL;

	if (hop) {
		check_hop_cluster(c, edge, hop);
		return;
	}
	topo_finding_place(
		topo_findings_add(c->f, TOPO_ERROR, "TOPO-HOP-001",
				  "%s (%s) %s%s", edge->label, edge->id,
				  dep ? "depends on a Registrar that does not "
					"exist: "
				      : "depends on no Registrar",
				  dep ? dep->id : ""),
		dep ? dep->line : edge->line, "Service %s", edge->label);
}

/* Self. */

static void check_self(struct topo_check *c)
{
	char list[300] = "";
	size_t len = 0;

	if (c->role.machine)
		return;
	for (size_t i = 0; i < c->cluster_count; i++)
		for (const struct topo_draft_machine *m =
			     c->clusters[i]->machines;
		     m && len < sizeof(list); m = m->next)
			len += (size_t)snprintf(list + len, sizeof(list) - len,
						"%s%s", len ? " " : "",
						m->fqdn);
	(void)topo_findings_add(c->f, TOPO_ERROR, "TOPO-SELF-001",
				"no Edge machine is called %s; Edge machines "
				"here: %s",
				or_dash(c->plan->self), or_dash(list));
}

/* The Edge pools, within limits. */

static void full(struct topo_check *c, const char *what, unsigned line)
{
	topo_finding_place(topo_findings_add(c->f, TOPO_FATAL, "TOPO-XML-003",
					     "limit: more than %s", what),
			   line, "%s", "");
}

static void add_pool(struct topo_check *c,
		     const struct topo_draft_cluster *cluster)
{
	size_t machines = 0;

	for (size_t i = 0; i < c->cluster_count; i++)
		if (c->clusters[i] == cluster)
			return;
	c->clusters[c->cluster_count++] = cluster;
	for (const struct topo_draft_machine *m = cluster->machines; m;
	     m = m->next) {
		size_t nics = 0;

		for (const struct topo_draft_nic *n = m->nics; n; n = n->next)
			nics++;
		if (nics > TOPO_CHECK_NICS_MAX)
			full(c, "64 interfaces of an Edge machine", m->line);
		machines++;
	}
	if (machines > TOPO_CHECK_MEMBERS_MAX)
		full(c, "64 machines in an Edge pool", cluster->line);
}

static void find_pools(struct topo_check *c)
{
	for (const struct topo_draft_service *s =
		     topo_role_edge(c->d->services);
	     s; s = topo_role_edge(s->next)) {
		const struct topo_draft_cluster *cluster =
			topo_draft_cluster(c->d, s->cluster_id);

		if (c->edge_count == TOPO_CHECK_EDGES_MAX) {
			full(c, "256 Edge services", s->line);
			return;
		}
		c->edges[c->edge_count++] = s;
		if (cluster)
			add_pool(c, cluster);
	}
}

enum edge_err topo_check(const struct topo_draft *d,
			 const struct topo_check_plan *plan,
			 struct topo_findings *f)
{
	struct topo_check c = {.d = d, .plan = plan, .f = f};

	find_pools(&c);
	if (f->has_level[TOPO_FATAL])
		return EDGE_EFORMAT;
	c.role = topo_role_find(d, plan->self ? plan->self : "");
	check_draft(&c);
	check_double_clusters(&c);
	check_double_services(&c);
	check_references(&c);
	for (size_t i = 0; i < c.edge_count; i++)
		check_hop(&c, c.edges[i]);
	check_self(&c);
	topo_check_interfaces(&c);
	topo_check_ports(&c);
	topo_check_names(&c);
	topo_check_federation(&c);
	check_unknown(&c);
	return topo_findings_refuse(f) ? EDGE_EFORMAT : EDGE_OK;
}
