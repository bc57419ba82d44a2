/* Routes inward: to each server that the topology names, by the inside router.
 */
#include <stdio.h>
#include <string.h>

#include "common/config.h"
#include "edgectl/net_parts.h"
#include "topology/topology.h"

enum {
	NET4_BITS = 24,
	NET6_BITS = 64, /* ours: what stands for a server */
	HOSTS = 256
};

struct server {
	const char *name;
	struct edge_addr at;
};

struct servers {
	struct server v[HOSTS];
	size_t count, left_out;
};

static void add_server(struct servers *s, const char *name,
		       const struct edge_addr *at)
{
	for (size_t i = 0; i < s->count; i++)
		if (edge_addr_same_ip(&s->v[i].at, at))
			return;
	if (s->count < HOSTS)
		s->v[s->count++] = (struct server){.name = name, .at = *at};
	else
		s->left_out++;
}

static void add_host(struct servers *s, const struct topo *t, const char *name)
{
	const struct topo_host *h = topo_find_host(t, edge_slice_str(name));

	for (size_t i = 0; h && i < h->addr_count; i++)
		if (!edge_addr_same_ip(&h->addrs[i], &t->internal) &&
		    !edge_addr_same_ip(&h->addrs[i], &t->internal6))
			add_server(s, name, &h->addrs[i]);
}

/* Those that connect to us, and the pool's other members. */
static void find_servers(struct servers *s, const struct topo *t)
{
	s->count = s->left_out = 0;
	for (size_t i = 0; i < t->trusted_count; i++)
		add_host(s, t, t->trusted[i].fqdn);
	for (size_t i = 0; i < t->member_count; i++)
		add_host(s, t, t->members[i].fqdn);
}

static bool is_on_link(const struct ctl_net_maker *m,
		       const struct edge_addr *at)
{
	const struct ctl_net_view *v = m->view;

	for (size_t i = 0; i < v->addrs; i++)
		if (v->addr[i].link == m->side[CTL_INSIDE].link->index &&
		    edge_addr_in_prefix(at, &v->addr[i].at, v->addr[i].bits))
			return true;
	return false;
}

static bool is_in_net(const struct ctl_net_net *n, const struct edge_addr *at)
{
	return edge_addr_in_prefix(at, &n->net, n->bits);
}

static bool is_in_nets(const struct ctl_net_maker *m,
		       const struct edge_addr *at)
{
	for (size_t i = 0; i < m->nets; i++)
		if (is_in_net(&m->net[i], at))
			return true;
	return false;
}

static void add_net(struct ctl_net_maker *m, const struct edge_addr *at,
		    unsigned bits)
{
	struct ctl_net_addr a = {.at = *at, .bits = bits};

	if (m->nets < CTL_NET_NETS)
		m->net[m->nets++] = ctl_net_own(&a);
	else
		m->plan->left_out++;
}

static bool is_inward(const struct ctl_net_maker *m,
		      const struct ctl_net_route *r)
{
	return r && r->is_unicast && r->bits &&
	       r->link == m->side[CTL_INSIDE].link->index;
}

/* Bits of the network that stands for a server nobody has named one for; its
 * own address when the outside is in the same. */
static unsigned bits_for(const struct ctl_net_maker *m,
			 const struct edge_addr *at)
{
	unsigned bits = at->family == AF_INET ? NET4_BITS : NET6_BITS;
	const struct ctl_net_part *out = &m->side[CTL_OUTSIDE];

	for (size_t i = 0; i < out->addrs; i++)
		if (edge_addr_in_prefix(&out->addr[i], at, bits))
			return at->family == AF_INET ? 32 : 128;
	return bits;
}

static void find_nets(struct ctl_net_maker *m, const struct servers *s)
{
	const char *list = m->wants->inside;
	struct edge_addr net;
	unsigned bits;

	while (edge_config_next_net(&list, &net, &bits))
		add_net(m, &net, bits);
	for (size_t i = 0; i < s->count; i++) {
		const struct edge_addr *at = &s->v[i].at;
		const struct ctl_net_route *r =
			ctl_net_route_in(m->view, CTL_NET_MAIN, at);

		if (is_on_link(m, at) || is_in_nets(m, at))
			continue;
		if (is_inward(m, r)) /* somebody has chosen one */
			add_net(m, &r->net, r->bits);
		else
			add_net(m, at, bits_for(m, at));
	}
}

