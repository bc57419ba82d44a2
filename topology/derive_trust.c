/* Draft -> snapshot: who may connect inside, what is never asked of DNS. */
#include <string.h>

#include "topology/derive.h"
#include "topology/name.h"

struct trusted_cluster {
	const struct topo_draft_cluster *cluster;
	const struct topo_draft_service *registrar; /* one installed there */
	unsigned bits;
};

struct clusters {
	struct trusted_cluster *v;
	size_t count;
};

static void add_cluster(struct topo_derive *v, struct clusters *list,
			const struct topo_draft_service *s, unsigned bits)
{
	const struct topo_draft_cluster *c =
		topo_draft_cluster(v->d, s->cluster_id);
	size_t i = 0;

	if (!c || v->err)
		return;
	while (i < list->count && list->v[i].cluster != c)
		i++;
	if (i == TOPO_DERIVE_CLUSTERS_MAX) {
		topo_derive_full(v, "trusted clusters");
		return;
	}
	if (i == list->count)
		list->v[list->count++] = (struct trusted_cluster){.cluster = c};
	list->v[i].bits |= bits;
	if (!list->v[i].registrar && (bits & TOPO_TRUST_SIP) &&
	    topo_role_is(s, "Registrar"))
		list->v[i].registrar = s;
}

static bool depends_on_us(const struct topo_derive *v,
			  const struct topo_draft_service *s)
{
	for (const struct topo_draft_dep *dep = s->deps; dep; dep = dep->next)
		if (topo_role_is_default(dep) &&
		    strcmp(dep->id, v->role.edge->id) == 0)
			return true;
	return false;
}

static bool is_same_site(const struct topo_derive *v,
			 const struct topo_draft_service *s)
{
	const struct topo_draft_cluster *c =
		topo_draft_cluster(v->d, s->cluster_id);

	return c && strcmp(c->site, v->role.cluster->site) == 0;
}

/* AE 6: the XMPP gateway is on the Front Ends, never on a Director. */
static void trust_gateways(struct topo_derive *v, struct clusters *list)
{
	for (size_t i = 0; i < list->count; i++) {
		bool any = false, director = false;

		for (const struct topo_draft_service *s = v->d->services; s;
		     s = s->next) {
			if (!topo_role_is(s, "Registrar") ||
			    topo_draft_cluster(v->d, s->cluster_id) !=
				    list->v[i].cluster)
				continue;
			any = true;
			director |= s->is_director;
		}
		if (any && !director && (list->v[i].bits & TOPO_TRUST_SIP))
			list->v[i].bits |= TOPO_TRUST_XMPP;
	}
}

/* TO 1.7 and DESIGN 10, in this order: next hop, dependants, other
 * registrars of our site, the active management server. */
static void collect(struct topo_derive *v, struct clusters *list)
{
	const struct topo_draft_service *s;

	add_cluster(v, list, v->role.hop, TOPO_TRUST_SIP);
	for (s = v->d->services; s; s = s->next)
		if (depends_on_us(v, s))
			add_cluster(v, list, s,
				    topo_role_is(s, "ConfServices")
					    ? TOPO_TRUST_SIP |
						      TOPO_TRUST_WEBCONF
					    : TOPO_TRUST_SIP);
	for (s = v->d->services; s; s = s->next)
		if (topo_role_is(s, "Registrar") && is_same_site(v, s))
			add_cluster(v, list, s, TOPO_TRUST_SIP);
	for (s = v->d->services; s; s = s->next)
		if (topo_role_is(s, "CentralMgmt") && s->is_active_cms)
			add_cluster(v, list, s, TOPO_TRUST_REPLICA);
	trust_gateways(v, list);
}

static void add_name(struct topo_derive *v, struct topo_trusted *rows,
		     const char *fqdn, unsigned bits)
{
	const char *name = topo_derive_name(v, fqdn);
	size_t i = 0;

	if (!name || v->err)
		return;
	while (i < v->topo.trusted_count && strcmp(rows[i].fqdn, name) != 0)
		i++;
	if (i == TOPO_DERIVE_TRUSTED_MAX) {
		topo_derive_full(v, "trusted machines");
		return;
	}
	if (i == v->topo.trusted_count)
		rows[v->topo.trusted_count++].fqdn = name;
	rows[i].listeners |= bits;
}

static void name_clusters(struct topo_derive *v, const struct clusters *list)
{
	struct topo_trusted *rows = topo_arena_array(
		&v->arena, TOPO_DERIVE_TRUSTED_MAX, sizeof(*rows));

	if (!rows)
		return;
	v->topo.trusted = rows;
	for (size_t i = 0; i < list->count; i++) {
		size_t n = 0;
		const struct topo_draft_machine **m =
			topo_derive_machines(v, list->v[i].cluster, &n);

		add_name(v, rows, list->v[i].cluster->fqdn, list->v[i].bits);
		for (size_t k = 0; m && k < n; k++)
			add_name(v, rows, m[k]->fqdn, list->v[i].bits);
	}
}

