/* Draft -> snapshot: allowed and blocked domains, providers, XMPP. */
#include <string.h>

#include "topology/derive.h"
#include "topology/name.h"

/* Of doubles (TOPO-FED-004) the first counts. */
static bool is_allowed(const struct topo_derive *v, const char *domain)
{
	for (size_t i = 0; i < v->topo.allowed_count; i++)
		if (strcmp(v->topo.allowed[i].domain, domain) == 0)
			return true;
	return false;
}

static void derive_allowed(struct topo_derive *v)
{
	struct topo_partner *rows;
	size_t n = 0;

	for (const struct topo_draft_partner *p = v->d->allowed; p; p = p->next)
		n++;
	if (n > TOPO_DERIVE_LIST_MAX) {
		topo_derive_full(v, "allowed domains");
		return;
	}
	rows = topo_arena_array(&v->arena, n, sizeof(*rows));
	if (!rows)
		return;
	v->topo.allowed = rows;
	for (const struct topo_draft_partner *p = v->d->allowed; p;
	     p = p->next) {
		struct topo_partner *row = &rows[v->topo.allowed_count];
		const char *domain = topo_derive_name(v, p->is.domain);

		if (!domain || is_allowed(v, domain))
			continue;
		*row = p->is;
		row->domain = domain;
		row->proxy_fqdn = topo_derive_name(v, p->is.proxy_fqdn);
		v->topo.allowed_count++;
	}
}

static void derive_blocked(struct topo_derive *v)
{
	struct topo_derive_list list = {.cap = TOPO_DERIVE_LIST_MAX,
					.what = "blocked domains"};

	for (const struct topo_draft_name *n = v->d->blocked.head; n && !v->err;
	     n = n->next)
		topo_derive_add(v, &list, topo_derive_name(v, n->name));
	v->topo.blocked = list.v;
	v->topo.blocked_count = list.count;
}

/* Providers: of those with one proxy (TOPO-FED-003) the first counts. */

static bool is_text(const char *s)
{
	for (; *s; s++)
		if ((unsigned char)*s < ' ' || *s == 0x7f)
			return false;
	return true;
}

static void add_provider(struct topo_derive *v, struct topo_provider *rows,
			 const struct topo_provider *p)
{
	struct topo_provider *row = &rows[v->topo.provider_count];
	const char *proxy = topo_derive_name(v, p->proxy_fqdn);

	if (!proxy || topo_find_provider(&v->topo, edge_slice_str(proxy)))
		return;
	if (v->topo.provider_count == TOPO_ROLE_PARTNERS_MAX) {
		topo_derive_full(v, "providers");
		return;
	}
	*row = *p;
	row->name = p->name && p->name[0] && is_text(p->name) ? p->name : proxy;
	row->proxy_fqdn = proxy;
	row->decorated = topo_derive_name(v, p->decorated);
	v->topo.provider_count++;
}

static void derive_providers(struct topo_derive *v)
{
	struct topo_provider *rows = topo_arena_array(
		&v->arena, TOPO_ROLE_PARTNERS_MAX, sizeof(*rows));

	v->topo.providers = rows;
	for (const struct topo_draft_provider *p = v->d->providers;
	     p && rows && !v->err; p = p->next)
		add_provider(v, rows, &p->is);
}

void topo_derive_partners(struct topo_derive *v)
{
	if (v->err)
		return;
	derive_allowed(v);
	derive_blocked(v);
	derive_providers(v);
}

/* XMPP. A domain belongs to the first partner that has it. */

static void derive_more(struct topo_derive *v, struct topo_xmpp_partner *row,
			const struct topo_draft_names *more)
{
	struct topo_derive_list list = {.cap = TOPO_DERIVE_MORE_MAX,
					.what = "additional domains"};

	for (const struct topo_draft_name *n = more->head; n && !v->err;
	     n = n->next) {
		const char *name = topo_derive_name(v, n->name);

		if (name && strcmp(name, row->domain) != 0 &&
		    !topo_find_xmpp(&v->topo, edge_slice_str(name)))
			topo_derive_add(v, &list, name);
	}
	row->more = (struct topo_xmpp_names){list.v, list.count};
}

static void add_xmpp(struct topo_derive *v, struct topo_xmpp_partner *rows,
		     const struct topo_draft_xmpp *p)
{
	struct topo_xmpp_partner *row = &rows[v->topo.xmpp_count];

	if (v->topo.xmpp_count == TOPO_ROLE_PARTNERS_MAX) {
		topo_derive_full(v, "XMPP partners");
		return;
	}
	*row = p->is;
	row->domain = topo_derive_name(v, p->is.domain);
	row->proxy_fqdn = topo_derive_name(v, p->is.proxy_fqdn);
	derive_more(v, row, &p->more);
	v->topo.xmpp_count++;
}

void topo_derive_xmpp(struct topo_derive *v)
{
	struct topo_xmpp_partner *rows;
	size_t seen = 0;

	if (v->err)
		return;
	v->topo.xmpp_gateway = v->d->gateway;
	rows = topo_arena_array(&v->arena, TOPO_ROLE_PARTNERS_MAX,
				sizeof(*rows));
	v->topo.xmpp = rows;
	for (const struct topo_draft_xmpp *p = v->d->xmpp; p && rows && !v->err;
	     p = p->next) {
		if (++seen > TOPO_ROLE_PARTNERS_MAX)
			topo_derive_full(v, "XMPP partners");
		else if (!topo_role_xmpp_fault(v->d, p))
			add_xmpp(v, rows, p);
	}
}
