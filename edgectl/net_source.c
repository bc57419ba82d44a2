/* Rules by source: what has one side's address leaves by that side. */
#include <string.h>

#include "edgectl/net_parts.h"
#include "edgectl/stranger.h"

enum { PRIORITY = 5201 /* ours: before the main table's 32766 */ };

struct table {
	struct ctl_net_maker *m;
	struct ctl_net_part *side;
	enum ctl_net_side which;
	uint8_t family;
	uint32_t number;
	int finding;
};

/* A route that the table needs; bits 0 is the default. */
struct want {
	struct ctl_net_net net;
	struct edge_addr via; /* family 0: on the link */
	bool is_unreachable;
};

static const struct ctl_net_route *exact(const struct ctl_net_view *v,
					 uint32_t table, uint8_t family,
					 const struct ctl_net_net *n)
{
	for (size_t i = 0; i < v->routes; i++) {
		const struct ctl_net_route *r = &v->route[i];

		if (r->table == table && r->family == family &&
		    r->bits == n->bits &&
		    (!n->bits || edge_addr_same_ip(&r->net, &n->net)))
			return r;
	}
	return NULL;
}

static bool is_so(const struct table *t, const struct want *w)
{
	const struct ctl_net_route *r =
		exact(t->m->view, t->number, t->family, &w->net);

	if (!r || r->is_throw || r->is_unicast == w->is_unreachable)
		return false;
	return w->is_unreachable || (r->link == t->side->link->index &&
				     edge_addr_same_ip(&r->via, &w->via));
}

static void put(struct table *t, const struct want *w, void *arg)
{
	char net[EDGE_ADDR_STRLEN], via[CTL_NET_VIA];
	bool so = is_so(t, w);

	(void)arg;
	ctl_net_print(net, &w->net.net, w->net.bits);
	ctl_net_print_via(via, &w->via);
	if (w->is_unreachable)
		ctl_net_step(t->m, so ? -1 : t->finding,
			     "%s route replace unreachable %s table %u",
			     ctl_net_ip(t->family), net, t->number);
	else
		ctl_net_step(t->m, so ? -1 : t->finding,
			     "%s route replace %s%s dev %s%s table %u",
			     ctl_net_ip(t->family), net, via,
			     t->side->link->name,
			     ctl_net_onlink(t->m, t->side, &w->via), t->number);
}

typedef void on_want(struct table *t, const struct want *w, void *arg);

static void own_networks(struct table *t, on_want *fn, void *arg)
{
	const struct ctl_net_view *v = t->m->view;

	for (size_t i = 0; i < t->side->addrs; i++) {
		const struct ctl_net_addr *a =
			ctl_net_addr_find(v, &t->side->addr[i]);
		struct want w = {0};
		bool is_new = a && a->at.family == t->family &&
			      a->link == t->side->link->index;

		if (is_new)
			w.net = ctl_net_own(a);
		for (size_t k = 0; is_new && k < i; k++)
			is_new = !edge_addr_in_prefix(&t->side->addr[k],
						      &w.net.net, w.net.bits);
		if (is_new)
			fn(t, &w, arg);
	}
}

/* All routes that the table needs. */
static void each_want(struct table *t, on_want *fn, void *arg)
{
	struct want last = {.is_unreachable = t->which == CTL_INSIDE};

	own_networks(t, fn, arg);
	for (size_t i = 0; t->which == CTL_INSIDE && i < t->m->nets; i++) {
		struct want w = {.net = t->m->net[i], .via = t->m->net[i].via};

		if (w.net.net.family == t->family && w.net.is_known)
			fn(t, &w, arg);
	}
	if (t->which == CTL_OUTSIDE)
		last.via = *ctl_net_gateway(t->side, t->family);
	fn(t, &last, arg);
}

static const struct ctl_net_rule *rule_of(const struct ctl_net_view *v,
					  const struct edge_addr *at,
					  const struct ctl_net_rule *after)
{
	unsigned len = at->family == AF_INET ? 32 : 128;

	for (const struct ctl_net_rule *u = after ? after + 1 : v->rule;
	     u < v->rule + v->rules; u++)
		if (u->is_plain && u->family == at->family && u->bits == len &&
		    edge_addr_same_ip(&u->from, at))
			return u;
	return NULL;
}

static bool is_by(const void *arg, const struct ctl_net_route *r)
{
	return r->is_unicast && r->link == *(const int *)arg;
}

