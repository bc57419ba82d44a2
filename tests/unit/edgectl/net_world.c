/* Rules stand in the order of their priorities, as the kernel gives them. */
#include "tests/unit/edgectl/net_world.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char hosts[] = "10.20.30.31 dir01.corp.contoso.com\n"
			    "10.20.30.31 dirpool01.corp.contoso.com\n"
			    "10.20.30.32 dir02.corp.contoso.com\n"
			    "10.20.30.21 fe01.corp.contoso.com\n"
			    "10.20.40.22 fe02.corp.contoso.com\n"
			    "172.16.20.22 edge02.corp.contoso.com\n"
			    "172.16.20.21 edge01.corp.contoso.com\n";

struct edge_addr net_at(const char *text)
{
	struct edge_addr at;

	ck_assert(!edge_addr_parse(&at, edge_slice_str(text), 0));
	return at;
}

void net_addr(struct net_world *w, const char *at, unsigned bits, int link)
{
	w->view.addr[w->view.addrs++] =
		(struct ctl_net_addr){net_at(at), bits, link};
}

struct ctl_net_route *net_route(struct net_world *w, uint32_t table,
				const char *net, const char *via, int link)
{
	struct ctl_net_route *r = &w->view.route[w->view.routes++];
	char text[64];
	char *slash;

	*r = (struct ctl_net_route){
		.family = AF_INET,
		.is_unicast = true,
		.table = table,
		.link = link,
	};
	if (via)
		r->via = net_at(via);
	(void)snprintf(text, sizeof(text), "%s", net);
	slash = strchr(text, '/');
	if (slash) {
		*slash = '\0';
		r->bits = (unsigned)strtoul(slash + 1, NULL, 10);
		r->net = net_at(text);
	}
	r->family = strchr(net, ':') || (via && strchr(via, ':')) ? AF_INET6
								  : AF_INET;
	return r;
}

void net_rule(struct net_world *w, const char *from, uint32_t priority,
	      uint32_t table)
{
	struct ctl_net_view *v = &w->view;
	size_t at = 0;

	while (at < v->rules && v->rule[at].priority <= priority)
		at++;
	memmove(&v->rule[at + 1], &v->rule[at],
		(v->rules - at) * sizeof(*v->rule));
	v->rules++;
	v->rule[at] = (struct ctl_net_rule){.family = AF_INET,
					    .is_plain = true,
					    .priority = priority,
					    .table = table};
	if (from) {
		v->rule[at].from = net_at(from);
		v->rule[at].bits = 32;
	}
}

static bool is_net(const struct ctl_net_route *r, const char *net)
{
	char text[EDGE_ADDR_STRLEN], full[EDGE_ADDR_STRLEN + 8];

	edge_addr_print_ip(&r->net, false, text);
	(void)snprintf(full, sizeof(full), "%s/%u", text, r->bits);
	return !strcmp(r->bits ? full : "default", net);
}

unsigned net_forget(struct net_world *w, uint32_t table, const char *net)
{
	struct ctl_net_view *v = &w->view;
	size_t kept = 0, before = v->routes;

	for (size_t i = 0; i < before; i++)
		if (v->route[i].table != table || !is_net(&v->route[i], net))
			v->route[kept++] = v->route[i];
	v->routes = kept;
	return (unsigned)(before - kept);
}

void net_world_init(struct net_world *w)
{
	static const struct ctl_net_link links[] = {
		{1, "lo", true, true, 0, 0, 0},
		{NET_EXT, "ext", true, false, 0, 0, 0},
		{NET_INT, "int", true, false, 0, 0, 0},
	};

	memset(w, 0, sizeof(*w));
	topo_doc_load(&w->doc, "02-edge-pool-director.xml");
	topo_doc_hosts(&w->doc, hosts);
	w->wants.topo = topo_doc_topo(&w->doc, "edge01.corp.contoso.com");
	memcpy(w->view.link, links, sizeof(links));
	w->view.links = 3;
	w->view.forward6 = -1;
	net_addr(w, "192.0.2.21", 24, NET_EXT);
	net_addr(w, "192.0.2.31", 24, NET_EXT);
	net_addr(w, "192.0.2.41", 24, NET_EXT);
	net_addr(w, "172.16.20.21", 24, NET_INT);
	net_route(w, CTL_NET_MAIN, "192.0.2.0/24", NULL, NET_EXT);
	net_route(w, CTL_NET_MAIN, "172.16.20.0/24", NULL, NET_INT);
	net_rule(w, NULL, 0, 255);
	net_rule(w, NULL, 32766, CTL_NET_MAIN);
	net_rule(w, NULL, 32767, 253);
}

void net_world_complete(struct net_world *w)
{
	static const char *const out[] = {"192.0.2.21", "192.0.2.31",
					  "192.0.2.41"};
	uint32_t inside = CTL_NET_TABLE_INSIDE;

	net_route(w, CTL_NET_MAIN, "default", "192.0.2.1", NET_EXT);
	net_route(w, CTL_NET_MAIN, "10.20.30.0/24", "172.16.20.1", NET_INT);
	net_route(w, CTL_NET_MAIN, "10.20.40.0/24", "172.16.20.1", NET_INT);
	net_route(w, CTL_NET_TABLE_OUTSIDE, "192.0.2.0/24", NULL, NET_EXT);
	net_route(w, CTL_NET_TABLE_OUTSIDE, "default", "192.0.2.1", NET_EXT);
	net_route(w, inside, "172.16.20.0/24", NULL, NET_INT);
	net_route(w, inside, "10.20.30.0/24", "172.16.20.1", NET_INT);
	net_route(w, inside, "10.20.40.0/24", "172.16.20.1", NET_INT);
	net_route(w, inside, "default", NULL, 0)->is_unicast = false;
	for (size_t i = 0; i < 3; i++)
		net_rule(w, out[i], 5201, CTL_NET_TABLE_OUTSIDE);
	net_rule(w, "172.16.20.21", 5201, inside);
	w->view.link[1].rp_filter = w->view.link[2].rp_filter = 1;
}

void net_world_fini(struct net_world *w)
{
	topo_doc_fini(&w->doc);
}

const char *net_ids(struct net_world *w)
{
	static char ids[512];
	size_t len = 0;

	ctl_net_plan(&w->plan, &w->wants, &w->view);
	ids[0] = '\0';
	for (size_t i = 0; i < w->plan.findings; i++)
		len += (size_t)snprintf(ids + len, sizeof(ids) - len, "%s%s",
					i ? " " : "", w->plan.finding[i].id);
	return ids;
}

const char *net_todo(struct net_world *w)
{
	static char lines[32768];
	size_t len = 0;

	ctl_net_plan(&w->plan, &w->wants, &w->view);
	lines[0] = '\0';
	for (size_t i = 0; i < w->plan.steps; i++)
		if (w->plan.step[i].finding >= 0)
			len += (size_t)snprintf(
				lines + len, sizeof(lines) - len, "%s%s\n",
				w->plan.step[i].is_by_people ? "by hand: " : "",
				w->plan.step[i].line);
	return lines;
}
