/* The plan of the network: its parts in order, and what they share. */
#include "edgectl/net_plan.h"

#include <linux/rtnetlink.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/config.h"
#include "edgectl/net_parts.h"

/* The last finding's place is kept for this one; steps of what has no room are
 * its own. */
static int no_room(struct ctl_net_plan *p)
{
	struct ctl_net_finding *f = &p->finding[p->findings];

	p->left_out++;
	if (p->findings == CTL_NET_FINDINGS)
		return CTL_NET_FINDINGS - 1;
	f->id = "NET-012";
	f->level = TOPO_WARN;
	(void)snprintf(f->place, sizeof(f->place), "plan");
	return (int)p->findings++;
}

/* Known when all has been looked at. */
static void tell_left_out(struct ctl_net_plan *p)
{
	struct ctl_net_finding *f = NULL;

	if (!p->left_out)
		return;
	for (size_t i = 0; i < p->findings && !f; i++)
		if (!strcmp(p->finding[i].id, "NET-012"))
			f = &p->finding[i];
	if (!f) {
		f = &p->finding[no_room(p)];
		p->left_out--; /* it has room itself */
	}
	(void)snprintf(
		f->saw, sizeof(f->saw),
		"%zu things have no room in the plan: servers and networks "
		"inside, findings, steps",
		p->left_out);
}

int ctl_net_found(struct ctl_net_maker *m, const char *id,
		  enum topo_level level, const char *place, const char *fmt,
		  ...)
{
	struct ctl_net_plan *p = m->plan;
	struct ctl_net_finding *f = &p->finding[p->findings];
	va_list ap;

	if (p->findings >= CTL_NET_FINDINGS - 1)
		return no_room(p);
	f->id = id;
	f->level = level;
	(void)snprintf(f->place, sizeof(f->place), "%s", place);
	va_start(ap, fmt);
	(void)vsnprintf(f->saw, sizeof(f->saw), fmt, ap);
	va_end(ap);
	return (int)p->findings++;
}

static void put_step(struct ctl_net_maker *m, int finding, const char *fmt,
		     va_list ap) EDGE_PRINTF(3, 0);
static void put_step(struct ctl_net_maker *m, int finding, const char *fmt,
		     va_list ap)
{
	struct ctl_net_plan *p = m->plan;
	struct ctl_net_step *s = &p->step[p->steps];

	if (p->steps == CTL_NET_STEPS) {
		p->left_out++;
		return;
	}
	s->finding = finding;
	s->is_by_people = false;
	(void)vsnprintf(s->line, sizeof(s->line), fmt, ap);
	p->steps++;
}

void ctl_net_step(struct ctl_net_maker *m, int finding, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	put_step(m, finding, fmt, ap);
	va_end(ap);
}

void ctl_net_advise(struct ctl_net_maker *m, int finding, const char *fmt, ...)
{
	size_t before = m->plan->steps;
	va_list ap;

	va_start(ap, fmt);
	put_step(m, finding, fmt, ap);
	va_end(ap);
	if (m->plan->steps > before)
		m->plan->step[before].is_by_people = true;
}

void ctl_net_good(struct ctl_net_maker *m, const char *fmt, ...)
{
	struct ctl_net_plan *p = m->plan;
	va_list ap;

	if (p->goods == CTL_NET_GOODS)
		return;
	va_start(ap, fmt);
	(void)vsnprintf(p->good[p->goods++], CTL_NET_TEXT, fmt, ap);
	va_end(ap);
}

void ctl_net_join(char *list, size_t cap, const char *fmt, ...)
{
	size_t len = strlen(list);
	va_list ap;
	int n = snprintf(list + len, cap - len, "%s", len ? ", " : "");
	size_t at = len + (n > 0 ? (size_t)n : 0);

	if (at < cap) {
		va_start(ap, fmt);
		n = vsnprintf(list + at, cap - at, fmt, ap);
		va_end(ap);
	}
	if (at >= cap || n < 0 || at + (size_t)n >= cap)
		list[len] = '\0';
}

void ctl_net_print(char out[EDGE_ADDR_STRLEN], const struct edge_addr *net,
		   unsigned bits)
{
	size_t len;

	if (!bits) {
		(void)snprintf(out, EDGE_ADDR_STRLEN, "default");
		return;
	}
	edge_addr_print_ip(net, false, out);
	len = strlen(out);
	(void)snprintf(out + len, EDGE_ADDR_STRLEN - len, "/%u", bits);
}

void ctl_net_print_via(char out[CTL_NET_VIA], const struct edge_addr *gateway)
{
	char text[EDGE_ADDR_STRLEN];

	edge_addr_print_ip(gateway, false, text);
	(void)snprintf(out, CTL_NET_VIA, "%s%s", gateway->family ? " via " : "",
		       gateway->family ? text : "");
}

const char *ctl_net_ip(uint8_t family)
{
	return family == AF_INET6 ? "ip -6" : "ip";
}

struct edge_addr *ctl_net_gateway(struct ctl_net_part *side, uint8_t family)
{
	return family == AF_INET6 ? &side->gateway6 : &side->gateway4;
}

bool ctl_net_has_family(const struct ctl_net_part *side, uint8_t family)
{
	for (size_t i = 0; i < side->addrs; i++)
		if (side->addr[i].family == family)
			return true;
	return false;
}

