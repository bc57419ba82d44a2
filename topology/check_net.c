/* Whole-document rules: interfaces and addresses. TO 1.10, TOPO-NET-*. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "topology/check_rules.h"
#include "topology/name.h"

/* TOPO-NET-001: rows whose interface a machine lacks, one message each. */

static void name_row(char *list, size_t cap, size_t kind)
{
	size_t len = strlen(list);
	const char *comma = len ? ", " : "";

	if (kind == TOPO_PORT_REPLICA)
		(void)snprintf(list + len, cap - len, "%sreplica", comma);
	else /* numbered from 1 in the order of the enum; 12 is not ours */
		(void)snprintf(list + len, cap - len, "%s%zu", comma,
			       kind + (kind < TOPO_PORT_XMPP_OUTSIDE ? 1 : 2));
}

static void check_missing(struct topo_check *c,
			  const struct topo_draft_machine *m,
			  const struct topo_draft_port *const *ports)
{
	bool done[TOPO_PORT_KINDS] = {false};

	for (size_t k = 0; k < TOPO_PORT_KINDS; k++) {
		const struct topo_draft_port *p = ports[k];
		char list[80] = "";

		if (!p || done[k] || topo_draft_nic(m, p->side, p->number))
			continue;
		for (size_t i = k; i < TOPO_PORT_KINDS; i++) {
			if (!ports[i] || strcmp(ports[i]->side, p->side) != 0 ||
			    ports[i]->number != p->number)
				continue;
			done[i] = true;
			name_row(list, sizeof(list), i);
		}
		topo_finding_place(
			topo_findings_add(c->f, TOPO_ERROR, "TOPO-NET-001",
					  "%s has no interface %s/%u, which "
					  "these ports need: %s",
					  m->fqdn, p->side, p->number, list),
			m->line, "Machine %s", m->fqdn);
	}
}

static void check_pool_missing(struct topo_check *c,
			       const struct topo_draft_service *edge)
{
	const struct topo_draft_cluster *cluster =
		topo_draft_cluster(c->d, edge->cluster_id);
	const struct topo_draft_port *ports[TOPO_PORT_KINDS];

	for (size_t k = 0; k < TOPO_PORT_REPLICA; k++)
		ports[k] = topo_role_served_port(c->d, edge,
						 (enum topo_port_kind)k);
	ports[TOPO_PORT_REPLICA] = topo_role_replica_port(c->d, edge);
	for (const struct topo_draft_machine *m = cluster ? cluster->machines
							  : NULL;
	     m; m = m->next)
		check_missing(c, m, ports);
}

/* TOPO-NET-004 */

static void bad_address(struct topo_check *c, enum topo_level level,
			const struct topo_draft_machine *m,
			const struct topo_draft_nic *n, const char *why)
{
	topo_finding_place(topo_findings_add(c->f, level, "TOPO-NET-004",
					     "%s %s/%u: %s", m->fqdn, n->side,
					     n->number, why),
			   n->line, "Machine %s", m->fqdn);
}

static const char *fault_of(enum edge_addr_class class)
{
	switch (class) {
	case EDGE_ADDR_UNSPECIFIED:
		return "is 'all addresses'";
	case EDGE_ADDR_LOOPBACK:
		return "is a loopback address";
	case EDGE_ADDR_MULTICAST:
		return "is a multicast address";
	case EDGE_ADDR_BROADCAST:
		return "is a broadcast address";
	case EDGE_ADDR_GLOBAL:
	case EDGE_ADDR_LINK_LOCAL:
	case EDGE_ADDR_PRIVATE:
		break;
	}
	return NULL;
}

static void check_address(struct topo_check *c,
			  const struct topo_draft_machine *m,
			  const struct topo_draft_nic *n, const char *key,
			  const char *text)
{
	struct edge_addr a;
	const char *fault = "is not an address";
	enum topo_level level = TOPO_ERROR;
	char why[160];

	if (!edge_addr_parse(&a, edge_slice_str(text), 0)) {
		fault = fault_of(edge_addr_classify(&a));
		if (edge_addr_classify(&a) == EDGE_ADDR_LOOPBACK)
			level = topo_check_lab_level(c);
	}
	if (!fault)
		return;
	(void)snprintf(why, sizeof(why), "%s '%.60s' %s", key, text, fault);
	bad_address(c, level, m, n, why);
}