/* Does somebody else's table lead where ours would? */
static bool is_good_table(const struct table *t, uint32_t number)
{
	const struct ctl_net_view *v = t->m->view;
	const struct edge_addr far = ctl_stranger(t->family);
	const struct ctl_net_net all = {.bits = 0};
	const struct ctl_net_route *r = exact(v, number, t->family, &all);
	int link = t->side->link->index;

	if (t->which == CTL_OUTSIDE) {
		r = ctl_net_route_in(v, number, &far);
		return r && r->is_unicast && r->link == link;
	}
	if (r && r->is_unicast && r->link != link)
		return false;
	for (size_t i = 0; i < t->m->nets; i++)
		if (t->m->net[i].net.family == t->family &&
		    !ctl_net_covers(
			    &(struct ctl_net_cover){v, number, is_by, &link},
			    &t->m->net[i].net, t->m->net[i].bits))
			return false;
	return true;
}

enum verdict { RULE_GOOD, RULE_OURS, RULE_MISSING, RULE_WRONG };

static enum verdict judge(const struct table *t, const struct edge_addr *at)
{
	const struct ctl_net_rule *u = rule_of(t->m->view, at, NULL);

	if (!u)
		return RULE_MISSING;
	if (u->table == t->number)
		return RULE_OURS;
	return is_good_table(t, u->table) ? RULE_GOOD : RULE_WRONG;
}

static void count_missing(struct table *t, const struct want *w, void *arg)
{
	*(size_t *)arg += !is_so(t, w);
}

static void put_rule(struct table *t, const struct edge_addr *at)
{
	enum verdict v = judge(t, at);
	const struct ctl_net_rule *u = NULL;
	char text[EDGE_ADDR_STRLEN];
	bool has_ours = false;

	if (v == RULE_GOOD)
		return;
	edge_addr_print_ip(at, false, text);
	while (v == RULE_WRONG && (u = rule_of(t->m->view, at, u))) {
		has_ours |= u->table == t->number;
		if (u->table != t->number && !is_good_table(t, u->table))
			ctl_net_step(t->m, t->finding,
				     "%s rule del from %s lookup %u priority "
				     "%u",
				     ctl_net_ip(t->family), text, u->table,
				     u->priority);
	}
	ctl_net_step(t->m, v == RULE_OURS || has_ours ? -1 : t->finding,
		     "%s rule add from %s lookup %u priority %d",
		     ctl_net_ip(t->family), text, t->number, PRIORITY);
}

/* What is wrong, in words; false: nothing. */
static bool describe(struct table *t, char saw[CTL_NET_TEXT], bool *needs_ours)
{
	char text[EDGE_ADDR_STRLEN];
	size_t missing = 0;

	*saw = '\0';
	for (size_t i = 0; i < t->side->addrs; i++) {
		const struct edge_addr *at = &t->side->addr[i];
		enum verdict v =
			at->family == t->family ? judge(t, at) : RULE_GOOD;

		*needs_ours |= v != RULE_GOOD;
		if (v != RULE_MISSING && v != RULE_WRONG)
			continue;
		edge_addr_print_ip(at, false, text);
		ctl_net_join(saw, CTL_NET_TEXT - 64, "%s from %s",
			     v == RULE_WRONG ? "a rule that leads astray"
					     : "no rule",
			     text);
	}
	if (*needs_ours)
		each_want(t, count_missing, &missing);
	if (missing)
		ctl_net_join(saw, CTL_NET_TEXT, "table %u lacks %zu routes",
			     t->number, missing);
	return *saw;
}

void ctl_net_source(struct ctl_net_maker *m, enum ctl_net_side side,
		    uint8_t family)
{
	struct table t = {.m = m,
			  .side = &m->side[side],
			  .which = side,
			  .family = family,
			  .number = side == CTL_OUTSIDE ? CTL_NET_TABLE_OUTSIDE
							: CTL_NET_TABLE_INSIDE,
			  .finding = -1};
	bool needs_ours = false;
	char saw[CTL_NET_TEXT];

	/* without a router that part has said so */
	if (!t.side->link || !ctl_net_has_family(t.side, family) ||
	    (side == CTL_OUTSIDE && m->plan->is_outside_bad &&
	     !ctl_net_gateway(t.side, family)->family))
		return;
	if (describe(&t, saw, &needs_ours))
		t.finding = ctl_net_found(m, "NET-003", TOPO_WARN,
					  t.side->link->name, "%s%s", saw,
					  family == AF_INET6 ? " (IPv6)" : "");
	else
		ctl_net_good(m, "what has an address of %s leaves by it",
			     t.side->link->name);
	if (needs_ours)
		each_want(&t, put, NULL);
	for (size_t i = 0; i < t.side->addrs; i++)
		if (t.side->addr[i].family == family)
			put_rule(&t, &t.side->addr[i]);
}
