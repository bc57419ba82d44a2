/* Our EdgeServer, our machine, our next hop: TO 1.7. */
#include "topology/role.h"

#include <string.h>

#include "topology/name.h"

bool topo_role_is(const struct topo_draft_service *s, const char *role)
{
	return s && strcmp(s->role, role) == 0;
}

const struct topo_draft_service *
topo_role_edge(const struct topo_draft_service *s)
{
	while (s && !topo_role_is(s, "EdgeServer"))
		s = s->next;
	return s;
}

bool topo_role_is_default(const struct topo_draft_dep *dep)
{
	return strcmp(dep->usage, "Default") == 0; /* TO 1.3: follow only it */
}

const struct topo_draft_dep *topo_role_hop(const struct topo_draft *d,
					   const struct topo_draft_service *e)
{
	for (const struct topo_draft_dep *dep = e->deps; dep; dep = dep->next) {
		if (!topo_role_is_default(dep))
			continue;
		if (dep->role ? strcmp(dep->role, "Registrar") == 0
			      : topo_role_is(topo_draft_service(d, dep->id),
					     "Registrar"))
			return dep;
	}
	return NULL;
}

static const struct topo_draft_machine *
machine_in(const struct topo_draft_cluster *c, const char *self)
{
	for (const struct topo_draft_machine *m = c ? c->machines : NULL; m;
	     m = m->next)
		if (topo_name_eq(edge_slice_str(self), m->fqdn))
			return m;
	return NULL;
}

struct topo_role topo_role_find(const struct topo_draft *d, const char *self)
{
	struct topo_role r = {0};
	const struct topo_draft_dep *dep;

	for (r.edge = topo_role_edge(d->services); r.edge;
	     r.edge = topo_role_edge(r.edge->next)) {
		r.cluster = topo_draft_cluster(d, r.edge->cluster_id);
		r.machine = machine_in(r.cluster, self);
		if (r.machine)
			break;
	}
	if (!r.edge)
		return (struct topo_role){0};
	dep = topo_role_hop(d, r.edge);
	if (dep)
		r.hop = topo_draft_service(d, dep->id);
	if (r.hop)
		r.hop_cluster = topo_draft_cluster(d, r.hop->cluster_id);
	return r;
}

const struct topo_draft_port *
topo_role_sip_port(const struct topo_draft_service *registrar)
{
	for (const struct topo_draft_port *p = registrar->ports; p; p = p->next)
		if (strcmp(p->owner, "Registrar") == 0 &&
		    strcmp(p->usage, "SipServer") == 0 &&
		    strcmp(p->side, "Primary") == 0 &&
		    strcmp(p->protocol, "Mtls") == 0)
			return p;
	return NULL;
}

const struct topo_draft_port *
topo_role_replica_port(const struct topo_draft *d,
		       const struct topo_draft_service *edge)
{
	const struct topo_draft_port *p;

	for (const struct topo_draft_service *s = d->services; s; s = s->next) {
		if (!topo_role_is(s, "ManagementServices") || !s->cluster_id ||
		    !edge->cluster_id ||
		    strcmp(s->cluster_id, edge->cluster_id) != 0)
			continue;
		p = topo_draft_port(s, TOPO_PORT_REPLICA);
		if (p)
			return p;
	}
	return NULL;
}

static const char *site_of(const struct topo_draft *d,
			   const struct topo_draft_service *s)
{
	const struct topo_draft_cluster *c =
		topo_draft_cluster(d, s->cluster_id);

	return c ? c->site : "";
}

bool topo_role_site_before(const struct topo_draft *d,
			   const struct topo_draft_service *a,
			   const struct topo_draft_service *b)
{
	const char *x = site_of(d, a), *y = site_of(d, b);
	size_t nx = strlen(x), ny = strlen(y); /* numbers as text */

	return nx != ny ? nx < ny : strcmp(x, y) < 0;
}

/* A name that an earlier partner has belongs to that one. */
static bool is_taken(const struct topo_draft *d,
		     const struct topo_draft_xmpp *p)
{
	struct edge_slice name = edge_slice_str(p->is.domain);

	for (const struct topo_draft_xmpp *q = d->xmpp; q != p; q = q->next)
		if (q->is.domain && topo_name_eq(name, q->is.domain))
			return true;
	return false;
}

const char *topo_role_xmpp_fault(const struct topo_draft *d,
				 const struct topo_draft_xmpp *p)
{
	if (!p->is.domain || !topo_name_is_valid(edge_slice_str(p->is.domain)))
		return "its Domain is not a DNS name";
	if (!topo_xmpp_is_possible(&p->is))
		return "without dialback it needs SASL and TLS, and one of "
		       "them is NotSupported";
	if (is_taken(d, p))
		return "an earlier partner has the same Domain";
	return NULL;
}

const struct topo_draft_xmpp *topo_role_xmpp(const struct topo_draft *d)
{
	const struct topo_draft_xmpp *p = d->xmpp;

	for (size_t n = 0; p && n < TOPO_ROLE_PARTNERS_MAX; p = p->next, n++)
		if (!topo_role_xmpp_fault(d, p))
			return p;
	return NULL;
}

const struct topo_draft_port *
topo_role_served_port(const struct topo_draft *d,
		      const struct topo_draft_service *edge,
		      enum topo_port_kind kind)
{
	const struct topo_draft_port *port = topo_draft_port(edge, kind);

	if (kind != TOPO_PORT_XMPP_OUTSIDE && kind != TOPO_PORT_XMPP_INSIDE)
		return port;
	return topo_role_xmpp(d) ? port : NULL;
}
