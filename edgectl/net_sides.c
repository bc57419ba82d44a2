/* Which device is which side, and are the topology's addresses there? */
#include <stdio.h>
#include <string.h>

#include "common/config.h"
#include "edgectl/net_parts.h"
#include "topology/topology.h"

static const char *const side_names[] = {"outside", "inside"};

static void add(struct ctl_net_part *s, const struct edge_addr *at)
{
	struct edge_addr bare = *at;

	bare.port = 0;
	if (!at->family || s->addrs == CTL_NET_SIDE_ADDRS)
		return;
	for (size_t i = 0; i < s->addrs; i++)
		if (edge_addr_eq(&s->addr[i], &bare))
			return;
	s->addr[s->addrs++] = bare;
}

static void take_addresses(struct ctl_net_maker *m, const struct topo *t)
{
	static const enum topo_port_kind outside[] = {
		TOPO_PORT_ACCESS_CLIENT,  TOPO_PORT_ACCESS_FEDERATION,
		TOPO_PORT_XMPP_OUTSIDE,	  TOPO_PORT_WEBCONF_CLIENT,
		TOPO_PORT_AV_OUTSIDE_TCP, TOPO_PORT_AV_OUTSIDE_UDP,
		TOPO_PORT_AV_RANGE,
	};

	for (size_t i = 0; i < sizeof(outside) / sizeof(*outside); i++)
		if (t->listen[outside[i]].present)
			add(&m->side[CTL_OUTSIDE], &t->listen[outside[i]].addr);
	add(&m->side[CTL_OUTSIDE], &t->webconf_own6);
	add(&m->side[CTL_OUTSIDE], &t->av_own6);
	add(&m->side[CTL_INSIDE], &t->internal);
	add(&m->side[CTL_INSIDE], &t->internal6);
}

static const struct ctl_net_link *link_named(const struct ctl_net_view *v,
					     const char *name)
{
	for (size_t i = 0; name && i < v->links; i++)
		if (!strcmp(v->link[i].name, name))
			return &v->link[i];
	return NULL;
}

/* That of the first address that some device has, but not this device. */
static const struct ctl_net_link *link_of(const struct ctl_net_maker *m,
					  const struct ctl_net_part *s,
					  const struct ctl_net_link *but)
{
	for (size_t i = 0; i < s->addrs; i++) {
		const struct ctl_net_addr *a =
			ctl_net_addr_find(m->view, &s->addr[i]);

		if (a && (!but || a->link != but->index))
			return ctl_net_link_find(m->view, a->link);
	}
	return NULL;
}

static void find_links(struct ctl_net_maker *m)
{
	struct ctl_net_part *out = &m->side[CTL_OUTSIDE],
			    *in = &m->side[CTL_INSIDE];

	in->link = link_named(m->view, m->wants->device[CTL_INSIDE]);
	out->link = link_named(m->view, m->wants->device[CTL_OUTSIDE]);
	if (!in->link)
		in->link = link_of(m, in, out->link);
	if (!out->link)
		out->link = link_of(m, out, in->link);
	if (!in->link)
		in->link = link_of(m, in, NULL);
	if (!out->link)
		out->link = link_of(m, out, NULL);
}

/* Bits of a neighbour address on that device; 0: there is none. */
static unsigned bits_on(const struct ctl_net_view *v,
			const struct ctl_net_link *l,
			const struct edge_addr *at)
{
	for (size_t i = 0; l && i < v->addrs; i++) {
		const struct ctl_net_addr *a = &v->addr[i];

		if (a->link == l->index && a->at.family == at->family &&
		    edge_addr_in_prefix(at, &a->at, a->bits))
			return a->bits;
	}
	return 0;
}

static void note_stray(struct ctl_net_maker *m, const struct edge_addr *at)
{
	struct ctl_net_plan *p = m->plan;

	if (p->strays < sizeof(p->astray) / sizeof(*p->astray))
		p->astray[p->strays++] = *at;
}

static void tell_missing(struct ctl_net_maker *m, enum ctl_net_side side,
			 const char *list)
{
	struct ctl_net_part *s = &m->side[side];
	int f = ctl_net_found(m, "NET-006", TOPO_ERROR, list,
			      "no device has %s, which the topology gives to "
			      "the %s of %s",
			      list, side_names[side], m->wants->topo->self);

	for (size_t i = 0; i < s->addrs; i++) {
		unsigned bits = bits_on(m->view, s->link, &s->addr[i]);
		char text[EDGE_ADDR_STRLEN];

		if (ctl_net_addr_find(m->view, &s->addr[i]) || !bits)
			continue;
		edge_addr_print_ip(&s->addr[i], false, text);
		ctl_net_advise(m, f, "ip address add %s/%u dev %s", text, bits,
			       s->link->name);
	}
}

static void check_missing(struct ctl_net_maker *m, enum ctl_net_side side)
{
	const struct ctl_net_part *s = &m->side[side];
	char list[CTL_NET_LINE] = "", text[EDGE_ADDR_STRLEN];

	for (size_t i = 0; i < s->addrs; i++) {
		if (ctl_net_addr_find(m->view, &s->addr[i]))
			continue;
		note_stray(m, &s->addr[i]);
		edge_addr_print_ip(&s->addr[i], false, text);
		ctl_net_join(list, sizeof(list), "%s", text);
	}
	if (*list)
		tell_missing(m, side, list);
}

