/* Rows of the published form and of the draft form: TO 1.3, 1.4, 1.5. */
#include "topology/read.h"

#include <stdio.h>
#include <string.h>

static const char zero_guid[] = "00000000-0000-0000-0000-000000000000";

static const char *or_empty(const char *s)
{
	return s ? s : "";
}

/* Decimal digits only; miss when absent, -1 when not a number. */
static long attr_number(const struct topo_element *el, const char *name,
			long miss)
{
	const struct topo_attr *a = topo_attr_find(el, name);
	uint64_t n;

	if (!a)
		return miss;
	return edge_slice_u64(a->value, INT32_MAX, &n) ? (long)n : -1;
}

static const char *attr_unless_empty(struct topo_reader *r,
				     const struct topo_element *el,
				     const char *name)
{
	const char *s = topo_attr_str(r, el, name);

	return s && *s ? s : NULL;
}

/* GUIDs are compared as text, so in one case. */
static const char *attr_guid(struct topo_reader *r,
			     const struct topo_element *el, const char *name)
{
	const struct topo_attr *a = topo_attr_find(el, name);

	return a ? topo_arena_name(&r->d->arena, edge_slice_trim(a->value))
		 : NULL;
}

static const char *cluster_id(struct topo_reader *r,
			      const struct topo_element *el)
{
	return topo_arena_printf(&r->d->arena, "%s:%s",
				 or_empty(topo_attr_str(r, el, "SiteId")),
				 or_empty(topo_attr_str(r, el, "Number")));
}

const char *topo_read_service_id(struct topo_reader *r,
				 const struct topo_element *el)
{
	return topo_arena_printf(&r->d->arena, "%s:%s:%s",
				 or_empty(topo_attr_str(r, el, "SiteId")),
				 or_empty(topo_attr_str(r, el, "RoleName")),
				 or_empty(topo_attr_str(r, el, "Instance")));
}

/* Document. */

static void on_topology(struct topo_reader *r, const struct topo_element *el)
{
	struct topo_draft *d = r->d;
	struct topo_finding *p;
	bool published = true;

	if (d->has_topology) {
		p = topo_findings_add(
			r->f, TOPO_FATAL, "TOPO-DOC-003",
			"more than one topology: in '%s' and in '%s'",
			or_empty(r->topology_item), or_empty(r->item));
		topo_finding_place(p, el->line, "DocItemSet/DocItem");
		r->fatal = true;
		return;
	}
	d->has_topology = true;
	d->topology_line = el->line;
	r->topology_item = r->item;
	d->signature = or_empty(attr_guid(r, el, "Signature"));
	topo_attr_bool(r, el, "IsPublished", &published);
	d->is_draft = !published || !d->signature[0] ||
		      strcmp(d->signature, zero_guid) == 0;
	if (!d->container)
		d->container = "Topology";
}

static void on_builder(struct topo_reader *r, const struct topo_element *el)
{
	(void)el;
	r->d->container = "TopologyBuilder";
}

static void on_domains(struct topo_reader *r, const struct topo_element *el)
{
	r->d->default_domain = topo_attr_str(r, el, "DefaultDomain");
	r->d->domains_line = el->line;
	topo_attr_bool(r, el, "AllowAllDomains", &r->d->allow_all_domains);
}

static void on_domain(struct topo_reader *r, const struct topo_element *el)
{
	struct topo_draft_domain *n = topo_read_row(r, sizeof(*n));

	if (!n)
		return;
	n->name = or_empty(topo_attr_str(r, el, "Name"));
	n->line = el->line;
	topo_attr_bool(r, el, "Authoritative", &n->authoritative);
	topo_attr_bool(r, el, "AllowSubDomains", &n->sub_domains);
	*r->d->domains_tail = n;
	r->d->domains_tail = &n->next;
}

/* Sites. */

static void on_site(struct topo_reader *r, const struct topo_element *el)
{
	struct topo_draft_site *n = topo_read_row(r, sizeof(*n));

	r->site = n;
	if (!n)
		return;
	n->id = or_empty(topo_attr_str(r, el, "SiteId"));
	n->name = "";
	n->line = el->line;
	*r->d->sites_tail = n;
	r->d->sites_tail = &n->next;
}

