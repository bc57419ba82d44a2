/* Which way packets go, as the kernel would decide it by the view. */
#include "edgectl/net_view.h"

const struct ctl_net_link *ctl_net_link_find(const struct ctl_net_view *v,
					     int index)
{
	for (size_t i = 0; i < v->links; i++)
		if (v->link[i].index == index)
			return &v->link[i];
	return NULL;
}

const struct ctl_net_addr *ctl_net_addr_find(const struct ctl_net_view *v,
					     const struct edge_addr *at)
{
	for (size_t i = 0; i < v->addrs; i++)
		if (edge_addr_same_ip(&v->addr[i].at, at))
			return &v->addr[i];
	return NULL;
}

static bool holds(const struct edge_addr *net, unsigned bits,
		  const struct edge_addr *to)
{
	return !bits || edge_addr_in_prefix(to, net, bits);
}

const struct ctl_net_route *ctl_net_route_in(const struct ctl_net_view *v,
					     uint32_t table,
					     const struct edge_addr *to)
{
	const struct ctl_net_route *best = NULL;

	for (size_t i = 0; i < v->routes; i++) {
		const struct ctl_net_route *r = &v->route[i];

		if (r->table != table || r->family != to->family ||
		    !holds(&r->net, r->bits, to))
			continue;
		if (!best || r->bits > best->bits ||
		    (r->bits == best->bits && r->metric < best->metric))
			best = r;
	}
	return best;
}

const struct ctl_net_route *ctl_net_route_to(const struct ctl_net_view *v,
					     const struct edge_addr *from,
					     const struct edge_addr *to)
{
	for (size_t i = 0; i < v->rules; i++) {
		const struct ctl_net_rule *u = &v->rule[i];
		const struct ctl_net_route *r;

		if (!u->is_plain || u->family != to->family ||
		    (u->bits && (!from || !holds(&u->from, u->bits, from))))
			continue;
		r = ctl_net_route_in(v, u->table, to);
		if (r && !r->is_throw)
			return r;
	}
	return NULL;
}
