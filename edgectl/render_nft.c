/* topology render nftables: one table, loaded whole or not at all; TO 6.5. */
#include <string.h>

#include "edgectl/ports.h"
#include "edgectl/render.h"

enum { COMMENT = 120 /* nft takes 128 bytes */ };

struct nft {
	const struct ctl_render *r;
	FILE *out;
	struct ctl_ports ports;
	bool has_six;
};

/* The define that stands for an address of ours. */
struct name {
	const char *text;
	struct edge_addr at;
};

enum { NAMES = 7 };

static void names_of(struct name v[NAMES], const struct topo *t)
{
	const struct topo_listen *l = t->listen;
	bool is_single = edge_addr_same_ip(&l[TOPO_PORT_ACCESS_CLIENT].addr,
					   &l[TOPO_PORT_WEBCONF_CLIENT].addr) &&
			 edge_addr_same_ip(&l[TOPO_PORT_ACCESS_CLIENT].addr,
					   &l[TOPO_PORT_AV_OUTSIDE_UDP].addr);
	const struct name all[NAMES] = {
		{is_single ? "ext_ip" : "access_ip",
		 l[TOPO_PORT_ACCESS_CLIENT].addr},
		{"webconf_ip", l[TOPO_PORT_WEBCONF_CLIENT].addr},
		{"av_ip", l[TOPO_PORT_AV_OUTSIDE_UDP].addr},
		{"webconf_ip6", t->webconf_own6},
		{"av_ip6", t->av_own6},
		{"int_ip", t->internal},
		{"int_ip6", t->internal6},
	};

	for (size_t i = 0; i < NAMES; i++) {
		v[i] = all[i];
		v[i].at.port = 0;
	}
}

/* "$av_ip", or the address where no define has it. */
static void print_own(const struct nft *n, char out[EDGE_ADDR_STRLEN],
		      const struct edge_addr *at)
{
	struct name v[NAMES];

	names_of(v, n->r->topo);
	for (size_t i = 0; i < NAMES; i++) {
		if (!edge_addr_same_ip(&v[i].at, at))
			continue;
		(void)snprintf(out, EDGE_ADDR_STRLEN, "$%s", v[i].text);
		return;
	}
	edge_addr_print_ip(at, false, out);
}

static void put_defines(struct nft *n)
{
	char text[EDGE_ADDR_STRLEN];
	struct name v[NAMES];

	fprintf(n->out, "define ext_if = \"%s\"\ndefine int_if = \"%s\"\n",
		n->r->device[CTL_OUTSIDE], n->r->device[CTL_INSIDE]);
	names_of(v, n->r->topo);
	for (size_t i = 0; i < NAMES; i++) {
		bool is_first = v[i].at.family != 0;

		for (size_t k = 0; k < i; k++)
			is_first &= !edge_addr_same_ip(&v[i].at, &v[k].at);
		edge_addr_print_ip(&v[i].at, false, text);
		if (is_first)
			fprintf(n->out, "define %s = %s\n", v[i].text, text);
	}
}

static const char *const comments[CTL_PEER_SETS] = {
	"the pool that the edge sends to",
	"other servers that speak SIP with the edge",
	"servers of web conferencing",
	"XMPP gateways",
	"servers and clients with media",
	"name servers outside",
	"time servers outside",
	"other members of the pool, media",
};

static size_t count_of(const struct ctl_peers *p, uint8_t family)
{
	size_t count = 0;

	for (size_t i = 0; i < p->count; i++)
		count += p->v[i].net.family == family;
	return count;
}

static void put_set(struct nft *n, enum ctl_peer set, uint8_t family)
{
	struct ctl_peers p;
	char text[EDGE_ADDR_STRLEN];
	const char *sep = "";
	size_t at = 0;

	ctl_peers_of(&p, set, n->r->topo, n->r->c->config);
	if (!count_of(&p, family))
		return;
	while (set != 1u << at)
		at++;
	fprintf(n->out,
		"\tset %s%s {\n\t\ttype %s; flags interval\n"
		"\t\tcomment \"%s\"\n\t\telements = { ",
		ctl_peer_name(set), family == AF_INET6 ? "6" : "",
		family == AF_INET6 ? "ipv6_addr" : "ipv4_addr", comments[at]);
	for (size_t i = 0; i < p.count; i++) {
		if (p.v[i].net.family != family)
			continue;
		edge_addr_print_ip(&p.v[i].net, false, text);
		fprintf(n->out, "%s%s", sep, text);
		if (p.v[i].bits < (family == AF_INET ? 32 : 128))
			fprintf(n->out, "/%u", p.v[i].bits);
		sep = ", ";
	}
	fputs(" }\n\t}\n", n->out);
}

