/* One default route, on the outside; strict sources. */
#include <linux/rtnetlink.h>
#include <string.h>

#include "common/config.h"
#include "edgectl/net_parts.h"
#include "edgectl/stranger.h"

/* Of a checked list; family 0: none of that family. */
static struct edge_addr listed(const char *list, uint8_t family)
{
	struct edge_addr at;
	unsigned bits;

	while (edge_config_next_net(&list, &at, &bits))
		if (at.family == family)
			return at;
	return (struct edge_addr){0};
}

static bool is_default(const struct ctl_net_route *r, uint8_t family)
{
	return r->family == family && !r->bits && r->is_unicast;
}

/* Least metric of the main table first, then of any. */
static const struct ctl_net_route *default_by(const struct ctl_net_maker *m,
					      int link, uint8_t family)
{
	const struct ctl_net_route *best = NULL;

	for (size_t i = 0; i < m->view->routes; i++) {
		const struct ctl_net_route *r = &m->view->route[i];
		bool is_main = r->table == CTL_NET_MAIN;

		if (!is_default(r, family) || r->link != link || !r->via.family)
			continue;
		if (!best || (is_main && best->table != CTL_NET_MAIN) ||
		    (is_main == (best->table == CTL_NET_MAIN) &&
		     r->metric < best->metric))
			best = r;
	}
	return best;
}

static void find_gateway(struct ctl_net_maker *m, uint8_t family)
{
	struct ctl_net_part *out = &m->side[CTL_OUTSIDE];
	struct edge_addr *gateway = ctl_net_gateway(out, family);
	const struct ctl_net_route *r = default_by(m, out->link->index, family);

	*gateway = listed(m->wants->gateway[CTL_OUTSIDE], family);
	if (!gateway->family && r)
		*gateway = r->via;
}

/* The one that stays. */
static const struct ctl_net_route *wanted_of(const struct ctl_net_maker *m,
					     uint8_t family)
{
	const struct ctl_net_part *out = &m->side[CTL_OUTSIDE];
	const struct edge_addr *gateway =
		family == AF_INET6 ? &out->gateway6 : &out->gateway4;
	const struct ctl_net_route *best = NULL;

	for (size_t i = 0; i < m->view->routes; i++) {
		const struct ctl_net_route *r = &m->view->route[i];

		if (is_default(r, family) && r->table == CTL_NET_MAIN &&
		    r->link == out->link->index &&
		    edge_addr_same_ip(&r->via, gateway) &&
		    (!best || r->metric < best->metric))
			best = r;
	}
	return best;
}

/* Of IPv6 the outside may have what it likes when nothing of ours is there. */
static bool is_surplus(const struct ctl_net_maker *m,
		       const struct ctl_net_route *r, uint8_t family)
{
	const struct ctl_net_part *out = &m->side[CTL_OUTSIDE];

	return is_default(r, family) && r->table == CTL_NET_MAIN &&
	       r != wanted_of(m, family) &&
	       (r->link != out->link->index || ctl_net_has_family(out, family));
}

/* All default routes there are, for people. */
static void print_defaults(char list[CTL_NET_TEXT],
			   const struct ctl_net_maker *m, uint8_t family)
{
	char text[CTL_NET_LINE];

	*list = '\0';
	for (size_t i = 0; i < m->view->routes; i++) {
		const struct ctl_net_route *r = &m->view->route[i];

		if (!is_default(r, family) || r->table != CTL_NET_MAIN)
			continue;
		ctl_net_print_route(text, m->view, r);
		ctl_net_join(list, CTL_NET_TEXT - 64, "%s", text);
	}
	if (!*list)
		ctl_net_join(list, CTL_NET_TEXT, "no default route");
}

static void remove_surplus(struct ctl_net_maker *m, uint8_t family, int finding)
{
	for (size_t i = 0; i < m->view->routes; i++) {
		const struct ctl_net_route *r = &m->view->route[i];
		const struct ctl_net_link *l =
			ctl_net_link_find(m->view, r->link);
		char text[CTL_NET_LINE];

		if (!is_surplus(m, r, family))
			continue;
		if (r->protocol == RTPROT_RA && l)
			ctl_net_step(m, finding,
				     "sysctl -w net/ipv6/conf/%s/accept_ra=0",
				     l->name);
		ctl_net_print_route(text, m->view, r);
		ctl_net_step(m, finding, "%s route del %s", ctl_net_ip(family),
			     text);
	}
}

static bool has_surplus(const struct ctl_net_maker *m, uint8_t family)
{
	for (size_t i = 0; i < m->view->routes; i++)
		if (is_surplus(m, &m->view->route[i], family))
			return true;
	return false;
}

