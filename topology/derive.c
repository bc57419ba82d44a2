/* Draft -> snapshot: who we are, where we listen, what HOSTS says. */
#include "topology/derive.h"

#include <stdlib.h>
#include <string.h>

#include "topology/name.h"
#include "topology/snap.h"

void topo_derive_full(struct topo_derive *v, const char *table)
{
	if (v->err)
		return;
	v->err = EDGE_ELIMIT;
	(void)topo_findings_add(v->f, TOPO_ERROR, "TOPO-XML-003",
				"limit: more %s than one edge takes", table);
}

const char *topo_derive_name(struct topo_derive *v, const char *name)
{
	struct edge_slice s = edge_slice_str(name);

	return name && topo_name_is_valid(s) ? topo_arena_name(&v->arena, s)
					     : NULL;
}

void topo_derive_add(struct topo_derive *v, struct topo_derive_list *list,
		     const char *name)
{
	if (!name || v->err)
		return;
	for (size_t i = 0; i < list->count; i++)
		if (strcmp(list->v[i], name) == 0)
			return;
	if (!list->v)
		list->v = topo_arena_array(&v->arena, list->cap,
					   sizeof(*list->v));
	if (!list->v)
		v->err = EDGE_ENOMEM;
	else if (list->count == list->cap)
		topo_derive_full(v, list->what);
	else
		list->v[list->count++] = name;
}

struct topo_names topo_derive_names(const struct topo_derive_list *list)
{
	return (struct topo_names){list->v, list->count};
}

static int ordinal_compare(const void *a, const void *b)
{
	const struct topo_draft_machine *const *x = a, *const *y = b;

	if ((*x)->ordinal != (*y)->ordinal)
		return (*x)->ordinal < (*y)->ordinal ? -1 : 1;
	return ((*x)->line > (*y)->line) - ((*x)->line < (*y)->line);
}

const struct topo_draft_machine **
topo_derive_machines(struct topo_derive *v, const struct topo_draft_cluster *c,
		     size_t *count)
{
	const struct topo_draft_machine **list;
	size_t n = 0;

	for (const struct topo_draft_machine *m = c->machines; m; m = m->next)
		n++;
	list = topo_arena_array(&v->arena, n, sizeof(void *));
	*count = 0;
	if (!list)
		return NULL;
	for (const struct topo_draft_machine *m = c->machines; m; m = m->next)
		list[(*count)++] = m;
	qsort(list, n, sizeof(void *), ordinal_compare);
	return list;
}

void topo_derive_self(struct topo_derive *v)
{
	const struct topo_draft_machine **m;
	struct topo_host *members;
	size_t n;

	v->topo.self = topo_derive_name(v, v->plan->self);
	v->topo.pool = topo_derive_name(v, v->role.cluster->fqdn);
	v->topo.mras_user = v->topo.pool;
	v->topo.signature = v->d->signature;
	v->topo.sha256 = v->plan->sha256;
	m = topo_derive_machines(v, v->role.cluster, &n);
	members = topo_arena_array(&v->arena, n, sizeof(*members));
	if (!m || !members || !v->topo.self || !v->topo.pool) {
		v->err = v->arena.failed ? EDGE_ENOMEM : EDGE_ENOTFOUND;
		return;
	}
	v->topo.members = members;
	for (size_t i = 0; i < n; i++) {
		const char *fqdn = topo_derive_name(v, m[i]->fqdn);

		if (fqdn && m[i] != v->role.machine)
			members[v->topo.member_count++].fqdn = fqdn;
	}
}

/* Listeners. */

static bool nic_addr(const struct topo_draft_nic *nic, struct edge_addr *out)
{
	return nic && !edge_addr_parse(out, edge_slice_str(nic->address), 0) &&
	       out->family;
}

static void listen_on(struct topo_derive *v, enum topo_port_kind kind,
		      const struct topo_draft_port *p)
{
	struct topo_listen *l = &v->topo.listen[kind];

	if (!p || p->port < 1 || p->port > UINT16_MAX || p->range < 1 ||
	    p->port + p->range - 1 > UINT16_MAX)
		return;
	if (!nic_addr(topo_draft_nic(v->role.machine, p->side, p->number),
		      &l->addr))
		return;
	l->addr.port = (uint16_t)p->port;
	l->count = kind == TOPO_PORT_AV_RANGE ? (uint16_t)p->range : 1;
	l->present = true;
}

static const char *public_name(struct topo_derive *v, enum topo_port_kind kind)
{
	const struct topo_draft_port *p = topo_draft_port(v->role.edge, kind);

	return p ? topo_derive_name(v, p->configured_fqdn) : NULL;
}

