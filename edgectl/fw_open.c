/* What the packet filter lets in, or through, that no row wants. */
#include <stdio.h>
#include <string.h>

#include "edgectl/fw_parts.h"
#include "edgectl/net_view.h"

enum { THEIR_PORT = 40077, CLOSED_LOW = 9, CLOSED_HIGH = 65535 };
enum { PORT_TEXT = 160 };

static const char *const sides[] = {"outside", "inside"};

struct probe {
	enum ctl_net_side side; /* that the packet comes from */
	struct edge_addr to;
	bool is_tcp;
};

/* The row that wants it let in, from whatever side; NULL: none. */
static const struct ctl_port *row_of(const struct ctl_fw_maker *m,
				     const struct probe *x)
{
	for (size_t i = 0; i < m->rows.count; i++) {
		const struct ctl_port *p = &m->rows.v[i];

		if (p->is_in && (x->is_tcp ? p->is_tcp : p->is_udp) &&
		    edge_addr_same_ip(&p->own, &x->to) &&
		    x->to.port >= p->first && x->to.port < p->first + p->count)
			return p;
	}
	return NULL;
}

/* What the Internet may reach, the inside may; and who manages the host. */
static bool is_wanted(const struct ctl_fw_maker *m, const struct probe *x)
{
	const struct edge_addr from = ctl_fw_stranger(x->side, x->to.family);
	const struct ctl_port *p = row_of(m, x);

	return (p && (p->side == x->side || p->side == CTL_OUTSIDE)) ||
	       (x->is_tcp && ctl_fw_is_managed(m->view, &from, x->to.port));
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

/* By his own rules, or by [network] manage. */
static bool is_of_operator(const struct ctl_nft_place *at)
{
	return ctl_fw_is_ours(at) && (!strcmp(at->chain, "operator_in") ||
				      !strcmp(at->chain, "manage_in"));
}

static bool is_of_row(const struct ctl_fw_maker *m, const struct edge_addr *at)
{
	for (size_t i = 0; i < m->owns.of_rows; i++)
		if (edge_addr_same_ip(&m->owns.v[i], at))
			return true;
	return false;
}

/* An address that no row names is told. */
static void print_port(char out[PORT_TEXT], const struct ctl_fw_maker *m,
		       const struct probe *x, const struct ctl_socket *s)
{
	bool is_other = !is_of_row(m, &x->to);
	char own[EDGE_ADDR_STRLEN];

	edge_addr_print_ip(&x->to, false, own);
	(void)snprintf(out, PORT_TEXT, "%s %u%s%s%s%s%s",
		       x->is_tcp ? "tcp" : "udp", x->to.port,
		       is_other ? " to " : "", is_other ? own : "",
		       s ? " (listening: " : "",
		       s ? *s->who ? s->who : "somebody" : "", s ? ")" : "");
}

/* A rule that a row lives by, from its own side, stays; and one by which the
 * host is managed, which ours narrows. */
static void cure(const struct ctl_fw_maker *m, struct ctl_cure *k,
		 const struct ctl_nft_place *at, bool has_row)
{
	if (k->count)
		return;
	if (at->handle && !at->is_catch_all && !ctl_fw_is_ours(at) &&
	    !has_row && !ctl_fw_lets_manage(m, at))
		ctl_cure_add(k, CTL_ON_EDGE,
			     "nft delete rule %s %s %s handle %lld", at->family,
			     at->table, at->chain, at->handle);
	else
		ctl_fw_cure_ours(m, k);
}

static struct ctl_fw_kind kind_of(const struct probe *x, bool is_sure,
				  bool is_wide)
{
	const struct ctl_fw_kind unclear = {
		"FW-005", "cannot be judged; perhaps lets in", TOPO_WARN};

	if (!is_sure)
		return unclear;
	return (struct ctl_fw_kind){
		"FW-002", "lets in",
		x->side == CTL_OUTSIDE || is_wide ? TOPO_WARN : TOPO_INFO};
}

static void tell(struct ctl_fw_maker *m, const struct probe *x,
		 const struct ctl_nft_place *at, bool is_sure)
{
	bool is_wide = !at->handle || at->is_catch_all;
	const struct ctl_fw_kind k = kind_of(x, is_sure, is_wide);
	const struct ctl_socket *s = listener(m, &x->to, x->is_tcp);
	struct ctl_fw_finding *f = ctl_fw_find(m, &k, at);
	char port[PORT_TEXT];

	m->is_open = true;
	print_port(port, m, x, s);
	if (!f) {
		f = ctl_fw_found(m, &k, at);
		if (!f)
			return;
		(void)snprintf(f->saw, sizeof(f->saw),
			       "%.160s %s from the %s what no row of the "
			       "table of ports wants: %s",
			       at->text, k.verb, sides[x->side], port);
	}
	/* of a wide one a few say all */
	if (!is_wide || s)
		ctl_fw_join(f->saw, sizeof(f->saw), port);
	if (is_sure)
		cure(m, &f->cure, at, row_of(m, x));
}

static void try(struct ctl_fw_maker *m, struct probe *x, uint16_t port)
{
	static const struct ctl_nft_place nobody = {.family = "inet",
						    .table = "lync_edge",
						    .chain = "input",
						    .text = "no chain"};
	struct ctl_nft_packet p = {
		.hook = CTL_NFT_INPUT,
		.in = m->view->device[x->side],
		.is_tcp = x->is_tcp,
		.from = ctl_fw_stranger(x->side, x->to.family),
	};
	struct ctl_nft_verdict v;

	x->to.port = port;
	if (!port || is_wanted(m, x))
		return;
	p.from.port = THEIR_PORT;
	p.to = x->to;
	v = ctl_nft_judge(m->view->nft, &p);
	if (!v.passed.chain)
		v.passed = nobody;
	if (v.outcome != CTL_NFT_DROPPED && !is_of_operator(&v.passed))
		tell(m, x, &v.passed, v.outcome == CTL_NFT_PASSES);
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

/* More ports or addresses than are tried: what was found is not all. */
static void tell_rest(struct ctl_fw_maker *m)
{
	static const struct ctl_fw_kind rest = {"FW-005", "", TOPO_WARN};
	const struct ctl_nft_place at = {
		.family = "nft", .table = "list", .chain = "ruleset"};
	bool is_cut = m->owns.is_cut || (m->view->net && m->view->net->is_cut);
	struct ctl_fw_finding *f;

	if (m->port_total <= m->port_count && !is_cut)
		return;
	m->is_open = true;
	f = ctl_fw_found(m, &rest, &at);
	if (f)
		(void)snprintf(f->saw, sizeof(f->saw),
			       "not all was tried, but %zu of the %zu ports "
			       "that it speaks of, on %zu addresses%s: perhaps "
			       "it lets in what no row of the table of ports "
			       "wants",
			       m->port_count, m->port_total, m->owns.count,
			       is_cut ? " of many" : "");
}

void ctl_fw_open(struct ctl_fw_maker *m)
{
	for (int side = 0; side < CTL_SIDES; side++)
		for (size_t i = 0; i < m->owns.count; i++)
			try_address(m, (enum ctl_net_side)side, &m->owns.v[i]);
	tell_rest(m);
	if (!m->is_open)
		ctl_fw_good(m, "nothing else is let in");
}