static void fill_registrar(struct topo_derive *v, struct topo_cluster *out,
			   const struct trusted_cluster *in)
{
	const struct topo_draft_port *p = topo_role_sip_port(in->registrar);
	size_t n = 0;
	const struct topo_draft_machine **m =
		topo_derive_machines(v, in->cluster, &n);
	struct topo_host *members =
		topo_arena_array(&v->arena, n, sizeof(*members));

	out->is_registrar = true;
	out->is_director = in->registrar->is_director;
	if (p && p->port > 0 && p->port <= UINT16_MAX)
		out->port = (uint16_t)p->port;
	out->members = members;
	for (size_t i = 0; m && members && i < n; i++) {
		const char *name = topo_derive_name(v, m[i]->fqdn);

		if (name)
			members[out->member_count++].fqdn = name;
	}
}

static void list_registrars(struct topo_derive *v, const struct clusters *list)
{
	struct topo_cluster *rows =
		topo_arena_array(&v->arena, list->count, sizeof(*rows));
	size_t n = 0;

	for (size_t i = 0; rows && i < list->count; i++) {
		const char *fqdn;

		if (!list->v[i].registrar)
			continue;
		fqdn = topo_derive_name(v, list->v[i].cluster->fqdn);
		if (!fqdn && i == 0)
			v->err = EDGE_ENOTFOUND; /* TOPO-HOP-002 said why */
		if (!fqdn)
			continue;
		rows[n].fqdn = fqdn;
		rows[n].is_next_hop = n == 0;
		fill_registrar(v, &rows[n++], &list->v[i]);
	}
	v->topo.registrars = rows;
	v->topo.registrar_count = n;
	if (!n || !rows[0].port)
		v->err = EDGE_ENOTFOUND;
}

void topo_derive_trust(struct topo_derive *v)
{
	struct clusters list = {0};

	if (v->err)
		return;
	list.v = topo_arena_array(&v->arena, TOPO_DERIVE_CLUSTERS_MAX,
				  sizeof(*list.v));
	if (!list.v) {
		v->err = EDGE_ENOMEM;
		return;
	}
	collect(v, &list);
	/* the next hop's own service, should its cluster hold two */
	if (list.count)
		list.v[0].registrar = v->role.hop;
	name_clusters(v, &list);
	list_registrars(v, &list);
}

/* TO 3.4: the suffix of every cluster, but not one that is a SIP domain. */

static const char *suffix_of(const char *fqdn)
{
	const char *dot = strchr(fqdn, '.');

	return dot && strchr(dot + 1, '.') ? dot + 1 : NULL;
}

static bool is_sip_domain(const struct topo_derive *v, const char *name)
{
	for (size_t i = 0; i < v->topo.domain_count; i++)
		if (strcmp(v->topo.domains[i].name, name) == 0)
			return true;
	return false;
}

static bool is_covered(const struct topo_derive_list *suffixes,
		       const char *name)
{
	for (size_t i = 0; i < suffixes->count; i++)
		if (topo_name_is_under(edge_slice_str(name), suffixes->v[i]))
			return true;
	return false;
}

static void add_inside(struct topo_derive *v, struct topo_derive_list *names,
		       const struct topo_derive_list *suffixes,
		       const char *fqdn)
{
	const char *name = topo_derive_name(v, fqdn);

	if (name && !is_covered(suffixes, name))
		topo_derive_add(v, names, name);
}

void topo_derive_inside(struct topo_derive *v)
{
	struct topo_derive_list suffixes = {.cap = TOPO_DERIVE_SUFFIXES_MAX,
					    .what = "inside DNS suffixes"};
	struct topo_derive_list names = {.cap = TOPO_DERIVE_NAMES_MAX,
					 .what = "names outside a suffix"};

	for (const struct topo_draft_cluster *c = v->d->clusters; c && !v->err;
	     c = c->next) {
		const char *name = topo_derive_name(v, c->fqdn);
		const char *suffix = name ? suffix_of(name) : NULL;

		if (suffix && !is_sip_domain(v, suffix))
			topo_derive_add(v, &suffixes, suffix);
	}
	for (const struct topo_draft_cluster *c = v->d->clusters; c && !v->err;
	     c = c->next) {
		add_inside(v, &names, &suffixes, c->fqdn);
		for (const struct topo_draft_machine *m = c->machines;
		     m && !v->err; m = m->next)
			add_inside(v, &names, &suffixes, m->fqdn);
	}
	v->topo.inside_suffixes = topo_derive_names(&suffixes);
	v->topo.inside_names = topo_derive_names(&names);
}