static void tell_unknown(struct ctl_net_maker *m, uint8_t family,
			 const char *list)
{
	ctl_net_found(m, "NET-008", TOPO_ERROR, m->side[CTL_OUTSIDE].link->name,
		      "%s, and the router outside is not known%s", list,
		      family == AF_INET6 ? " (IPv6)" : "");
}

/* The default route may be right, and something else come before it: a route
 * that holds half of the world, one that leads nowhere, a rule for everybody.
 */
static int find_detour(struct ctl_net_maker *m, uint8_t family,
		       const char *wanted)
{
	const struct ctl_net_link *out = m->side[CTL_OUTSIDE].link;
	const struct edge_addr far = ctl_stranger(family);
	const struct ctl_net_route *r = ctl_net_route_to(m->view, NULL, &far);
	char text[CTL_NET_LINE];
	int f;

	if (!r || (r->is_unicast && r->link == out->index))
		return -1;
	m->plan->is_outside_bad = true;
	ctl_net_print_route(text, m->view, r);
	f = ctl_net_found(m, "NET-001", TOPO_ERROR,
			  family == AF_INET6 ? "IPv6" : "IPv4",
			  "packets to the Internet go by: %s%s; wanted: only "
			  "default%s dev %s",
			  text, r->table == CTL_NET_MAIN ? "" : " of a rule",
			  wanted, out->name);
	if (r->table == CTL_NET_MAIN)
		ctl_net_step(m, f, "%s route del %s", ctl_net_ip(family), text);
	else
		ctl_net_advise(m, f, "%s rule del lookup %u",
			       ctl_net_ip(family), r->table);
	return f;
}

void ctl_net_default(struct ctl_net_maker *m, uint8_t family)
{
	struct ctl_net_part *out = &m->side[CTL_OUTSIDE];
	bool is_needed = ctl_net_has_family(out, family);
	char list[CTL_NET_TEXT], via[CTL_NET_VIA];
	const struct ctl_net_route *wanted;
	const struct edge_addr *gateway;
	int f = -1;

	if (!out->link)
		return;
	find_gateway(m, family);
	gateway = ctl_net_gateway(out, family);
	wanted = wanted_of(m, family);
	print_defaults(list, m, family);
	if (is_needed && !wanted)
		m->plan->is_outside_bad = true;
	if (is_needed && !gateway->family && !wanted) {
		tell_unknown(m, family, list);
		return;
	}
	ctl_net_print_via(via, gateway);
	if ((is_needed && !wanted) || has_surplus(m, family))
		f = ctl_net_found(m, "NET-001", TOPO_ERROR,
				  family == AF_INET6 ? "IPv6" : "IPv4",
				  "%s; wanted: %s%s%s%s", list,
				  is_needed ? "only default" : "none",
				  is_needed ? via : "",
				  is_needed ? " dev " : "",
				  is_needed ? out->link->name : "");
	else if (is_needed && find_detour(m, family, via) < 0)
		ctl_net_good(m, "one default route: %s", list);
	remove_surplus(m, family, f);
	if (is_needed)
		ctl_net_step(m, wanted ? -1 : f,
			     "%s route replace default%s dev %s%s",
			     ctl_net_ip(family), via, out->link->name,
			     ctl_net_onlink(m, out, gateway));
}

/* Strict: what counts is the greater one of "all" and the device's. */
static bool is_strict(const struct ctl_net_maker *m,
		      const struct ctl_net_link *l)
{
	return l->rp_filter <= 1 && m->view->rp_filter_all <= 1 &&
	       (l->rp_filter == 1 || m->view->rp_filter_all == 1);
}

void ctl_net_filter(struct ctl_net_maker *m)
{
	bool is_all_loose = m->view->rp_filter_all > 1;
	char list[CTL_NET_TEXT] = "";
	int f = -1;

	for (int i = 0; i < CTL_SIDES; i++) {
		const struct ctl_net_link *l = m->side[i].link;

		if (l && l->rp_filter >= 0 && !is_strict(m, l))
			ctl_net_join(list, sizeof(list), "%s %d", l->name,
				     l->rp_filter);
	}
	if (*list)
		f = ctl_net_found(m, "NET-004", TOPO_WARN, "rp_filter",
				  "rp_filter of %s (all %d): senders are not "
				  "checked strictly",
				  list, m->view->rp_filter_all);
	if (*list && is_all_loose)
		ctl_net_step(m, f, "sysctl -w net.ipv4.conf.all.rp_filter=1");
	for (int i = 0; i < CTL_SIDES; i++) {
		const struct ctl_net_link *l = m->side[i].link;

		if (!l || l->rp_filter < 0)
			continue;
		if (!*list)
			ctl_net_good(m, "senders are checked on %s", l->name);
		ctl_net_step(m, is_strict(m, l) || l->rp_filter == 1 ? -1 : f,
			     "sysctl -w net/ipv4/conf/%s/rp_filter=1", l->name);
	}
}
