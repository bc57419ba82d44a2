/* Look-ups in a snapshot; names match without case and trailing dot. */
#include <stdlib.h>
#include <string.h>

#include "topology/name.h"
#include "topology/topology.h"

const struct topo_domain *topo_find_domain(const struct topo *t,
					   struct edge_slice host)
{
	const struct topo_domain *best = NULL;

	for (size_t i = 0; i < t->domain_count; i++) {
		const struct topo_domain *d = &t->domains[i];

		if (topo_name_eq(host, d->name))
			return d;
		if (d->sub_domains && topo_name_is_under(host, d->name) &&
		    (!best || strlen(d->name) > strlen(best->name)))
			best = d;
	}
	return best;
}

const struct topo_cluster *topo_next_hop(const struct topo *t)
{
	return &t->registrars[0];
}

const struct topo_cluster *topo_find_registrar(const struct topo *t,
					       struct edge_slice host,
					       const struct topo_host **member)
{
	const struct topo_cluster *pool = NULL;
	const struct topo_host *found = NULL;

	for (size_t i = 0; i < t->registrar_count && !pool; i++) {
		const struct topo_cluster *c = &t->registrars[i];

		for (size_t k = 0; k < c->member_count && !found; k++)
			if (topo_name_eq(host, c->members[k].fqdn))
				found = &c->members[k];
		if (found || topo_name_eq(host, c->fqdn))
			pool = c;
	}
	if (member)
		*member = found;
	return pool;
}

bool topo_is_trusted(const struct topo *t, struct edge_slice name,
		     enum topo_trust listener)
{
	for (size_t i = 0; i < t->trusted_count; i++)
		if ((t->trusted[i].listeners & (unsigned)listener) &&
		    topo_name_eq(name, t->trusted[i].fqdn))
			return true;
	return false;
}

bool topo_is_our_machine(const struct topo *t, struct edge_slice name)
{
	if (topo_name_eq(name, t->self) || topo_name_eq(name, t->pool))
		return true;
	for (size_t i = 0; i < t->member_count; i++)
		if (topo_name_eq(name, t->members[i].fqdn))
			return true;
	return false;
}

bool topo_is_blocked(const struct topo *t, struct edge_slice domain)
{
	for (size_t i = 0; i < t->blocked_count; i++)
		if (topo_name_eq(domain, t->blocked[i]))
			return true;
	return false;
}

const struct topo_partner *topo_find_partner(const struct topo *t,
					     struct edge_slice domain)
{
	for (size_t i = 0; i < t->allowed_count; i++)
		if (topo_name_eq(domain, t->allowed[i].domain))
			return &t->allowed[i];
	return NULL;
}

const struct topo_provider *topo_find_provider(const struct topo *t,
					       struct edge_slice proxy_fqdn)
{
	for (size_t i = 0; i < t->provider_count; i++)
		if (topo_name_eq(proxy_fqdn, t->providers[i].proxy_fqdn))
			return &t->providers[i];
	return NULL;
}

static bool is_partner(const struct topo_xmpp_partner *p,
		       struct edge_slice domain)
{
	if (topo_name_eq(domain, p->domain))
		return true;
	for (size_t i = 0; i < p->more.count; i++)
		if (topo_name_eq(domain, p->more.v[i]))
			return true;
	return false;
}

const struct topo_xmpp_partner *topo_find_xmpp(const struct topo *t,
					       struct edge_slice domain)
{
	for (size_t i = 0; i < t->xmpp_count; i++)
		if (is_partner(&t->xmpp[i], domain))
			return &t->xmpp[i];
	return NULL;
}

static int host_compare(const void *key, const void *row)
{
	return strcmp(key, ((const struct topo_host *)row)->fqdn);
}

const struct topo_host *topo_find_host(const struct topo *t,
				       struct edge_slice name)
{
	char key[256]; /* a DNS name is 253 bytes */