static void end_site_name(struct topo_reader *r)
{
	if (r->site)
		r->site->name = topo_arena_str(
			&r->d->arena, edge_slice(r->text, r->text_len));
}

static void on_route(struct topo_reader *r, const struct topo_element *el)
{
	if (r->site)
		r->site->route = topo_read_service_id(r, el);
}

/* Clusters, machines, interfaces. */

static void on_cluster(struct topo_reader *r, const struct topo_element *el)
{
	struct topo_draft_cluster *n = topo_read_row(r, sizeof(*n));

	r->cluster = n;
	if (!n)
		return;
	n->id = or_empty(attr_guid(r, el, "UniqueId"));
	n->site =
		r->site && r->d->container &&
				strcmp(r->d->container, "TopologyBuilder") == 0
			? r->site->id
			: "";
	n->fqdn = or_empty(topo_attr_str(r, el, "Fqdn"));
	n->line = el->line;
	n->machines_tail = &n->machines;
	*r->d->clusters_tail = n;
	r->d->clusters_tail = &n->next;
}

static void on_cluster_id(struct topo_reader *r, const struct topo_element *el)
{
	if (!r->cluster)
		return;
	r->cluster->id = cluster_id(r, el);
	r->cluster->site = or_empty(topo_attr_str(r, el, "SiteId"));
}

static void on_machine(struct topo_reader *r, const struct topo_element *el)
{
	struct topo_draft_machine *n = topo_read_row(r, sizeof(*n));
	long ordinal = attr_number(el, "OrdinalInCluster", 0);

	r->machine = n;
	if (!n || !r->cluster)
		return;
	n->fqdn = topo_attr_str(r, el, "Fqdn");
	if (!n->fqdn) /* TO 1.4: a single machine inherits */
		n->fqdn = r->cluster->fqdn;
	n->ordinal = ordinal > 0 ? (unsigned)ordinal : 0;
	n->line = el->line;
	n->nics_tail = &n->nics;
	*r->cluster->machines_tail = n;
	r->cluster->machines_tail = &n->next;
}

static void on_nic(struct topo_reader *r, const struct topo_element *el)
{
	struct topo_draft_nic *n = topo_read_row(r, sizeof(*n));
	long number = attr_number(el, "InterfaceNumber", 0);

	if (!n || !r->machine)
		return;
	n->side = or_empty(topo_attr_str(r, el, "InterfaceSide"));
	n->number = number > 0 ? (unsigned)number : 0;
	n->address = or_empty(topo_attr_str(r, el, "IPAddress"));
	n->configured = attr_unless_empty(r, el, "ConfiguredIPAddress");
	n->address6 = attr_unless_empty(r, el, "IPv6Address");
	n->configured6 = attr_unless_empty(r, el, "ConfiguredIPv6Address");
	n->line = el->line;
	*r->machine->nics_tail = n;
	r->machine->nics_tail = &n->next;
}

/* SQL instances: only so that references can be resolved. */

static void on_sql(struct topo_reader *r, const struct topo_element *el)
{
	struct topo_draft_name *n;

	r->sql_guid = attr_guid(r, el, "UniqueId");
	if (!r->sql_guid)
		return;
	n = topo_read_name_row(r, &r->d->sql, el->line);
	if (n)
		n->name = r->sql_guid;
}

static void on_sql_id(struct topo_reader *r, const struct topo_element *el)
{
	r->sql_name = or_empty(topo_attr_str(r, el, "Name"));
}

static const char *sql_id(struct topo_reader *r, const struct topo_element *el)
{
	return topo_arena_printf(&r->d->arena, "%s@%s", or_empty(r->sql_name),
				 or_empty(cluster_id(r, el)));
}

static void on_sql_cluster(struct topo_reader *r, const struct topo_element *el)
{
	struct topo_draft_name *n = topo_read_name_row(r, &r->d->sql, el->line);

	if (n)
		n->name = sql_id(r, el);
}

/* Services. */