/* Only sets that a row names; else nft warns of nothing, but people wonder. */
static void put_sets(struct nft *n)
{
	unsigned used = 0;

	for (size_t i = 0; i < n->ports.count; i++)
		used |= n->ports.v[i].peers;
	for (size_t i = 0; i < CTL_PEER_SETS; i++) {
		if (!(used & 1u << i))
			continue;
		put_set(n, (enum ctl_peer)(1u << i), AF_INET);
		if (n->has_six)
			put_set(n, (enum ctl_peer)(1u << i), AF_INET6);
	}
}

static void put_rule(struct nft *n, const struct ctl_port *p, const char *proto,
		     const char *set)
{
	const char *ip = p->own.family == AF_INET6 ? "ip6" : "ip";
	char own[EDGE_ADDR_STRLEN], port[16];

	print_own(n, own, &p->own);
	ctl_port_print(port, p);
	fprintf(n->out, "\t\t%s %s %s", ip, p->is_in ? "daddr" : "saddr", own);
	if (set)
		fprintf(n->out, " %s %s @%s%s", ip,
			p->is_in ? "saddr" : "daddr", set,
			p->own.family == AF_INET6 ? "6" : "");
	fprintf(n->out, " %s %s %s accept comment \"%s: %.*s\"\n", proto,
		p->is_in == p->is_own ? "dport" : "sport", port, p->id,
		(int)(COMMENT - strlen(p->id)), p->purpose);
}

static void put_protocols(struct nft *n, const struct ctl_port *p,
			  const char *set)
{
	if (p->is_tcp)
		put_rule(n, p, "tcp", set);
	if (p->is_udp)
		put_rule(n, p, "udp", set);
}

static void put_row(struct nft *n, const struct ctl_port *p)
{
	bool is_any = p->peers & CTL_PEER_ANY;
	struct ctl_peers found;

	for (size_t i = 0; i < CTL_PEER_SETS && !is_any; i++) {
		enum ctl_peer set = (enum ctl_peer)(1u << i);

		if (!(p->peers & set))
			continue;
		ctl_peers_of(&found, set, n->r->topo, n->r->c->config);
		if (count_of(&found, p->own.family))
			put_protocols(n, p, ctl_peer_name(set));
		/* nobody has named one: what is needed may still be asked */
		is_any = !found.count &&
			 (set == CTL_PEER_NTP || set == CTL_PEER_DNS);
	}
	if (is_any)
		put_protocols(n, p, NULL);
}

static void put_rows(struct nft *n, enum ctl_net_side side, bool is_in)
{
	for (size_t i = 0; i < n->ports.count; i++) {
		const struct ctl_port *p = &n->ports.v[i];

		if (p->side == side && p->is_in == is_in)
			put_row(n, p);
	}
}

/* The end of a chain: what comes here is told, not too often, and dropped. */
static void put_end(struct nft *n, const char *name)
{
	fprintf(n->out,
		"\t\tlimit rate 10/second log prefix \"lync-edge %s drop \"\n"
		"\t\tdrop\n\t}\n",
		name);
}

/* What IPv6 lives by on a link: neighbours and groups (RFC 4890 4.4). Of
 * routers only those outside are heard, for a default route inside is wrong. */
static void put_link_in(struct nft *n, bool is_out)
{
	fprintf(n->out,
		"\t\ticmpv6 type { %snd-neighbor-solicit, nd-neighbor-advert } "
		"ip6 hoplimit 255 accept\n"
		"\t\ticmpv6 type mld-listener-query ip6 saddr fe80::/10 "
		"accept\n",
		is_out ? "nd-router-advert, " : "");
}

static void put_link_out(struct nft *n, bool is_out)
{
	fprintf(n->out,
		"\t\ticmpv6 type { %snd-neighbor-solicit, nd-neighbor-advert } "
		"ip6 hoplimit 255 accept\n"
		"\t\ticmpv6 type { mld-listener-report, mld-listener-done, "
		"mld2-listener-report } ip6 hoplimit 1 accept\n",
		is_out ? "nd-router-solicit, " : "");
}