	if (!edge_slice_copy(key, sizeof(key), topo_name_trim(name)))
		return NULL;
	for (char *c = key; *c; c++)
		if (*c >= 'A' && *c <= 'Z')
			*c = (char)(*c - 'A' + 'a');
	return bsearch(key, t->hosts, t->host_count, sizeof(*t->hosts),
		       host_compare);
}

static bool is_trusted_at_all(const struct topo *t, struct edge_slice name)
{
	for (size_t i = 0; i < t->trusted_count; i++)
		if (topo_name_eq(name, t->trusted[i].fqdn))
			return true;
	return false;
}

bool topo_is_inside_name(const struct topo *t, struct edge_slice name)
{
	for (size_t i = 0; i < t->inside_suffixes.count; i++)
		if (topo_name_is_under(name, t->inside_suffixes.v[i]))
			return true;
	for (size_t i = 0; i < t->inside_names.count; i++)
		if (topo_name_eq(name, t->inside_names.v[i]))
			return true;
	return is_trusted_at_all(t, name) || topo_is_our_machine(t, name) ||
	       topo_find_registrar(t, name, NULL);
}

static bool is_of_host(const struct topo_host *h, const struct edge_addr *at)
{
	for (size_t i = 0; i < h->addr_count; i++)
		if (edge_addr_same_ip(&h->addrs[i], at))
			return true;
	return false;
}

static bool is_of_cluster(const struct topo_cluster *c,
			  const struct edge_addr *at)
{
	for (size_t i = 0; i < c->member_count; i++)
		if (is_of_host(&c->members[i], at))
			return true;
	return is_of_host(&c->pool, at);
}

static bool is_ours(const struct topo *t, const struct edge_addr *at)
{
	const struct edge_addr *const own[] = {&t->internal,  &t->internal6,
					       &t->av_public, &t->av_public6,
					       &t->av_own6,   &t->webconf_own6};

	for (size_t i = 0; i < sizeof(own) / sizeof(*own); i++)
		if (edge_addr_same_ip(own[i], at))
			return true;
	for (size_t i = 0; i < TOPO_PORT_KINDS; i++)
		if (t->listen[i].present &&
		    edge_addr_same_ip(&t->listen[i].addr, at))
			return true;
	for (size_t i = 0; i < t->av_member_count; i++)
		if (edge_addr_same_ip(&t->av_members[i], at))
			return true;
	return false;
}

bool topo_is_inside_address(const struct topo *t, const struct edge_addr *at)
{
	for (size_t i = 0; i < t->host_count; i++)
		if (is_of_host(&t->hosts[i], at))
			return true;
	for (size_t i = 0; i < t->registrar_count; i++)
		if (is_of_cluster(&t->registrars[i], at))
			return true;
	for (size_t i = 0; i < t->member_count; i++)
		if (is_of_host(&t->members[i], at))
			return true;
	return is_ours(t, at);
}

static struct edge_addr twin_of(const struct topo_listen *l,
				struct edge_addr twin)
{
	if (!l->present || l->addr.family != AF_INET || !twin.family)
		return (struct edge_addr){0};
	twin.port = l->addr.port;
	return twin;
}

struct edge_addr topo_av_twin(const struct topo *t, enum topo_port_kind kind)
{
	const struct topo_listen *l = &t->listen[kind];
	struct edge_addr twin = {0};

	if (kind == TOPO_PORT_AV_INSIDE_TCP || kind == TOPO_PORT_AV_INSIDE_UDP)
		twin = t->internal6;
	if (kind == TOPO_PORT_AV_OUTSIDE_TCP ||
	    kind == TOPO_PORT_AV_OUTSIDE_UDP || kind == TOPO_PORT_AV_RANGE)
		twin = t->av_own6;
	return twin_of(l, twin);
}

struct edge_addr topo_webconf_twin(const struct topo *t)
{
	return twin_of(&t->listen[TOPO_PORT_WEBCONF_CLIENT], t->webconf_own6);
}