static void on_service(struct topo_reader *r, const struct topo_element *el)
{
	struct topo_draft_service *n = topo_read_row(r, sizeof(*n));

	r->service = n;
	if (!n)
		return;
	n->id = or_empty(attr_guid(r, el, "UniqueId"));
	n->role = or_empty(topo_attr_str(r, el, "RoleName"));
	n->site = "";
	n->version = topo_attr_str(r, el, "ServiceVersion");
	n->cluster_id = attr_guid(r, el, "InstalledOn");
	n->line = el->line;
	n->deps_tail = &n->deps;
	n->ports_tail = &n->ports;
	*r->d->services_tail = n;
	r->d->services_tail = &n->next;
	/* TO 1.3: seen 7 and 8; 6 is Lync 2013 */
	if (n->version && strcmp(n->version, "6") != 0 &&
	    strcmp(n->version, "7") != 0 && strcmp(n->version, "8") != 0)
		topo_read_unknown(r, TOPO_UNKNOWN_VERSION, el->line,
				  n->version);
}

static void on_service_id(struct topo_reader *r, const struct topo_element *el)
{
	struct topo_draft_service *s = r->service;
	const char *instance = or_empty(topo_attr_str(r, el, "Instance"));

	if (!s)
		return;
	s->id = topo_read_service_id(r, el);
	s->site = or_empty(topo_attr_str(r, el, "SiteId"));
	s->role = or_empty(topo_attr_str(r, el, "RoleName"));
	s->label = strcmp(s->site, "1") == 0
			   ? topo_arena_printf(&r->d->arena, "%s-%s", s->role,
					       instance)
			   : topo_arena_printf(&r->d->arena, "%s-%s@%s",
					       s->role, instance, s->site);
}

static void on_dep(struct topo_reader *r, const struct topo_element *el)
{
	struct topo_draft_dep *n = topo_read_row(r, sizeof(*n));

	r->dep = n;
	if (!n || !r->service)
		return;
	n->usage = or_empty(topo_attr_str(r, el, "Usage"));
	n->id = or_empty(attr_guid(r, el, "ServiceUniqueId"));
	n->line = el->line;
	*r->service->deps_tail = n;
	r->service->deps_tail = &n->next;
}

static void on_dep_id(struct topo_reader *r, const struct topo_element *el)
{
	if (!r->dep)
		return;
	r->dep->id = topo_read_service_id(r, el);
	r->dep->role = or_empty(topo_attr_str(r, el, "RoleName"));
}

static void on_installed(struct topo_reader *r, const struct topo_element *el)
{
	if (r->service)
		r->service->cluster_id = cluster_id(r, el);
}

static void on_installed_sql(struct topo_reader *r,
			     const struct topo_element *el)
{
	if (!r->service)
		return;
	r->service->cluster_id = cluster_id(r, el);
	r->service->sql_id = sql_id(r, el);
}

static const char *without_urn(const char *owner)
{
	static const char urn[] = "urn:component:";

	return strncmp(owner, urn, sizeof(urn) - 1) == 0
		       ? owner + sizeof(urn) - 1
		       : owner;
}

/* TO 1.5: who listens on an edge; of other roles the owners are theirs. */
static bool is_known_owner(const struct topo_draft_service *s,
			   const char *owner)
{
	static const char *const known[] = {
		"AccessEdge",
		"DataEdge",
		"MediaRelayAuthenticationEdge",
		"MediaRelayEdge",
		"SkypeSearchProxy",
		"XmppFederationProxy",
	};

	if (strcmp(s->role, "EdgeServer") != 0)
		return true;
	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
		if (strcmp(owner, known[i]) == 0)
			return true;
	return false;
}