/* An IPv6 twin: the same, and of that family; fe80::/10 would need a zone. */
static void check_twin(struct topo_check *c, const struct topo_draft_machine *m,
		       const struct topo_draft_nic *n, const char *key,
		       const char *text)
{
	struct edge_addr a;
	const char *fault = NULL;
	char why[160];

	if (!text)
		return;
	if (edge_addr_parse(&a, edge_slice_str(text), 0) || !a.family) {
		check_address(c, m, n, key, text);
		return;
	}
	if (a.family != AF_INET6)
		fault = "is not an IPv6 address";
	else if (edge_addr_classify(&a) == EDGE_ADDR_LINK_LOCAL)
		fault = "is a link-local address";
	if (!fault) {
		check_address(c, m, n, key, text);
		return;
	}
	(void)snprintf(why, sizeof(why), "%s '%.60s' %s", key, text, fault);
	bad_address(c, TOPO_ERROR, m, n, why);
}

static bool usable(const struct topo_check *c, const char *text,
		   struct edge_addr *out)
{
	if (!text || edge_addr_parse(out, edge_slice_str(text), 0))
		return false;
	return !fault_of(edge_addr_classify(out)) ||
	       (c->plan->lab && edge_addr_classify(out) == EDGE_ADDR_LOOPBACK);
}

/* TOPO-NET-003: the mask is this machine's when the address is its own. */

static unsigned prefix_of(const struct topo_check *c, const struct edge_addr *a)
{
	for (size_t i = 0; c->plan->local && i < c->plan->local_count; i++)
		if (edge_addr_same_ip(&c->plan->local[i].addr, a))
			return c->plan->local[i].prefix;
	return a->family == AF_INET ? 24 : 64; /* ours: usual subnets */
}

static void check_pair(struct topo_check *c, const struct topo_draft_machine *m,
		       const char *in, const char *out, unsigned line)
{
	struct edge_addr a, b;
	bool same;

	if (!usable(c, in, &a) || !usable(c, out, &b) || a.family != b.family)
		return;
	same = edge_addr_same_ip(&a, &b);
	if (!same && !edge_addr_in_prefix(&b, &a, prefix_of(c, &a)) &&
	    !edge_addr_in_prefix(&a, &b, prefix_of(c, &b)))
		return;
	topo_finding_place(
		topo_findings_add(c->f, topo_check_lab_level(c), "TOPO-NET-003",
				  "%s: internal %s and external %s are %s; the "
				  "two sides must be different networks",
				  m->fqdn, in, out,
				  same ? "the same address" : "in one subnet"),
		line, "Machine %s", m->fqdn);
}

static void check_sides(struct topo_check *c,
			const struct topo_draft_machine *m)
{
	for (const struct topo_draft_nic *in = m->nics; in; in = in->next)
		for (const struct topo_draft_nic *out = m->nics; out;
		     out = out->next)
			if (strcmp(in->side, "Internal") == 0 &&
			    strcmp(out->side, "External") == 0) {
				check_pair(c, m, in->address, out->address,
					   out->line);
				check_pair(c, m, in->address6, out->address6,
					   out->line);
			}
}

/* TOPO-NET-002: every address of the document, sorted. */

struct place {
	struct edge_addr addr;
	const struct topo_draft_machine *machine;
	const struct topo_draft_nic *nic;
	bool is_edge, is_configured;
};

struct places {
	struct place *v;
	size_t count;
};

static void add_place(struct places *all, const struct place *like,
		      const char *text, bool is_configured)
{
	struct place *p = &all->v[all->count];

	*p = *like;
	p->is_configured = is_configured;
	if (text && !edge_addr_parse(&p->addr, edge_slice_str(text), 0) &&
	    p->addr.family)
		all->count++;
}

static bool is_edge_pool(const struct topo_check *c,
			 const struct topo_draft_cluster *cluster)
{
	for (size_t i = 0; i < c->cluster_count; i++)
		if (c->clusters[i] == cluster)
			return true;
	return false;
}

static size_t count_nics(const struct topo_draft *d)
{
	size_t n = 0;

	for (const struct topo_draft_cluster *cl = d->clusters; cl;
	     cl = cl->next)
		for (const struct topo_draft_machine *m = cl->machines; m;
		     m = m->next)
			for (const struct topo_draft_nic *nic = m->nics; nic;
			     nic = nic->next)
				n++;
	return n;
}

static void collect_places(const struct topo_check *c, struct places *all)
{
	for (const struct topo_draft_cluster *cl = c->d->clusters; cl;
	     cl = cl->next) {
		struct place like = {.is_edge = is_edge_pool(c, cl)};

		for (like.machine = cl->machines; like.machine;
		     like.machine = like.machine->next)
			for (like.nic = like.machine->nics; like.nic;
			     like.nic = like.nic->next) {
				add_place(all, &like, like.nic->address, false);
				add_place(all, &like, like.nic->configured,
					  true);
				add_place(all, &like, like.nic->address6,
					  false);
				add_place(all, &like, like.nic->configured6,
					  true);
			}
	}
}