/* Does the route, of any table, lead to a network by the inside device? */
static bool leads_to(const struct ctl_net_maker *m,
		     const struct ctl_net_route *r, const struct ctl_net_net *n)
{
	return is_inward(m, r) && r->family == n->net.family && r->via.family &&
	       r->bits <= n->bits &&
	       edge_addr_in_prefix(&n->net, &r->net, r->bits);
}

/* The router inside: in use, given, of another table, of another network. */
static void find_via(struct ctl_net_maker *m, struct ctl_net_net *n)
{
	const struct ctl_net_view *v = m->view;
	const struct ctl_net_route *r =
		ctl_net_route_in(v, CTL_NET_MAIN, &n->net);
	const char *list = m->wants->gateway[CTL_INSIDE];
	struct edge_addr at, any = {0};
	unsigned bits;

	n->is_known = is_inward(m, r);
	if (n->is_known)
		n->via = r->via;
	while (!n->is_known && edge_config_next_net(&list, &at, &bits)) {
		n->is_known = at.family == n->net.family;
		n->via = at;
	}
	for (size_t i = 0; i < v->routes && !n->is_known; i++) {
		r = &v->route[i];
		if (is_inward(m, r) && r->via.family == n->net.family)
			any = r->via;
		n->is_known = leads_to(m, r, n);
		if (n->is_known)
			n->via = r->via;
	}
	if (!n->is_known && any.family) {
		n->is_known = true;
		n->via = any;
	}
}

struct goal {
	const struct ctl_net_maker *m;
	const struct ctl_net_net *net;
};

/* By the inside device; or a part of it that is a network of our own. */
static bool is_right(const void *arg, const struct ctl_net_route *r)
{
	const struct goal *g = arg;

	return is_inward(g->m, r) ||
	       (r->bits > g->net->bits && ctl_net_is_connected(g->m->view, r));
}

static bool goes_in_whole(const struct ctl_net_maker *m,
			  const struct ctl_net_net *n)
{
	const struct goal g = {m, n};

	return ctl_net_covers(
		&(struct ctl_net_cover){m->view, CTL_NET_MAIN, is_right, &g},
		&n->net, n->bits);
}

static bool goes_in(const struct ctl_net_maker *m, const struct edge_addr *at)
{
	return is_inward(m, ctl_net_route_in(m->view, CTL_NET_MAIN, at));
}

/* The servers of a network that are not reached; how many. */
static size_t lost_in(const struct ctl_net_maker *m, const struct servers *s,
		      const struct ctl_net_net *n, char list[CTL_NET_TEXT])
{
	char text[EDGE_ADDR_STRLEN];
	size_t count = 0;

	*list = '\0';
	for (size_t i = 0; i < s->count; i++) {
		const struct edge_addr *at = &s->v[i].at;

		if (!is_in_net(n, at) || is_on_link(m, at) || goes_in(m, at))
			continue;
		edge_addr_print_ip(at, false, text);
		if (count++ < 3)
			ctl_net_join(list, CTL_NET_TEXT / 2, "%s (%s)",
				     s->v[i].name, text);
	}
	if (count > 3)
		ctl_net_join(list, CTL_NET_TEXT / 2, "...");
	return count;
}

/* Outward or nowhere. Any other device is somebody's for management, say: what
 * leads there people take away, or name the networks of the inside better. */
static bool is_ours_to_remove(const struct ctl_net_maker *m,
			      const struct ctl_net_route *r)
{
	const struct ctl_net_link *out = m->side[CTL_OUTSIDE].link;

	return !r->is_unicast || (out && r->link == out->index);
}

/* Routes of parts of it that lead elsewhere: that of all of it would not
 * count there. */
