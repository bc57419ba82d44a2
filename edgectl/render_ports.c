/* topology render ports: the table for those who run the firewalls. */
#include <string.h>

#include "common/config.h"
#include "edgectl/ports.h"
#include "edgectl/render.h"

enum { FAR_TEXT = 512, OWN_TEXT = 256 };

struct cells {
	const char *id, *way;
	char port[32], from[FAR_TEXT], to[FAR_TEXT];
	const char *purpose, *blocked;
};

static void add(char *list, size_t cap, const char *word)
{
	size_t len = strlen(list);

	if (len + strlen(word) + 3 < cap)
		(void)snprintf(list + len, cap - len, "%s%s", len ? ", " : "",
			       word);
}

static void print_net(char out[EDGE_ADDR_STRLEN], const struct ctl_peer_net *n)
{
	size_t len;

	edge_addr_print_ip(&n->net, false, out);
	len = strlen(out);
	if (n->bits < (n->net.family == AF_INET ? 32 : 128))
		(void)snprintf(out + len, EDGE_ADDR_STRLEN - len, "/%u",
			       n->bits);
}

static void print_far(char out[FAR_TEXT], const struct ctl_render *r,
		      const struct ctl_port *p)
{
	char text[EDGE_ADDR_STRLEN];
	struct ctl_peers all;

	*out = '\0';
	ctl_peers_of(&all, p->peers, r->topo, r->c->config);
	for (size_t i = 0; i < all.count; i++) {
		if (all.v[i].net.family != p->own.family)
			continue;
		print_net(text, &all.v[i]);
		add(out, FAR_TEXT, text);
	}
	if (!*out)
		add(out, FAR_TEXT, "any");
}

/* What the Internet sees of it, when that is another address. */
static const char *public_of(const struct ctl_render *r,
			     const struct ctl_port *p,
			     char out[EDGE_ADDR_STRLEN])
{
	const struct topo *t = r->topo;
	const struct edge_addr *av =
		p->own.family == AF_INET6 ? &t->av_public6 : &t->av_public;

	switch (p->kind) {
	case TOPO_PORT_ACCESS_CLIENT:
	case TOPO_PORT_ACCESS_FEDERATION:
	case TOPO_PORT_XMPP_OUTSIDE:
		return r->c->config->public_at.access;
	case TOPO_PORT_WEBCONF_CLIENT:
		return r->c->config->public_at.webconf;
	case TOPO_PORT_AV_OUTSIDE_TCP:
	case TOPO_PORT_AV_OUTSIDE_UDP:
	case TOPO_PORT_AV_RANGE:
		if (r->c->config->public_at.av)
			return r->c->config->public_at.av;
		edge_addr_print_ip(av, false, out);
		return av->family && !edge_addr_same_ip(av, &p->own) ? out
								     : NULL;
	case TOPO_PORT_ACCESS_INSIDE:
	case TOPO_PORT_WEBCONF_INSIDE:
	case TOPO_PORT_AVAUTH:
	case TOPO_PORT_AV_INSIDE_TCP:
	case TOPO_PORT_AV_INSIDE_UDP:
	case TOPO_PORT_XMPP_INSIDE:
	case TOPO_PORT_REPLICA:
	case TOPO_PORT_KINDS:
		break;
	}
	return NULL;
}

static void print_own(char out[FAR_TEXT], const struct ctl_render *r,
		      const struct ctl_port *p)
{
	char text[EDGE_ADDR_STRLEN], seen[EDGE_ADDR_STRLEN];
	const char *public = public_of(r, p, seen);

	edge_addr_print_ip(&p->own, false, text);
	(void)snprintf(out, FAR_TEXT, "%s%s%s%s", text,
		       public ? " (public " : "", public ? public : "",
		       public ? ")" : "");
}

static void fill(struct cells *x, const struct ctl_render *r,
		 const struct ctl_port *p)
{
	char port[16];

	ctl_port_print(port, p);
	x->id = p->id;
	x->way = p->is_in ? "in" : "out";
	(void)snprintf(x->port, sizeof(x->port), "%s %s%s",
		       ctl_port_protocol(p),
		       p->is_in == p->is_own ? "" : "from ", port);
	print_own(p->is_in ? x->to : x->from, r, p);
	print_far(p->is_in ? x->from : x->to, r, p);
	x->purpose = p->purpose;
	x->blocked = p->blocked;
}

/* RFC 4180; no cell of ours holds a quote. */
static void put_csv(FILE *out, const char *side, const struct cells *x)
{
	fprintf(out, "%s,%s,%s,%s,\"%s\",\"%s\",\"%s\",\"%s\"\r\n", side, x->id,
		x->way, x->port, x->from, x->to, x->purpose, x->blocked);
}

static void put_markdown(FILE *out, const struct cells *x)
{
	fprintf(out, "| %s | %s | %s | %s | %s | %s | %s |\n", x->id, x->way,
		x->port, x->from, x->to, x->purpose, x->blocked);
}

static void put_side(struct ctl_render *r, const struct ctl_ports *all,
		     enum ctl_net_side side)
{
	static const char *const names[] = {"outside", "inside"};
	struct cells x;

	if (!r->is_csv)
		fprintf(r->out,
			"## Device %s\n\n"
			"| # | way | port | from | to | purpose | when blocked "
			"|\n|---|---|---|---|---|---|---|\n",
			names[side]);
	for (size_t i = 0; i < all->count; i++) {
		if (all->v[i].side != side)
			continue;
		fill(&x, r, &all->v[i]);
		if (r->is_csv)
			put_csv(r->out, names[side], &x);
		else
			put_markdown(r->out, &x);
	}
}

void ctl_render_ports(struct ctl_render *r)
{
	struct ctl_ports all;

	ctl_ports_of(&all, r->topo, r->c->config);
	if (r->is_csv)
		fputs("side,row,way,port,from,to,purpose,when blocked\r\n",
		      r->out);
	else
		fprintf(r->out,
			"# Ports of %s\n\nNew connections only; answers pass "
			"with them. \"from\" before a port: it is the sender's."
			"\nNothing else is open, in or out.\n\n",
			r->topo->self);
	put_side(r, &all, CTL_OUTSIDE);
	if (!r->is_csv)
		fputs("\n", r->out);
	put_side(r, &all, CTL_INSIDE);
}
