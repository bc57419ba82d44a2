/* Who is at the far end of a row: addresses of HOSTS, and what people name. */
#include <stdlib.h>
#include <string.h>

#include "common/config.h"
#include "common/dns_name.h"
#include "edgectl/ports.h"

enum { NET4_BITS = 24, NET6_BITS = 64 /* ours: what stands for a server */ };

static unsigned whole(const struct edge_addr *at)
{
	return at->family == AF_INET ? 32 : 128;
}

static void add(struct ctl_peers *p, const struct edge_addr *at, unsigned bits)
{
	struct ctl_peer_net n = {.net = *at, .bits = bits};

	n.net.port = 0;
	for (unsigned i = bits; at->family && i < whole(at); i++)
		n.net.ip[i / 8] &= (uint8_t) ~(0x80 >> i % 8);
	if (at->family && p->count < CTL_PEER_ADDRS)
		p->v[p->count++] = n;
}

static void add_host(struct ctl_peers *p, const struct topo *t,
		     const char *name, unsigned bits4)
{
	const struct topo_host *h = topo_find_host(t, edge_slice_str(name));

	for (size_t i = 0; h && i < h->addr_count; i++)
		add(p, &h->addrs[i],
		    bits4 == 32			    ? whole(&h->addrs[i])
		    : h->addrs[i].family == AF_INET ? bits4
						    : NET6_BITS);
}

static bool is_of_next_hop(const struct topo *t, const char *fqdn)
{
	const struct topo_cluster *c = topo_next_hop(t);

	if (!strcmp(c->fqdn, fqdn))
		return true;
	for (size_t i = 0; i < c->member_count; i++)
		if (!strcmp(c->members[i].fqdn, fqdn))
			return true;
	return false;
}

static void add_trusted(struct ctl_peers *p, const struct topo *t,
			unsigned listener, unsigned bits4)
{
	for (size_t i = 0; i < t->trusted_count; i++)
		if (t->trusted[i].listeners & listener)
			add_host(p, t, t->trusted[i].fqdn, bits4);
}

static void add_sip(struct ctl_peers *p, const struct topo *t, bool next_hop)
{
	for (size_t i = 0; i < t->trusted_count; i++)
		if ((t->trusted[i].listeners & TOPO_TRUST_SIP) &&
		    is_of_next_hop(t, t->trusted[i].fqdn) == next_hop)
			add_host(p, t, t->trusted[i].fqdn, 32);
}

static void add_list(struct ctl_peers *p, const char *list)
{
	struct edge_addr net;
	unsigned bits;

	while (edge_config_next_net(&list, &net, &bits))
		add(p, &net, bits);
}

/* By default the networks of the servers, and the one on the link. */
static void add_clients(struct ctl_peers *p, const struct topo *t,
			const char *list)
{
	if (list) {
		add_list(p, list);
		return;
	}
	add_trusted(p, t, TOPO_TRUST_SIP, NET4_BITS);
	add(p, &t->internal, NET4_BITS);
	add(p, &t->internal6, NET6_BITS);
}

static bool has(const struct ctl_peers *p, const struct edge_addr *at)
{
	for (size_t i = 0; i < p->count; i++)
		if (edge_addr_in_prefix(at, &p->v[i].net, p->v[i].bits))
			return true;
	return false;
}

/* Those outside: nothing is asked inside, and no door is made for it. */
static void add_servers(struct ctl_peers *p, const char *resolv,
			const struct ctl_peers *inside)
{
	char text[EDGE_DNS_SERVERS_LEN];
	struct edge_slice list, word;
	struct edge_addr at;

	if (edge_dns_servers_read(text, resolv, 0))
		return;
	list = edge_slice_str(text);
	while (edge_slice_len(list)) {
		if (!edge_take_until(&list, ',', &word)) {
			word = list;
			list.p = list.end;
		}
		if (!edge_addr_parse_port(&at, word) &&
		    edge_addr_classify(&at) != EDGE_ADDR_LOOPBACK &&
		    !has(inside, &at))
			add(p, &at, whole(&at));
	}
}

static int by_address(const void *x, const void *y)
{
	const struct ctl_peer_net *a = x, *b = y;
	int order = a->net.family - b->net.family;

	if (!order)
		order = memcmp(a->net.ip, b->net.ip, sizeof(a->net.ip));
	return order ? order : (int)a->bits - (int)b->bits;
}

/* Sorted; what another one holds is left out, for sets hold no overlaps. */
static void tidy(struct ctl_peers *p)
{
	size_t kept = 0;

	qsort(p->v, p->count, sizeof(*p->v), by_address);
	for (size_t i = 0; i < p->count; i++) {
		const struct ctl_peer_net *last = kept ? &p->v[kept - 1] : NULL;

		if (!last ||
		    !edge_addr_in_prefix(&p->v[i].net, &last->net, last->bits))
			p->v[kept++] = p->v[i];
	}
	p->count = kept;
}

void ctl_peers_of(struct ctl_peers *p, unsigned sets, const struct topo *t,
		  const struct edge_config *c)
{
	struct ctl_peers inside = {.count = 0};

	p->count = 0;
	if (sets & CTL_PEER_NEXT_HOP)
		add_sip(p, t, true);
	if (sets & CTL_PEER_FRONT_ENDS)
		add_sip(p, t, false);
	if (sets & CTL_PEER_CONF)
		add_trusted(p, t, TOPO_TRUST_WEBCONF, 32);
	if (sets & CTL_PEER_XMPP)
		add_trusted(p, t, TOPO_TRUST_XMPP, 32);
	if (sets & CTL_PEER_CLIENTS)
		add_clients(p, t, c->network.inside);
	if (sets & CTL_PEER_DNS) {
		add_clients(&inside, t, c->network.inside);
		add_servers(p, c->resolv, &inside);
	}
	if (sets & CTL_PEER_NTP)
		add_list(p, c->network.ntp);
	for (size_t i = 0; (sets & CTL_PEER_EDGES) && i < t->av_member_count;
	     i++)
		add(p, &t->av_members[i], whole(&t->av_members[i]));
	tidy(p);
}