static void remove_obstacles(struct ctl_net_maker *m,
			     const struct ctl_net_net *n, int finding)
{
	const struct goal g = {m, n};
	char text[CTL_NET_LINE];

	for (size_t i = 0; i < m->view->routes; i++) {
		const struct ctl_net_route *r = &m->view->route[i];

		if (r->table != CTL_NET_MAIN || r->family != n->net.family ||
		    r->bits <= n->bits ||
		    !edge_addr_in_prefix(&r->net, &n->net, n->bits) ||
		    is_right(&g, r))
			continue;
		ctl_net_print_route(text, m->view, r);
		if (is_ours_to_remove(m, r))
			ctl_net_step(m, finding, "%s route del %s",
				     ctl_net_ip(n->net.family), text);
		else
			ctl_net_advise(m, finding, "%s route del %s",
				       ctl_net_ip(n->net.family), text);
	}
}

/* The route that is wrong about a network: of a part, or of all. */
static const struct ctl_net_route *wrong_of(const struct ctl_net_maker *m,
					    const struct ctl_net_net *n)
{
	const struct ctl_net_route *r =
		ctl_net_route_in(m->view, CTL_NET_MAIN, &n->net);
	const struct goal g = {m, n};

	for (size_t i = 0; r && is_right(&g, r) && i < m->view->routes; i++) {
		const struct ctl_net_route *part = &m->view->route[i];

		if (part->table == CTL_NET_MAIN && part->bits > n->bits &&
		    part->family == n->net.family &&
		    edge_addr_in_prefix(&part->net, &n->net, n->bits) &&
		    !is_right(&g, part))
			return part;
	}
	return r;
}

static int tell(struct ctl_net_maker *m, const struct ctl_net_net *n,
		const char *lost)
{
	const struct ctl_net_route *r = wrong_of(m, n);
	const char *dev = m->side[CTL_INSIDE].link->name;
	char net[EDGE_ADDR_STRLEN], now[CTL_NET_LINE] = "no route";

	m->plan->is_inside_bad = true;
	ctl_net_print(net, &n->net, n->bits);
	if (r)
		ctl_net_print_route(now, m->view, r);
	/* one router is missing, however many networks want it */
	for (size_t i = 0; !n->is_known && i < m->plan->findings; i++)
		if (!strcmp(m->plan->finding[i].id, "NET-008") &&
		    !strcmp(m->plan->finding[i].place, dev))
			return (int)i;
	if (!n->is_known)
		return ctl_net_found(m, "NET-008", TOPO_ERROR, dev,
				     "no route by %s to %s%s%s, and the router "
				     "inside is not known",
				     dev, net, *lost ? ": " : "", lost);
	return ctl_net_found(m, "NET-002", TOPO_ERROR, net,
			     "%s goes by: %s; wanted by %s%s%s", net, now, dev,
			     *lost ? "; not reached: " : "", lost);
}

static void plan_net(struct ctl_net_maker *m, const struct servers *s,
		     const struct ctl_net_net *n)
{
	struct ctl_net_part *in = &m->side[CTL_INSIDE];
	char lost[CTL_NET_TEXT], via[CTL_NET_VIA], net[EDGE_ADDR_STRLEN];
	bool is_good = !lost_in(m, s, n, lost) && goes_in_whole(m, n);
	int f = -1;

	if (!is_good) {
		f = tell(m, n, lost);
		if (!n->is_known)
			return;
		remove_obstacles(m, n, f);
	}
	ctl_net_print(net, &n->net, n->bits);
	ctl_net_print_via(via, &n->via);
	if (is_good)
		ctl_net_good(m, "%s goes%s by %s", net, via, in->link->name);
	ctl_net_step(m, f, "%s route replace %s%s dev %s%s",
		     ctl_net_ip(n->net.family), net, via, in->link->name,
		     ctl_net_onlink(m, in, &n->via));
}

void ctl_net_inward(struct ctl_net_maker *m)
{
	struct servers s;

	if (!m->side[CTL_INSIDE].link)
		return;
	find_servers(&s, m->wants->topo);
	m->plan->left_out += s.left_out;
	find_nets(m, &s);
	for (size_t i = 0; i < m->nets; i++)
		find_via(m, &m->net[i]);
	for (size_t i = 0; i < m->nets; i++)
		plan_net(m, &s, &m->net[i]);
}