static int place_compare(const void *a, const void *b)
{
	const struct place *x = a, *y = b;
	int d = memcmp(x->addr.ip, y->addr.ip, sizeof(x->addr.ip));

	if (x->addr.family != y->addr.family)
		return x->addr.family < y->addr.family ? -1 : 1;
	if (d)
		return d;
	if (x->is_edge != y->is_edge) /* an Edge leads its group */
		return x->is_edge ? -1 : 1;
	if (x->nic->line != y->nic->line)
		return x->nic->line < y->nic->line ? -1 : 1;
	return x->is_configured - y->is_configured;
}

/* Not a clash: an interface's own public address; the two sides of one
 * machine (TOPO-NET-003); the machine again in another cluster. */
static bool is_clash(const struct place *a, const struct place *b)
{
	if (!a->is_edge && !b->is_edge)
		return false;
	if (a->nic == b->nic)
		return false;
	if (a->machine == b->machine)
		return a->is_configured || b->is_configured ||
		       strcmp(a->nic->side, b->nic->side) == 0;
	return !topo_name_eq(edge_slice_str(a->machine->fqdn),
			     b->machine->fqdn);
}

static void report_clash(struct topo_check *c, const struct place *a,
			 const struct place *b)
{
	char text[EDGE_ADDR_STRLEN];

	edge_addr_print_ip(&a->addr, false, text);
	topo_finding_place(
		topo_findings_add(c->f, TOPO_ERROR, "TOPO-NET-002",
				  "%s is on %s %s/%u%s (line %u) and on %s "
				  "%s/%u%s (line %u)",
				  text, a->machine->fqdn, a->nic->side,
				  a->nic->number,
				  a->is_configured ? " as public address" : "",
				  a->nic->line, b->machine->fqdn, b->nic->side,
				  b->nic->number,
				  b->is_configured ? " as public address" : "",
				  b->nic->line),
		b->nic->line, "Machine %s", b->machine->fqdn);
}

static void check_clashes(struct topo_check *c)
{
	struct places all = {0};
	size_t first = 0;

	all.v = calloc(4 * count_nics(c->d) + 1, sizeof(*all.v));
	if (!all.v) {
		c->f->has_level[TOPO_FATAL] = true;
		return;
	}
	collect_places(c, &all);
	qsort(all.v, all.count, sizeof(*all.v), place_compare);
	for (size_t i = 1; i < all.count; i++) {
		if (!edge_addr_same_ip(&all.v[first].addr, &all.v[i].addr))
			first = i;
		else if (is_clash(&all.v[first], &all.v[i]))
			report_clash(c, &all.v[first], &all.v[i]);
	}
	free(all.v);
}

/* TOPO-NET-005: only on the edge host itself. */
static void check_here(struct topo_check *c, const char *text, unsigned line)
{
	struct edge_addr a;

	if (!usable(c, text, &a))
		return;
	for (size_t i = 0; i < c->plan->local_count; i++)
		if (edge_addr_same_ip(&c->plan->local[i].addr, &a))
			return;
	topo_finding_place(
		topo_findings_add(c->f, TOPO_WARN, "TOPO-NET-005",
				  "%s is on no interface of this machine",
				  text),
		line, "Machine %s", c->role.machine->fqdn);
}

static void check_local(struct topo_check *c)
{
	if (!c->plan->local || !c->role.machine)
		return;
	for (const struct topo_draft_nic *n = c->role.machine->nics; n;
	     n = n->next) {
		check_here(c, n->address, n->line);
		check_here(c, n->address6, n->line);
	}
}

static void check_nic(struct topo_check *c, const struct topo_draft_machine *m,
		      const struct topo_draft_nic *n)
{
	check_address(c, m, n, "IPAddress", n->address);
	if (n->configured)
		check_address(c, m, n, "ConfiguredIPAddress", n->configured);
	check_twin(c, m, n, "IPv6Address", n->address6);
	check_twin(c, m, n, "ConfiguredIPv6Address", n->configured6);
}

void topo_check_interfaces(struct topo_check *c)
{
	for (size_t i = 0; i < c->edge_count; i++)
		check_pool_missing(c, c->edges[i]);
	check_clashes(c);
	for (size_t i = 0; i < c->cluster_count; i++)
		for (const struct topo_draft_machine *m =
			     c->clusters[i]->machines;
		     m; m = m->next) {
			for (const struct topo_draft_nic *n = m->nics; n;
			     n = n->next)
				check_nic(c, m, n);
			check_sides(c, m);
		}
	check_local(c);
}