static void on_port(struct topo_reader *r, const struct topo_element *el)
{
	struct topo_draft_port *n = topo_read_row(r, sizeof(*n));
	long number = attr_number(el, "InterfaceNumber", 0);

	if (!n || !r->service)
		return;
	n->owner = without_urn(or_empty(topo_attr_str(r, el, "Owner")));
	n->usage = or_empty(topo_attr_str(r, el, "Usage"));
	n->side = or_empty(topo_attr_str(r, el, "InterfaceSide"));
	n->protocol = or_empty(topo_attr_str(r, el, "Protocol"));
	n->url_path = or_empty(topo_attr_str(r, el, "UrlPath"));
	n->gruu = or_empty(topo_attr_str(r, el, "GruuType"));
	n->configured_fqdn = attr_unless_empty(r, el, "ConfiguredFqdn");
	n->port_text = or_empty(topo_attr_str(r, el, "Port"));
	n->range_text = or_empty(topo_attr_str(r, el, "Range"));
	n->number = number > 0 ? (unsigned)number : 0;
	n->port = attr_number(el, "Port", -1);
	n->range = attr_number(el, "Range", 1);
	n->configured_port = attr_number(el, "ConfiguredPort", 0);
	n->line = el->line;
	if (!is_known_owner(r->service, n->owner))
		topo_read_unknown(r, TOPO_UNKNOWN_OWNER, el->line, n->owner);
	*r->service->ports_tail = n;
	r->service->ports_tail = &n->next;
}

static void on_registrar(struct topo_reader *r, const struct topo_element *el)
{
	if (r->service)
		topo_attr_bool(r, el, "IsDirector", &r->service->is_director);
}

static void on_central(struct topo_reader *r, const struct topo_element *el)
{
	if (r->service)
		topo_attr_bool(r, el, "IsActive", &r->service->is_active_cms);
}

static void on_external(struct topo_reader *r, const struct topo_element *el)
{
	if (r->service)
		r->service->external_host = topo_attr_str(r, el, "Host");
}

static void on_wac(struct topo_reader *r, const struct topo_element *el)
{
	if (!r->service)
		return;
	r->service->discovery_url = topo_attr_str(r, el, "DiscoveryUrl");
	topo_attr_bool(r, el, "IsExternal", &r->service->discovery_external);
}

static const char topology_attrs[] = "Signature";
static const char domain_attrs[] = "Name Authoritative AllowSubDomains";
static const char cluster_attrs[] =
	"RequiresReplication RequiresSetup Fqdn UniqueId IsSingleMachineOnly";
static const char machine_attrs[] =
	"OrdinalInCluster Fqdn FaultDomain UpgradeDomain UniqueId";
static const char nic_attrs[] =
	"InterfaceSide InterfaceNumber IPAddress ConfiguredIPAddress "
	"IPv6Address ConfiguredIPv6Address ConfiguredFqdn";
static const char service_attrs[] =
	"RoleVersion ServiceVersion Type UniqueId RoleName InstalledOn";
static const char id_attrs[] = "SiteId RoleName Instance";
static const char port_attrs[] =
	"Owner Usage InterfaceSide InterfaceNumber Port Protocol UrlPath "
	"AuthorizesRequests GruuType Range ConfiguredPort ConfiguredFqdn";

