/* The rows of port.def that a topology makes true. */
#include "edgectl/ports.h"

#include <stdio.h>
#include <string.h>

#include "common/config.h"

enum { OWN = 0, HOP = 1 };
enum { IN, OUT };
enum { TCP = 1, UDP = 2, BOTH = 3 };
enum {
	ANY = CTL_PEER_ANY,
	DNS = CTL_PEER_DNS,
	NTP = CTL_PEER_NTP,
	SIP = CTL_PEER_NEXT_HOP | CTL_PEER_FRONT_ENDS,
	CONF = CTL_PEER_CONF,
	XMPP = CTL_PEER_XMPP,
	MEDIA = CTL_PEER_CLIENTS | SIP,
};

static const struct row {
	const char *id;
	enum ctl_net_side side;
	int way, protocols;
	enum topo_port_kind kind;
	uint16_t port;
	unsigned count, peers;
	const char *purpose, *blocked;
} rows[] = {
#define CTL_PORT(id, side, way, protocols, kind, port, count, peers, purpose, \
		 blocked)                                                     \
	{id,   CTL_##side, way,	  protocols, TOPO_PORT_##kind,                \
	 port, count,	   peers, purpose,   blocked},
#include "edgectl/port.def"
#undef CTL_PORT
};

static bool is_same(const struct ctl_port *a, const struct ctl_port *b)
{
	return a->side == b->side && a->is_in == b->is_in &&
	       a->is_tcp == b->is_tcp && a->is_udp == b->is_udp &&
	       edge_addr_same_ip(&a->own, &b->own) && a->first == b->first &&
	       a->count == b->count && a->is_own == b->is_own &&
	       a->peers == b->peers;
}

static void join(char *dst, size_t cap, const char *separator, const char *more)
{
	size_t len = strlen(dst);

	if (len + strlen(separator) + strlen(more) < cap)
		(void)snprintf(dst + len, cap - len, "%s%s", separator, more);
}

static void add(struct ctl_ports *p, const struct ctl_port *one)
{
	for (size_t i = 0; i < p->count; i++) {
		struct ctl_port *o = &p->v[i];

		if (!is_same(o, one))
			continue;
		join(o->id, sizeof(o->id), " ", one->id);
		join(o->purpose, sizeof(o->purpose), "; ", one->purpose);
		join(o->blocked, sizeof(o->blocked), "; ", one->blocked);
		return;
	}
	if (p->count < CTL_PORTS)
		p->v[p->count++] = *one;
}

static void fill(struct ctl_port *one, const struct row *r,
		 const struct topo *t)
{
	const struct topo_listen *l = &t->listen[r->kind];

	*one = (struct ctl_port){
		.side = r->side,
		.is_in = r->way == IN,
		.is_tcp = r->protocols & TCP,
		.is_udp = r->protocols & UDP,
		.own = l->addr,
		.first = r->port,
		.count = r->count,
		.is_own = r->port == OWN,
		.peers = r->peers,
		.kind = r->kind,
	};
	one->own.port = 0;
	if (r->port == HOP) {
		one->first = topo_next_hop(t)->port;
	} else if (one->is_own) {
		one->first = l->addr.port;
		one->count = l->count;
	}
	join(one->id, sizeof(one->id), "", r->id);
	join(one->purpose, sizeof(one->purpose), "", r->purpose);
	join(one->blocked, sizeof(one->blocked), "", r->blocked);
}

static struct edge_addr twin_of(const struct topo *t, enum topo_port_kind kind)
{
	return kind == TOPO_PORT_WEBCONF_CLIENT ? topo_webconf_twin(t)
						: topo_av_twin(t, kind);
}

void ctl_ports_of(struct ctl_ports *p, const struct topo *t,
		  const struct edge_config *c)
{
	p->count = 0;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const struct row *r = &rows[i];
		struct edge_addr twin = twin_of(t, r->kind);
		struct ctl_port one;

		if (!t->listen[r->kind].present ||
		    !t->listen[r->kind].addr.family)
			continue;
		fill(&one, r, t);
		if (r->kind == TOPO_PORT_AV_RANGE && one.is_in &&
		    !c->network.media_range)
			one.peers = CTL_PEER_EDGES;
		add(p, &one);
		if (!twin.family)
			continue;
		one.own = twin;
		one.own.port = 0;
		add(p, &one);
	}
}

const char *ctl_peer_name(enum ctl_peer set)
{
	static const char *const names[] = {
		"next_hop",	 "front_ends",	"conf_servers",
		"xmpp_gateways", "int_clients", "dns_servers",
		"ntp_servers",	 "edge_peers",	"any",
	};
	size_t i = 0;

	while (i < CTL_PEER_SETS && set != 1u << i)
		i++;
	return names[i];
}

const char *ctl_port_protocol(const struct ctl_port *p)
{
	return p->is_tcp && p->is_udp ? "tcp+udp" : p->is_tcp ? "tcp" : "udp";
}

void ctl_port_print(char out[16], const struct ctl_port *p)
{
	if (p->count > 1)
		(void)snprintf(out, 16, "%u-%u", p->first,
			       (p->first + p->count - 1) & 0xffff);
	else
		(void)snprintf(out, 16, "%u", p->first);
}