static bool addr6(const char *text, struct edge_addr *out)
{
	struct edge_addr a;

	if (!text || edge_addr_parse(&a, edge_slice_str(text), 0) ||
	    a.family != AF_INET6)
		return false;
	*out = a;
	return true;
}

/* The IPv6 twin of the interface that a port is bound to, when its own address
 * is IPv4: what is bound and what is told. */
static bool twin_of(const struct topo_derive *v, enum topo_port_kind kind,
		    const struct topo_draft_machine *m, struct edge_addr *own,
		    struct edge_addr *told)
{
	const struct topo_draft_port *p = topo_draft_port(v->role.edge, kind);
	const struct topo_draft_nic *nic =
		p ? topo_draft_nic(m, p->side, p->number) : NULL;
	struct edge_addr v4;

	if (!nic_addr(nic, &v4) || v4.family != AF_INET ||
	    !addr6(nic->address6, own))
		return false;
	if (!addr6(nic->configured6, told))
		*told = *own;
	return true;
}

static void derive_twins(struct topo_derive *v)
{
	struct topo *t = &v->topo;
	const struct topo_draft_nic *in =
		topo_draft_nic(v->role.machine, "Internal", 1);
	struct edge_addr told;

	if (t->internal.family == AF_INET)
		(void)addr6(in->address6, &t->internal6);
	(void)twin_of(v, TOPO_PORT_AV_OUTSIDE_TCP, v->role.machine, &t->av_own6,
		      &t->av_public6);
	(void)twin_of(v, TOPO_PORT_WEBCONF_CLIENT, v->role.machine,
		      &t->webconf_own6, &told);
}

/* TO 1.7: the configured address of the A/V interface, else its own. */
static bool av_public_of(const struct topo_derive *v,
			 const struct topo_draft_machine *m,
			 struct edge_addr *out)
{
	const struct topo_draft_port *p =
		topo_draft_port(v->role.edge, TOPO_PORT_AV_OUTSIDE_TCP);
	const struct topo_draft_nic *nic =
		p ? topo_draft_nic(m, p->side, p->number) : NULL;

	if (nic && nic->configured &&
	    !edge_addr_parse(out, edge_slice_str(nic->configured), 0) &&
	    out->family)
		return true;
	return nic_addr(nic, out);
}

static void derive_av_public(struct topo_derive *v)
{
	const struct topo_draft_machine **m;
	struct edge_addr *others, own;
	size_t n, count = 0;

	if (!av_public_of(v, v->role.machine, &v->topo.av_public)) {
		v->err = EDGE_ENOTFOUND;
		return;
	}
	m = topo_derive_machines(v, v->role.cluster, &n);
	others = topo_arena_array(&v->arena, 2 * n, sizeof(*others));
	v->topo.av_members = others;
	for (size_t i = 0; m && others && i < n; i++)
		if (m[i] != v->role.machine)
			count += av_public_of(v, m[i], &others[count]);
	for (size_t i = 0; m && others && i < n; i++)
		if (m[i] != v->role.machine)
			count += twin_of(v, TOPO_PORT_AV_OUTSIDE_TCP, m[i],
					 &own, &others[count]);
	v->topo.av_member_count = count;
}

void topo_derive_listeners(struct topo_derive *v)
{
	struct topo *t = &v->topo;

	if (v->err)
		return;
	for (size_t k = 0; k < TOPO_PORT_REPLICA; k++)
		listen_on(v, (enum topo_port_kind)k,
			  topo_role_served_port(v->d, v->role.edge,
						(enum topo_port_kind)k));
	listen_on(v, TOPO_PORT_REPLICA,
		  topo_role_replica_port(v->d, v->role.edge));
	if (!nic_addr(topo_draft_nic(v->role.machine, "Internal", 1),
		      &t->internal))
		v->err = EDGE_ENOTFOUND;
	derive_av_public(v);
	derive_twins(v);
	t->access_name = public_name(v, TOPO_PORT_ACCESS_CLIENT);
	t->webconf_name = public_name(v, TOPO_PORT_WEBCONF_CLIENT);
	t->av_name = public_name(v, TOPO_PORT_AV_OUTSIDE_TCP);
	t->federation_ports = t->listen[TOPO_PORT_ACCESS_FEDERATION].present;
}

/* HOSTS: all of it, then our own pool where it is silent. */

struct hosts {
	struct topo_host *v;
	size_t count, cap;
};

static const struct topo_host *host_in(const struct hosts *h, const char *name)
{
	for (size_t i = 0; i < h->count; i++)
		if (strcmp(h->v[i].fqdn, name) == 0)
			return &h->v[i];
	return NULL;
}

