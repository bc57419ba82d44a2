/* What the packet filter lets in, or through, that no row wants. */
#include <stdio.h>
#include <string.h>

#include "edgectl/fw_parts.h"
#include "edgectl/stranger.h"

/* ours: a host inside that no rule knows */
static const struct edge_addr inside = {.family = AF_INET,
					.ip = {10, 255, 255, 77}};

enum { THEIR_PORT = 40077, CLOSED_LOW = 9, CLOSED_HIGH = 65535 };
enum { PORT_TEXT = 96 };

static const char *const sides[] = {"outside", "inside"};

static bool is_wanted(const struct ctl_fw_maker *m, enum ctl_net_side side,
		      const struct edge_addr *to, bool is_tcp)
{
	for (size_t i = 0; i < m->rows.count; i++) {
		const struct ctl_port *p = &m->rows.v[i];

		if (p->side == side && p->is_in &&
		    (is_tcp ? p->is_tcp : p->is_udp) &&
		    edge_addr_same_ip(&p->own, to) && to->port >= p->first &&
		    to->port < p->first + p->count)
			return true;
	}
	return false;
}

static const struct ctl_socket *
listener(const struct ctl_fw_maker *m, const struct edge_addr *to, bool is_tcp)
{
	const struct ctl_sockets *all = m->view->sockets;

	for (size_t i = 0; i < all->count; i++)
		if (ctl_socket_hears(&all->v[i], to, is_tcp))
			return &all->v[i];
	return NULL;
}

static bool is_of_operator(const struct ctl_nft_place *at)
{
	return ctl_fw_is_ours(at) && !strcmp(at->chain, "operator_in");
}

static void print_port(char out[PORT_TEXT], const struct edge_addr *to,
		       bool is_tcp, const struct ctl_socket *s)
{
	(void)snprintf(out, PORT_TEXT, "%s %u%s%s%s", is_tcp ? "tcp" : "udp",
		       to->port, s ? " (listening: " : "",
		       s ? *s->who ? s->who : "somebody" : "", s ? ")" : "");
}

static void cure(struct ctl_cure *k, const struct ctl_nft_place *at)
{
	if (at->handle && !at->is_catch_all && !ctl_fw_is_ours(at)) {
		if (!k->count)
			ctl_cure_add(k, CTL_ON_EDGE,
				     "nft delete rule %s %s %s handle %lld",
				     at->family, at->table, at->chain,
				     at->handle);
		return;
	}
	ctl_fw_cure_ours(k);
}

struct probe {
	enum ctl_net_side side;
	struct edge_addr to;
	bool is_tcp;
};

static void tell(struct ctl_fw_maker *m, const struct probe *x,
		 const struct ctl_nft_place *at)
{
	bool is_wide = !at->handle || at->is_catch_all;
	const struct ctl_socket *s = listener(m, &x->to, x->is_tcp);
	struct ctl_fw_finding *f;
	char port[PORT_TEXT];

	print_port(port, &x->to, x->is_tcp, s);
	if (is_of_operator(at))
		return;
	f = ctl_fw_find(m, "FW-002", at);
	if (!f) {
		f = ctl_fw_found(m, "FW-002",
				 x->side == CTL_OUTSIDE || is_wide ? TOPO_WARN
								   : TOPO_INFO,
				 at);
		if (!f)
			return;
		(void)snprintf(f->saw, sizeof(f->saw),
			       "%.160s lets in from the %s what no row of the "
			       "table of ports wants: %s",
			       at->text, sides[x->side], port);
	}
	/* of a wide one a few say all */
	if (!is_wide || s)
		ctl_fw_join(f->saw, sizeof(f->saw), port);
	cure(&f->cure, at);
}

static void try(struct ctl_fw_maker *m, struct probe *x, uint16_t port)
{
	const char *device = m->view->device[x->side];
	struct ctl_nft_packet p = {
		.hook = CTL_NFT_INPUT,
		.in = device,
		.is_tcp = x->is_tcp,
		.from = x->side == CTL_OUTSIDE ? ctl_stranger(AF_INET) : inside,
	};
	struct ctl_nft_verdict v;

	x->to.port = port;
	if (!port || is_wanted(m, x->side, &x->to, x->is_tcp))
		return;
	p.from.port = THEIR_PORT;
	p.to = x->to;
	v = ctl_nft_judge(m->view->nft, &p);
	if (v.outcome == CTL_NFT_PASSES && v.passed.chain)
		tell(m, x, &v.passed);
}

static void try_address(struct ctl_fw_maker *m, enum ctl_net_side side,
			const struct edge_addr *own)
{
	for (int tcp = 0; tcp < 2; tcp++) {
		struct probe x = {.side = side, .to = *own, .is_tcp = tcp};

		try(m, &x, CLOSED_LOW);
		try(m, &x, CLOSED_HIGH);
		for (size_t i = 0; i < m->port_count; i++)
			try(m, &x, m->ports[i]);
		for (size_t i = 0; i < m->view->sockets->count; i++)
			try(m, &x, m->view->sockets->v[i].at.port);
	}
}

static size_t count_open(const struct ctl_fw_maker *m)
{
	size_t count = 0;

	for (size_t i = 0; i < m->report->findings; i++)
		count += !strcmp(m->report->finding[i].id, "FW-002");
	return count;
}

void ctl_fw_open(struct ctl_fw_maker *m)
{
	for (size_t i = 0; i < m->rows.count; i++) {
		const struct ctl_port *p = &m->rows.v[i];
		bool is_first = p->is_in && p->own.family == AF_INET;

		for (size_t k = 0; k < i; k++)
			is_first &= !(
				m->rows.v[k].is_in &&
				edge_addr_same_ip(&m->rows.v[k].own, &p->own));
		if (is_first)
			try_address(m, p->side, &p->own);
	}
	if (!count_open(m))
		ctl_fw_good(m, "nothing else is let in");
}

/* A host that does not forward may do without; if one is there it must say
 * no. */
void ctl_fw_forward(struct ctl_fw_maker *m)
{
	struct ctl_nft_packet p = {
		.hook = CTL_NFT_FORWARD,
		.in = m->view->device[CTL_OUTSIDE],
		.out = m->view->device[CTL_INSIDE],
		.is_tcp = true,
		.from = ctl_stranger(AF_INET),
		.to = inside,
	};
	struct ctl_nft_verdict v;
	struct ctl_fw_finding *f;

	p.from.port = THEIR_PORT;
	p.to.port = CLOSED_LOW;
	v = ctl_nft_judge(m->view->nft, &p);
	if (v.outcome == CTL_NFT_DROPPED) {
		ctl_fw_good(m, "nothing passes from device to device");
		return;
	}
	if (!v.passed.chain)
		v.passed = (struct ctl_nft_place){.family = "inet",
						  .table = "lync_edge",
						  .chain = "forward",
						  .text = "no chain"};
	f = ctl_fw_found(m, "FW-004", TOPO_WARN, &v.passed);
	if (!f)
		return;
	(void)snprintf(f->saw, sizeof(f->saw),
		       "%.160s: packets from the outside to the inside are not "
		       "dropped by the filter",
		       v.passed.text);
	ctl_fw_cure_ours(&f->cure);
}