static void check_strays(struct ctl_net_maker *m, enum ctl_net_side side)
{
	struct ctl_net_part *s = &m->side[side];

	for (size_t i = 0; i < s->addrs; i++) {
		const struct ctl_net_addr *a =
			ctl_net_addr_find(m->view, &s->addr[i]);
		const struct ctl_net_link *l =
			a ? ctl_net_link_find(m->view, a->link) : NULL;
		unsigned bits = bits_on(m->view, s->link, &s->addr[i]);
		char text[EDGE_ADDR_STRLEN];
		int f;

		if (!l || l == s->link)
			continue;
		note_stray(m, &s->addr[i]);
		edge_addr_print_ip(&s->addr[i], false, text);
		f = ctl_net_found(m, "NET-007", TOPO_ERROR, text,
				  "%s is on %s; the %s is %s", text, l->name,
				  side_names[side], s->link->name);
		ctl_net_advise(m, f, "ip address del %s/%u dev %s", text,
			       a->bits, l->name);
		ctl_net_advise(m, f, "ip address add %s/%u dev %s", text,
			       bits ? bits : a->bits, s->link->name);
	}
}

static bool check_up(struct ctl_net_maker *m, enum ctl_net_side side)
{
	struct ctl_net_part *s = &m->side[side];
	const struct ctl_net_link *l = s->link;
	int f;

	if (l->is_up)
		return true;
	f = ctl_net_found(m, "NET-009", TOPO_ERROR, l->name,
			  "%s, the %s device, is down or has no carrier",
			  l->name, side_names[side]);
	ctl_net_advise(m, f, "ip link set %s up", l->name);
	ctl_net_advise(m, f, "edgectl net plan --apply");
	s->link = NULL;
	return false;
}

static void check_side(struct ctl_net_maker *m, enum ctl_net_side side)
{
	struct ctl_net_part *s = &m->side[side];
	size_t before = m->plan->findings;
	char list[CTL_NET_LINE] = "", text[EDGE_ADDR_STRLEN];

	check_missing(m, side);
	if (!s->link || !check_up(m, side))
		return;
	(void)snprintf(m->plan->device[side], sizeof(m->plan->device[side]),
		       "%s", s->link->name);
	check_strays(m, side);
	for (size_t i = 0; i < s->addrs; i++) {
		edge_addr_print_ip(&s->addr[i], false, text);
		ctl_net_join(list, sizeof(list), "%s", text);
	}
	if (m->plan->findings == before)
		ctl_net_good(m, "%s: %s on %s", side_names[side], list,
			     s->link->name);
	/* nobody to speak for: of a side without addresses nothing is said */
	if (!link_of(m, s, NULL))
		s->link = NULL;
}

/* A device that has no address; NULL: none, or several. */
static const struct ctl_net_link *spare_link(const struct ctl_net_view *v)
{
	const struct ctl_net_link *found = NULL;

	for (size_t i = 0; i < v->links; i++) {
		bool is_used = v->link[i].is_loopback;

		for (size_t k = 0; k < v->addrs; k++)
			is_used |= v->addr[k].link == v->link[i].index &&
				   edge_addr_classify(&v->addr[k].at) !=
					   EDGE_ADDR_LINK_LOCAL;
		if (is_used)
			continue;
		if (found)
			return NULL;
		found = &v->link[i];
	}
	return found;
}

/* The inside moves to the device that nobody uses. */
static void part(struct ctl_net_maker *m, int f)
{
	const struct ctl_net_part *in = &m->side[CTL_INSIDE];
	const struct ctl_net_link *to = spare_link(m->view);

	for (size_t i = 0; to && i < in->addrs; i++) {
		const struct ctl_net_addr *a =
			ctl_net_addr_find(m->view, &in->addr[i]);
		char text[EDGE_ADDR_STRLEN];

		if (!a || a->link != in->link->index)
			continue;
		edge_addr_print_ip(&in->addr[i], false, text);
		ctl_net_advise(m, f, "ip address del %s/%u dev %s", text,
			       a->bits, in->link->name);
		ctl_net_advise(m, f, "ip address add %s/%u dev %s", text,
			       a->bits, to->name);
	}
	if (to) {
		ctl_net_advise(m, f, "ip link set %s up", to->name);
		ctl_net_advise(m, f, "edgectl net plan --apply");
	}
}

/* A wrong device is told once, and what comes of it not at all. */
static bool are_apart(struct ctl_net_maker *m)
{
	struct ctl_net_part *out = &m->side[CTL_OUTSIDE],
			    *in = &m->side[CTL_INSIDE];

	if (!out->link || out->link != in->link)
		return true;
	if (m->wants->lab)
		ctl_net_good(m, "both sides on %s, as a lab may",
			     out->link->name);
	else
		part(m, ctl_net_found(m, "NET-007", TOPO_ERROR, out->link->name,
				      "addresses of the outside and of the "
				      "inside are both on %s",
				      out->link->name));
	m->plan->is_outside_bad = m->plan->is_inside_bad = !m->wants->lab;
	out->link = in->link = NULL;
	return false;
}

void ctl_net_sides(struct ctl_net_maker *m)
{
	if (!m->wants->topo)
		return;
	take_addresses(m, m->wants->topo);
	find_links(m);
	if (!are_apart(m))
		return;
	check_side(m, CTL_OUTSIDE);
	check_side(m, CTL_INSIDE);
	m->plan->is_outside_bad = !m->side[CTL_OUTSIDE].link;
	m->plan->is_inside_bad = !m->side[CTL_INSIDE].link;
}