/* As `ip route` wants it: it takes no other type's route away. */
static const char *type_of(const struct ctl_net_route *r)
{
	static const char *const names[__RTN_MAX] = {
		[RTN_BLACKHOLE] = "blackhole ",
		[RTN_PROHIBIT] = "prohibit ",
		[RTN_THROW] = "throw ",
	};

	return r->type < __RTN_MAX && names[r->type] ? names[r->type]
						     : "unreachable ";
}

void ctl_net_print_route(char out[CTL_NET_LINE], const struct ctl_net_view *v,
			 const struct ctl_net_route *r)
{
	const struct ctl_net_link *l = ctl_net_link_find(v, r->link);
	char net[EDGE_ADDR_STRLEN], via[EDGE_ADDR_STRLEN], metric[32] = "";

	ctl_net_print(net, &r->net, r->bits);
	edge_addr_print_ip(&r->via, false, via);
	/* of IPv6 1024 goes without saying */
	if (r->metric && !(r->family == AF_INET6 && r->metric == 1024))
		(void)snprintf(metric, sizeof(metric), " metric %u", r->metric);
	(void)snprintf(out, CTL_NET_LINE, "%s%s%s%s%s%s%s",
		       r->is_unicast ? "" : type_of(r), net,
		       r->via.family ? " via " : "", r->via.family ? via : "",
		       l && r->is_unicast ? " dev " : "",
		       l && r->is_unicast ? l->name : "", metric);
}

const char *ctl_net_onlink(const struct ctl_net_maker *m,
			   const struct ctl_net_part *side,
			   const struct edge_addr *gateway)
{
	const struct ctl_net_view *v = m->view;

	if (!gateway->family ||
	    edge_addr_classify(gateway) == EDGE_ADDR_LINK_LOCAL)
		return "";
	for (size_t i = 0; i < v->addrs; i++)
		if (v->addr[i].link == side->link->index &&
		    edge_addr_in_prefix(gateway, &v->addr[i].at,
					v->addr[i].bits))
			return "";
	return " onlink";
}

struct ctl_net_net ctl_net_own(const struct ctl_net_addr *a)
{
	struct ctl_net_net n = {.net = a->at, .bits = a->bits};
	unsigned len = a->at.family == AF_INET ? 32 : 128;

	for (unsigned i = a->bits; i < len; i++)
		n.net.ip[i / 8] &= (uint8_t) ~(0x80 >> i % 8);
	return n;
}

struct ctl_net_wants ctl_net_wants_of(const struct topo *t,
				      const struct edge_config *c)
{
	return (struct ctl_net_wants){
		.topo = t,
		.device = {c->device_external, c->device_internal},
		.gateway = {c->network.outside_gateway,
			    c->network.inside_gateway},
		.inside = c->network.inside,
		.lab = c->lab,
	};
}

static bool is_on(const struct ctl_net_view *v, const struct ctl_net_route *r,
		  const char *device)
{
	const struct ctl_net_link *l = ctl_net_link_find(v, r->link);

	return r->table == CTL_NET_MAIN && r->is_unicast && r->via.family &&
	       l && !strcmp(l->name, device);
}

struct edge_addr ctl_net_router(const struct ctl_net_plan *p,
				const struct ctl_net_view *v,
				enum ctl_net_side side)
{
	struct edge_addr one = {0};

	for (size_t i = 0; i < v->routes; i++) {
		const struct ctl_net_route *r = &v->route[i];

		if (!is_on(v, r, p->device[side]) ||
		    !r->bits != (side == CTL_OUTSIDE))
			continue;
		if (one.family && !edge_addr_same_ip(&one, &r->via))
			return (struct edge_addr){0};
		one = r->via;
	}
	return one;
}

bool ctl_net_is_ours(const struct ctl_net_view *v)
{
	for (size_t i = 0; i < v->rules; i++)
		if (v->rule[i].table == CTL_NET_TABLE_OUTSIDE ||
		    v->rule[i].table == CTL_NET_TABLE_INSIDE)
			return true;
	return false;
}

/* Of a part of the network nothing follows. Devices that people name are
 * known all the same. */
static void tell_cut(struct ctl_net_maker *m)
{
	ctl_net_found(m, "NET-010", TOPO_WARN, "rtnetlink",
		      "more than %d devices, %d addresses, %d routes or %d "
		      "rules: routes and rules are not judged",
		      CTL_NET_LINKS, CTL_NET_ADDRS, CTL_NET_ROUTES,
		      CTL_NET_RULES);
	for (int i = 0; i < CTL_SIDES; i++)
		if (m->wants->device[i])
			(void)snprintf(m->plan->device[i],
				       sizeof(m->plan->device[i]), "%s",
				       m->wants->device[i]);
}

void ctl_net_plan(struct ctl_net_plan *p, const struct ctl_net_wants *w,
		  const struct ctl_net_view *v)
{
	static const uint8_t families[] = {AF_INET, AF_INET6};
	struct ctl_net_maker m = {.plan = p, .wants = w, .view = v};

	*p = (struct ctl_net_plan){0};
	if (v->is_cut) {
		tell_cut(&m);
		ctl_net_forwarding(&m);
		return;
	}
	ctl_net_sides(&m);
	ctl_net_forwarding(&m);
	for (size_t i = 0; i < 2; i++)
		ctl_net_default(&m, families[i]);
	ctl_net_inward(&m);
	for (size_t i = 0; i < 2; i++) {
		ctl_net_source(&m, CTL_OUTSIDE, families[i]);
		ctl_net_source(&m, CTL_INSIDE, families[i]);
	}
	ctl_net_filter(&m);
	tell_left_out(p);
}