static void put_side_in(struct nft *n, enum ctl_net_side side)
{
	bool is_out = side == CTL_OUTSIDE;

	fprintf(n->out, "\tchain %s_in {\n", is_out ? "ext" : "int");
	fprintf(n->out,
		"\t\ticmp type { %sdestination-unreachable, time-exceeded, "
		"parameter-problem } accept\n",
		is_out ? "" : "echo-request, ");
	put_link_in(n, is_out);
	if (n->has_six)
		fprintf(n->out,
			"\t\ticmpv6 type { %sdestination-unreachable, "
			"packet-too-big, time-exceeded, parameter-problem } "
			"accept\n",
			is_out ? "" : "echo-request, ");
	put_rows(n, side, true);
	put_end(n, is_out ? "ext-in" : "int-in");
}

static void put_side_out(struct nft *n, enum ctl_net_side side)
{
	bool is_out = side == CTL_OUTSIDE;

	fprintf(n->out, "\tchain %s_out {\n", is_out ? "ext" : "int");
	put_link_out(n, is_out);
	put_rows(n, side, false);
	put_end(n, is_out ? "ext-out" : "int-out");
}

static void put_head(struct nft *n)
{
	const struct topo *t = n->r->topo;

	fprintf(n->out,
		"#!/usr/sbin/nft -f\n"
		"# Made by `edgectl topology render nftables` for %s, from "
		"topology %s.\n"
		"# Loading it again replaces this table alone. Own rules go "
		"into\n"
		"# " CTL_NFT_OPERATOR "/in-*.nft and out-*.nft: lines as they "
		"stand in a chain.\n",
		t->self, t->signature ? t->signature : "-");
}

static void put_manage(struct nft *n)
{
	const char *list = n->r->manage;
	char text[EDGE_ADDR_STRLEN];
	struct edge_addr net;
	uint16_t port;
	unsigned bits;

	fputs("\tchain manage_in {\n", n->out);
	while (edge_config_next_manage(&list, &port, &net, &bits)) {
		edge_addr_print_ip(&net, false, text);
		fprintf(n->out,
			"\t\t%s saddr %s/%u tcp dport %u accept comment "
			"\"who manages this host\"\n",
			net.family == AF_INET6 ? "ip6" : "ip", text, bits,
			port);
	}
	fputs("\t}\n", n->out);
}

static void put_hook(struct nft *n, const char *name, const char *way)
{
	bool is_in = !strcmp(way, "in");

	fprintf(n->out,
		"\tchain operator_%s {\n"
		"\t\tinclude \"" CTL_NFT_OPERATOR "/%s-*.nft\"\n\t}\n"
		"\tchain %s {\n"
		"\t\ttype filter hook %s priority filter; policy drop;\n"
		"\t\t%s \"lo\" accept\n"
		"\t\tct state established,related accept\n",
		way, way, name, name, is_in ? "iif" : "oif");
	if (is_in)
		fputs("\t\tct state invalid drop\n\t\tjump manage_in\n",
		      n->out);
	fprintf(n->out,
		"\t\tjump operator_%s\n"
		"\t\t%sname $ext_if goto ext_%s\n"
		"\t\t%sname $int_if goto int_%s\n\t}\n",
		way, is_in ? "iif" : "oif", way, is_in ? "iif" : "oif", way);
}

void ctl_render_nft(struct ctl_render *r)
{
	struct nft n = {.r = r, .out = r->out};
	const struct topo *t = r->topo;

	ctl_ports_of(&n.ports, t, r->c->config);
	n.has_six = t->webconf_own6.family || t->av_own6.family ||
		    t->internal6.family;
	put_head(&n);
	put_defines(&n);
	fputs("\ntable inet lync_edge\ndelete table inet lync_edge\n"
	      "table inet lync_edge {\n",
	      n.out);
	put_sets(&n);
	put_side_in(&n, CTL_OUTSIDE);
	put_side_in(&n, CTL_INSIDE);
	put_manage(&n);
	put_hook(&n, "input", "in");
	fputs("\tchain forward {\n"
	      "\t\ttype filter hook forward priority filter; policy drop;\n"
	      "\t}\n",
	      n.out);
	put_side_out(&n, CTL_OUTSIDE);
	put_side_out(&n, CTL_INSIDE);
	put_hook(&n, "output", "out");
	fputs("}\n", n.out);
}