/* t: published, W: draft; below Ports all is r. */
/* clang-format off */
static const struct topo_read_rule rules[] = {
	{TOPO_AT_START, 't', "Topology", TOPO_AT_TOPOLOGY, on_topology, NULL, topology_attrs},
	{TOPO_AT_ITEM, 't', "Topology", TOPO_AT_TOPOLOGY, on_topology, NULL, topology_attrs},
	{TOPO_AT_START, 'B', "TopologyBuilder", TOPO_AT_BUILDER, on_builder, NULL, NULL},
	{TOPO_AT_BUILDER, 'B', "NewTopology", TOPO_AT_NEW, NULL, NULL, NULL},
	{TOPO_AT_NEW, 'W', "PartialTopology", TOPO_AT_TOPOLOGY, on_topology, NULL, NULL},
	{TOPO_AT_TOPOLOGY, 't', "InternalDomains", TOPO_AT_DOMAINS, on_domains, NULL, "AllowAllDomains DefaultDomain"},
	{TOPO_AT_DOMAINS, 't', "InternalDomain", TOPO_AT_LEAF, on_domain, NULL, domain_attrs},
	{TOPO_AT_TOPOLOGY, 't', "Sites", TOPO_AT_SITES, NULL, NULL, ""},
	{TOPO_AT_TOPOLOGY, 'W', "CentralSites", TOPO_AT_SITES, NULL, NULL, ""},
	{TOPO_AT_SITES, 't', "CentralSite", TOPO_AT_SITE, on_site, NULL, "SiteId"},
	{TOPO_AT_SITES, 'W', "CentralSite", TOPO_AT_SITE, on_site, NULL, "SiteId"},
	{TOPO_AT_SITES, '*', "RemoteSite", TOPO_AT_LEAF, NULL, NULL, NULL},
	{TOPO_AT_SITE, 't', "Name", TOPO_AT_SITE_NAME, NULL, end_site_name, ""},
	{TOPO_AT_SITE, 't', "Location", TOPO_AT_LEAF, NULL, NULL, NULL},
	{TOPO_AT_SITE, 't', "Description", TOPO_AT_LEAF, NULL, NULL, NULL},
	{TOPO_AT_SITE, 't', "FederationRoute", TOPO_AT_ROUTE, NULL, NULL, ""},
	{TOPO_AT_ROUTE, 't', "ServiceId", TOPO_AT_LEAF, on_route, NULL, id_attrs},
	{TOPO_AT_SITE, 'W', "Clusters", TOPO_AT_CLUSTERS, NULL, NULL, ""},
	{TOPO_AT_SITE, 'W', "RemoteSites", TOPO_AT_LEAF, NULL, NULL, NULL},
	{TOPO_AT_TOPOLOGY, 't', "Clusters", TOPO_AT_CLUSTERS, NULL, NULL, ""},
	{TOPO_AT_CLUSTERS, 't', "Cluster", TOPO_AT_CLUSTER, on_cluster, NULL, cluster_attrs},
	{TOPO_AT_CLUSTERS, 'W', "Cluster", TOPO_AT_CLUSTER, on_cluster, NULL, cluster_attrs},
	{TOPO_AT_CLUSTER, 't', "ClusterId", TOPO_AT_LEAF, on_cluster_id, NULL, "SiteId Number"},
	{TOPO_AT_CLUSTER, 't', "Machine", TOPO_AT_MACHINE, on_machine, NULL, machine_attrs},
	{TOPO_AT_CLUSTER, 'W', "Machines", TOPO_AT_MACHINES, NULL, NULL, ""},
	{TOPO_AT_MACHINES, 'W', "Machine", TOPO_AT_MACHINE, on_machine, NULL, machine_attrs},
	{TOPO_AT_MACHINE, 't', "NetInterface", TOPO_AT_LEAF, on_nic, NULL, nic_attrs},
	{TOPO_AT_CLUSTER, 'W', "SqlInstances", TOPO_AT_SQLS, NULL, NULL, ""},
	{TOPO_AT_TOPOLOGY, 't', "SqlInstances", TOPO_AT_SQLS, NULL, NULL, ""},
	{TOPO_AT_SQLS, '*', "SqlInstance", TOPO_AT_SQL, on_sql, NULL, NULL},
	{TOPO_AT_SQL, 't', "SqlInstanceId", TOPO_AT_SQL_ID, on_sql_id, NULL, NULL},
	{TOPO_AT_SQL_ID, 't', "ClusterId", TOPO_AT_LEAF, on_sql_cluster, NULL, "SiteId Number"},
	{TOPO_AT_TOPOLOGY, 't', "Services", TOPO_AT_SERVICES, NULL, NULL, ""},
	{TOPO_AT_TOPOLOGY, 'W', "Services", TOPO_AT_SERVICES, NULL, NULL, ""},
	{TOPO_AT_SERVICES, 't', "Service", TOPO_AT_SERVICE, on_service, NULL, service_attrs},
	{TOPO_AT_SERVICES, 'W', "Service", TOPO_AT_SERVICE, on_service, NULL, service_attrs},
	{TOPO_AT_SERVICE, 't', "ServiceId", TOPO_AT_LEAF, on_service_id, NULL, id_attrs},
	{TOPO_AT_SERVICE, 't', "DependsOn", TOPO_AT_DEPS, NULL, NULL, ""},
	{TOPO_AT_SERVICE, 'W', "DependsOn", TOPO_AT_DEPS, NULL, NULL, ""},
	{TOPO_AT_DEPS, 't', "Dependency", TOPO_AT_DEP, on_dep, NULL, "Usage"},
	{TOPO_AT_DEPS, 'W', "Dependency", TOPO_AT_LEAF, on_dep, NULL, "Usage ServiceUniqueId"},
	{TOPO_AT_DEP, 't', "ServiceId", TOPO_AT_LEAF, on_dep_id, NULL, id_attrs},
	{TOPO_AT_SERVICE, 't', "InstalledOn", TOPO_AT_INSTALLED, NULL, NULL, ""},
	{TOPO_AT_INSTALLED, 't', "ClusterId", TOPO_AT_LEAF, on_installed, NULL, "SiteId Number"},
	{TOPO_AT_INSTALLED, 't', "SqlInstanceId", TOPO_AT_INSTALLED_SQL, on_sql_id, NULL, NULL},
	{TOPO_AT_INSTALLED_SQL, 't', "ClusterId", TOPO_AT_LEAF, on_installed_sql, NULL, "SiteId Number"},
	{TOPO_AT_SERVICE, 'r', "Ports", TOPO_AT_PORTS, NULL, NULL, ""},
	{TOPO_AT_PORTS, 'r', "Port", TOPO_AT_LEAF, on_port, NULL, port_attrs},
	{TOPO_AT_SERVICE, 'r', "RegistrarService", TOPO_AT_LEAF, on_registrar, NULL, NULL},
	{TOPO_AT_SERVICE, 'r', "CentralMgmtService", TOPO_AT_LEAF, on_central, NULL, NULL},
	{TOPO_AT_SERVICE, 'r', "WebService", TOPO_AT_WEB_SERVICE, NULL, NULL, NULL},
	{TOPO_AT_WEB_SERVICE, 'r', "ExternalSettings", TOPO_AT_LEAF, on_external, NULL, NULL},
	{TOPO_AT_WEB_SERVICE, '*', NULL, TOPO_AT_LEAF, NULL, NULL, NULL},
	{TOPO_AT_SERVICE, 'r', "WacService", TOPO_AT_LEAF, on_wac, NULL, NULL},
	{TOPO_AT_SERVICE, 'r', NULL, TOPO_AT_LEAF, NULL, NULL, NULL},
	{.ns = 0},
};
/* clang-format on */