/* "All addresses" is no address to connect to, so it is left out. */
static void add_host(struct topo_derive *v, struct hosts *h, const char *name,
		     const struct edge_addr *addrs, size_t count)
{
	struct edge_addr *copy;
	size_t n = 0;

	if (!name || h->count == h->cap)
		return;
	copy = topo_arena_array(&v->arena, count, sizeof(*copy));
	if (!copy)
		return;
	for (size_t i = 0; i < count && n < TOPO_SNAP_ADDRS_MAX; i++)
		if (addrs[i].family)
			copy[n++] = addrs[i];
	if (n)
		h->v[h->count++] = (struct topo_host){name, copy, n};
}

static void add_hosts_file(struct topo_derive *v, struct hosts *h)
{
	for (size_t i = 0; i < topo_hosts_count(v->plan->hosts); i++) {
		struct topo_hosts_entry e = topo_hosts_at(v->plan->hosts, i);

		add_host(v, h, topo_derive_name(v, e.name), e.addrs, e.count);
	}
}

static void add_own_pool(struct topo_derive *v, struct hosts *h)
{
	struct edge_addr all[TOPO_SNAP_ADDRS_MAX], a;
	size_t count = 0;

	for (const struct topo_draft_machine *m = v->role.cluster->machines; m;
	     m = m->next) {
		const char *name = topo_derive_name(v, m->fqdn);

		if (!nic_addr(topo_draft_nic(m, "Internal", 1), &a))
			continue;
		if (count < TOPO_SNAP_ADDRS_MAX)
			all[count++] = a;
		if (name && !host_in(h, name))
			add_host(v, h, name, &a, 1);
	}
	if (!host_in(h, v->topo.pool))
		add_host(v, h, v->topo.pool, all, count);
}

/* A next hop pool that HOSTS does not name has its members' addresses. */
static void add_next_hop(struct topo_derive *v, struct hosts *h)
{
	struct edge_addr all[TOPO_SNAP_ADDRS_MAX];
	const char *pool = topo_derive_name(v, v->role.hop_cluster->fqdn);
	size_t count = 0, n = 0;
	const struct topo_draft_machine **m;

	if (!pool || host_in(h, pool))
		return;
	m = topo_derive_machines(v, v->role.hop_cluster, &n);
	for (size_t i = 0; m && i < n; i++) {
		const char *name = topo_derive_name(v, m[i]->fqdn);
		const struct topo_host *host = name ? host_in(h, name) : NULL;

		for (size_t k = 0; host && k < host->addr_count &&
				   count < TOPO_SNAP_ADDRS_MAX;
		     k++)
			all[count++] = host->addrs[k];
	}
	add_host(v, h, pool, all, count);
}

static int host_compare(const void *a, const void *b)
{
	return strcmp(((const struct topo_host *)a)->fqdn,
		      ((const struct topo_host *)b)->fqdn);
}

void topo_derive_hosts(struct topo_derive *v)
{
	struct hosts h = {0};

	if (v->err)
		return;
	h.cap = topo_hosts_count(v->plan->hosts) + v->topo.member_count + 3;
	h.v = topo_arena_array(&v->arena, h.cap, sizeof(*h.v));
	if (!h.v) {
		v->err = EDGE_ENOMEM;
		return;
	}
	add_hosts_file(v, &h);
	add_own_pool(v, &h);
	add_next_hop(v, &h);
	qsort(h.v, h.count, sizeof(*h.v), host_compare);
	v->topo.hosts = h.v;
	v->topo.host_count = h.count;
}

/* All of it. */

static void derive(struct topo_derive *v)
{
	topo_derive_self(v);
	topo_derive_listeners(v);
	topo_derive_domains(v);
	topo_derive_trust(v);
	topo_derive_inside(v);
	topo_derive_settings(v);
	topo_derive_partners(v);
	topo_derive_xmpp(v);
	topo_derive_hosts(v);
	if (v->arena.failed)
		v->err = EDGE_ENOMEM;
}

enum edge_err topo_snap_build(char **text, size_t *len,
			      const struct topo_draft *d,
			      const struct topo_check_plan *plan,
			      struct topo_findings *f)
{
	struct topo_derive v = {.d = d, .plan = plan, .f = f};
	enum edge_err err;

	if (!plan->self)
		return EDGE_EUSAGE;
	v.role = topo_role_find(d, plan->self);
	if (!v.role.machine || !v.role.hop_cluster)
		return EDGE_ENOTFOUND;
	derive(&v);
	err = v.err;
	if (!err)
		err = topo_snap_encode(text, len, &v.topo);
	topo_arena_fini(&v.arena);
	return err;
}
