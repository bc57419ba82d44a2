/* Draft -> snapshot: SIP domains, federation, settings of the export. */
#include <string.h>

#include "topology/derive.h"
#include "topology/name.h"

enum { TOKEN_LIFETIME_S = 8 * 3600 }; /* TO 1.9 [s] */

/* SIP domains: doubles (TOPO-DOM-002) count once. */

static struct topo_domain *
domain_row(struct topo_derive *v, struct topo_domain *rows, const char *name)
{
	name = topo_derive_name(v, name);
	if (!name || v->err)
		return NULL;
	for (size_t i = 0; i < v->topo.domain_count; i++)
		if (strcmp(rows[i].name, name) == 0)
			return &rows[i];
	if (v->topo.domain_count == TOPO_DERIVE_LIST_MAX) {
		topo_derive_full(v, "SIP domains");
		return NULL;
	}
	rows[v->topo.domain_count].name = name;
	return &rows[v->topo.domain_count++];
}

void topo_derive_domains(struct topo_derive *v)
{
	struct topo_domain *rows = topo_arena_array(
		&v->arena, TOPO_DERIVE_LIST_MAX, sizeof(*rows));
	struct topo_domain *row;

	if (v->err || !rows)
		return;
	v->topo.domains = rows;
	for (const struct topo_draft_domain *n = v->d->domains; n;
	     n = n->next) {
		row = domain_row(v, rows, n->name);
		if (!row)
			continue;
		row->sub_domains |= n->sub_domains;
		row->authoritative |= n->authoritative;
	}
	row = domain_row(v, rows, v->d->default_domain);
	if (row)
		row->is_default = true;
	if (!v->topo.domain_count)
		v->err = EDGE_ENOTFOUND; /* TOPO-DOM-001 said why */
}

/* Federation route: TO 1.8. */

static void infer_route(struct topo_derive *v)
{
	const struct topo_draft_service *best = NULL;

	for (const struct topo_draft_service *s =
		     topo_role_edge(v->d->services);
	     s; s = topo_role_edge(s->next)) {
		if (!topo_draft_port(s, TOPO_PORT_ACCESS_FEDERATION))
			continue;
		if (!best || topo_role_site_before(v->d, s, best))
			best = s;
	}
	v->topo.route = best ? best->label : NULL;
}

static void derive_route(struct topo_derive *v)
{
	const struct topo_draft_service *s = NULL;

	for (const struct topo_draft_site *site = v->d->sites; site && !s;
	     site = site->next)
		if (site->route && strcmp(site->id, v->role.cluster->site) == 0)
			s = topo_draft_service(v->d, site->route);
	v->topo.route_declared = s;
	if (s)
		v->topo.route = s->label;
	else
		infer_route(v);
}

/* A word of a fact holds no blank, bracket or control byte. */
static const char *word(struct topo_derive *v, const char *s)
{
	size_t len = s ? strlen(s) : 0;

	if (!len || len > 64)
		return NULL;
	for (size_t i = 0; i < len; i++)
		if (s[i] <= ' ' || s[i] > '~' || strchr("()", s[i]))
			return NULL;
	return topo_arena_str(&v->arena, edge_slice_str(s));
}

static bool is_served(const struct topo_derive *v,
		      const struct topo_draft_port *p)
{
	enum topo_port_kind kind = topo_draft_port_kind(p);

	return kind != TOPO_PORT_KINDS &&
	       topo_role_served_port(v->d, v->role.edge, kind);
}

static void derive_not_served(struct topo_derive *v)
{
	struct topo_derive_list list = {.cap = TOPO_DERIVE_SHORT_MAX,
					.what = "ports not served"};

	for (const struct topo_draft_port *p = v->role.edge->ports;
	     p && !v->err; p = p->next) {
		const char *owner = word(v, p->owner);

		if (owner && !is_served(v, p))
			topo_derive_add(v, &list,
					topo_arena_printf(&v->arena, "%s/%ld",
							  owner, p->port));
	}
	v->topo.not_served = topo_derive_names(&list);
}

/* "https://dialin.contoso.com/x" -> its host. */
static const char *url_host(struct topo_derive *v, const char *url)
{
	const char *host = strstr(url, "://");
	char *copy;

	host = host ? host + 3 : url;
	copy = topo_arena_str(&v->arena,
			      edge_slice(host, strcspn(host, "/:?#")));
	return topo_derive_name(v, copy);
}

static void derive_urls(struct topo_derive *v)
{
	struct topo_derive_list list = {.cap = TOPO_DERIVE_SHORT_MAX,
					.what = "simple URLs"};

	for (const struct topo_draft_name *n = v->d->simple_urls.head;
	     n && !v->err; n = n->next)
		topo_derive_add(v, &list, url_host(v, n->name));
	v->topo.simple_urls = topo_derive_names(&list);
}

/* The site's own settings win over the global ones. */
static void derive_lifetime(struct topo_derive *v)
{
	const char *site = v->role.cluster->site;
	unsigned global = 0, own = 0;

	for (const struct topo_draft_lifetime *l = v->d->lifetimes; l;
	     l = l->next) {
		if (!l->site)
			global = l->seconds;
		else if (strcmp(l->site, site) == 0)
			own = l->seconds;
	}
	v->topo.token_lifetime_s = own	    ? own
				   : global ? global
					    : TOKEN_LIFETIME_S;
}

/* The service's own settings win over the global ones, whole. */
static void derive_proxy(struct topo_derive *v)
{
	v->topo.proxy = v->d->proxy;
	for (const struct topo_draft_proxy *p = v->d->proxies; p; p = p->next) {
		bool is_ours =
			p->service
				? strcmp(p->service, v->role.edge->id) == 0
				: p->pool &&
					  topo_name_eq(edge_slice_str(p->pool),
						       v->topo.pool);

		if (!is_ours)
			continue;
		v->topo.proxy = p->is;
		return;
	}
}

void topo_derive_settings(struct topo_derive *v)
{
	struct topo_access_settings *a = &v->topo.access;

	if (v->err)
		return;
	*a = v->d->access;
	derive_proxy(v);
	a->default_route = topo_derive_name(v, a->default_route);
	v->topo.signature = word(v, v->topo.signature);
	derive_route(v);
	derive_lifetime(v);
	derive_urls(v);
	derive_not_served(v);
}