const struct topo_read_rule *topo_read_topology_rules(void)
{
	return rules;
}

/* A draft has no instance numbers: they are given in document order. */
enum { ROLES_MAX = 32 }; /* ours: later roles go without a number */
struct roles {
	const char *role[ROLES_MAX];
	unsigned count[ROLES_MAX];
};

static unsigned next_instance(struct roles *roles, const char *role)
{
	for (size_t i = 0; i < ROLES_MAX; i++) {
		if (!roles->role[i])
			roles->role[i] = role;
		if (strcmp(roles->role[i], role) == 0)
			return ++roles->count[i];
	}
	return 0;
}

/* AE 1.1: XMPP is served on the address of the Access Edge, whatever
 * interface its row names. */
static void move_to(const struct topo_draft_service *s,
		    enum topo_port_kind kind, enum topo_port_kind access)
{
	struct topo_draft_port *p = topo_draft_port(s, kind);
	const struct topo_draft_port *to = topo_draft_port(s, access);

	if (!p || !to)
		return;
	p->side = to->side;
	p->number = to->number;
}

void topo_read_finish(struct topo_reader *r)
{
	struct roles roles = {0};
	const struct topo_draft_cluster *c;

	for (struct topo_draft_service *s = r->d->services; s; s = s->next) {
		move_to(s, TOPO_PORT_XMPP_OUTSIDE, TOPO_PORT_ACCESS_CLIENT);
		move_to(s, TOPO_PORT_XMPP_INSIDE, TOPO_PORT_ACCESS_INSIDE);
		if (s->label)
			continue;
		s->label = topo_arena_printf(&r->d->arena, "%s-%u", s->role,
					     next_instance(&roles, s->role));
		c = topo_draft_cluster(r->d, s->cluster_id);
		if (c)
			s->site = c->site;
	}
}
