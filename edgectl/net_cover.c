/* Does a whole network go one way, not only its first address? */
#include "edgectl/net_parts.h"

static bool is_within(const struct ctl_net_route *r,
		      const struct edge_addr *net, unsigned bits)
{
	return r->family == net->family && r->bits > bits &&
	       edge_addr_in_prefix(&r->net, net, bits);
}

/* The route of all of it, where none of a part of it is better. */
static const struct ctl_net_route *base_of(const struct ctl_net_cover *c,
					   const struct edge_addr *net,
					   unsigned bits)
{
	const struct ctl_net_route *best = NULL;

	for (size_t i = 0; i < c->view->routes; i++) {
		const struct ctl_net_route *r = &c->view->route[i];

		if (r->table != c->table || r->family != net->family ||
		    r->bits > bits ||
		    (r->bits && !edge_addr_in_prefix(net, &r->net, r->bits)))
			continue;
		if (!best || r->bits > best->bits ||
		    (r->bits == best->bits && r->metric < best->metric))
			best = r;
	}
	return best;
}

static bool has_parts(const struct ctl_net_cover *c,
		      const struct edge_addr *net, unsigned bits)
{
	for (size_t i = 0; i < c->view->routes; i++)
		if (c->view->route[i].table == c->table &&
		    is_within(&c->view->route[i], net, bits))
			return true;
	return false;
}

/* Halves it as long as there are routes of parts. */
bool ctl_net_covers(const struct ctl_net_cover *c, const struct edge_addr *net,
		    unsigned bits)
{
	struct edge_addr half = *net;
	const struct ctl_net_route *r;

	if (!has_parts(c, net, bits)) {
		r = base_of(c, net, bits);
		return r && c->is_good(c->arg, r);
	}
	if (!ctl_net_covers(c, &half, bits + 1))
		return false;
	half.ip[bits / 8] |= (uint8_t)(0x80 >> bits % 8);
	return ctl_net_covers(c, &half, bits + 1);
}

bool ctl_net_is_connected(const struct ctl_net_view *v,
			  const struct ctl_net_route *r)
{
	if (!r->is_unicast || r->via.family || !r->bits)
		return false;
	for (size_t i = 0; i < v->addrs; i++)
		if (v->addr[i].link == r->link &&
		    edge_addr_in_prefix(&v->addr[i].at, &r->net, r->bits))
			return true;
	return false;
}
