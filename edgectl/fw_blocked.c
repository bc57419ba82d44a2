/* Rows of the table that the packet filter does not let pass. */
#include <stdio.h>
#include <string.h>

#include "common/config.h"
#include "edgectl/fw_parts.h"
#include "edgectl/stranger.h"

enum { THEIR_PORT = 40077, SYMPTOM = 120 };

struct trial {
	struct ctl_fw_maker *m;
	const struct ctl_port *row;
	bool is_tcp;
	struct edge_addr far;
	unsigned bits; /* of the network that far stands for */
	uint16_t port;
	bool is_answer; /* what comes back */
};

static struct ctl_nft_packet packet_of(const struct trial *t)
{
	const struct ctl_port *p = t->row;
	const char *device = t->m->view->device[p->side];
	bool comes_in = p->is_in != t->is_answer;
	struct edge_addr own = p->own, far = t->far;

	own.port = p->is_own ? t->port : THEIR_PORT;
	far.port = p->is_own ? THEIR_PORT : t->port;
	return (struct ctl_nft_packet){
		.hook = comes_in ? CTL_NFT_INPUT : CTL_NFT_OUTPUT,
		.in = comes_in ? device : NULL,
		.out = comes_in ? NULL : device,
		.is_tcp = t->is_tcp,
		.is_answer = t->is_answer,
		.from = comes_in ? far : own,
		.to = comes_in ? own : far,
	};
}

/* The row as a rule that lets it pass; of answers one rule is enough. */
static void print_rule(char out[CTL_CURE_LINE], const struct trial *t)
{
	static const char answers[] = "ct state established accept";
	const struct ctl_port *p = t->row;
	const char *ip = p->own.family == AF_INET6 ? "ip6" : "ip";
	char own[EDGE_ADDR_STRLEN], far[EDGE_ADDR_STRLEN + 32] = "", port[16];

	if (t->is_answer) {
		(void)snprintf(out, CTL_CURE_LINE, "%s", answers);
		return;
	}
	edge_addr_print_ip(&p->own, false, own);
	ctl_port_print(port, p);
	if (!(p->peers & CTL_PEER_ANY)) {
		char text[EDGE_ADDR_STRLEN];

		edge_addr_print_ip(&t->far, false, text);
		(void)snprintf(far, sizeof(far), " %s %s %s/%u", ip,
			       p->is_in ? "saddr" : "daddr", text, t->bits);
	}
	(void)snprintf(out, CTL_CURE_LINE, "%s %s %s%s %s %s %s accept", ip,
		       p->is_in ? "daddr" : "saddr", own, far,
		       t->is_tcp ? "tcp" : "udp",
		       p->is_in == p->is_own ? "dport" : "sport", port);
}

static bool has_rule(const struct ctl_cure *k, const char *rule)
{
	for (size_t i = 0; i < k->count; i++)
		if (strstr(k->step[i].line, rule))
			return true;
	return false;
}

/* A rule of somebody else that speaks of little goes; what drops all the rest
 * stays, with the row before it. */
static void cure(struct ctl_cure *k, const struct trial *t,
		 const struct ctl_nft_place *at)
{
	char rule[CTL_CURE_LINE];

	if (ctl_fw_is_ours(at)) {
		ctl_fw_cure_ours(t->m, k);
		return;
	}
	if (at->handle && !at->is_catch_all) {
		if (!k->count)
			ctl_cure_add(k, CTL_ON_EDGE,
				     "nft delete rule %s %s %s handle %lld",
				     at->family, at->table, at->chain,
				     at->handle);
		return;
	}
	print_rule(rule, t);
	if (t->is_answer && has_rule(k, rule))
		return;
	if (at->handle)
		ctl_cure_add(k, CTL_ON_EDGE,
			     "nft insert rule %s %s %s handle %lld %.200s",
			     at->family, at->table, at->chain, at->handle,
			     rule);
	else
		ctl_cure_add(k, CTL_ON_EDGE, "nft add rule %s %s %s %.200s",
			     at->family, at->table, at->chain, rule);
}

static void note(struct ctl_fw_report *r, const struct ctl_port *p)
{
	r->is_next_hop_blocked |=
		p->kind == TOPO_PORT_ACCESS_INSIDE && !p->is_in;
	r->is_dns_blocked |= p->peers & CTL_PEER_DNS;
	r->is_ntp_blocked |= p->peers & CTL_PEER_NTP;
}

static void print_row(char out[CTL_FW_TEXT], const struct trial *t)
{
	const struct ctl_port *p = t->row;
	char own[EDGE_ADDR_STRLEN], port[16];

	edge_addr_print_ip(&p->own, false, own);
	ctl_port_print(port, p);
	(void)snprintf(out, CTL_FW_TEXT, "%s (%s%s %s %s %s)", p->id,
		       t->is_answer ? "answers of " : "",
		       t->is_tcp ? "tcp" : "udp", port,
		       p->is_in ? "to" : "from", own);
}

static const struct ctl_fw_kind blocks = {"FW-003", "blocks", TOPO_ERROR},
				perhaps = {"FW-005",
					   "cannot be judged; perhaps blocks",
					   TOPO_INFO};

static void tell(const struct trial *t, const struct ctl_nft_place *at,
		 const struct ctl_fw_kind *k)
{
	struct ctl_fw_finding *f = ctl_fw_find(t->m, k, at);
	char row[CTL_FW_TEXT];
	bool is_new = !f;

	if (is_new)
		f = ctl_fw_found(t->m, k, at);
	if (!f)
		return;
	if (is_new)
		(void)snprintf(f->saw, sizeof(f->saw), "%.160s %s: %.*s",
			       at->text, k->verb, SYMPTOM, t->row->blocked);
	print_row(row, t);
	ctl_fw_join(f->saw, sizeof(f->saw), row);
	if (k != &blocks)
		return;
	note(t->m->report, t->row);
	cure(&f->cure, t, at);
}

/* True: it passes. */
static bool try(struct trial *t, bool is_answer)
{
	struct ctl_nft_packet p;
	struct ctl_nft_verdict v;

	t->is_answer = is_answer;
	p = packet_of(t);
	v = ctl_nft_judge(t->m->view->nft, &p);

	if (v.outcome == CTL_NFT_PASSES)
		return true;
	tell(t, &v.dropped, v.outcome == CTL_NFT_DROPPED ? &blocks : &perhaps);
	return false;
}

/* All ports of the row at which the ruleset may change its mind. */
static bool try_ports(struct trial *t)
{
	const struct ctl_port *p = t->row;
	uint16_t last = (uint16_t)(p->first + p->count - 1);
	bool good;

	t->port = p->first;
	good = try(t, false) && try(t, true);
	for (size_t i = 0; good && i < t->m->port_count; i++) {
		t->port = t->m->ports[i];
		if (t->port > p->first && t->port < last)
			good = try(t, false);
	}
	t->port = last;
	return good && (p->count == 1 || try(t, false));
}

/* Each of them, or a stranger. A name server that nobody has named is not
 * missed here: DNS says so. */
static bool try_peers(struct trial *t)
{
	const struct ctl_port *p = t->row;
	struct ctl_peers all = {.count = 0};
	bool good = true;
	size_t tried = 0;

	ctl_peers_of(&all, p->peers, t->m->view->topo, t->m->view->config);
	for (size_t i = 0; i < all.count && tried < CTL_FW_SAMPLES; i++) {
		if (all.v[i].net.family != p->own.family)
			continue;
		tried++;
		t->far = all.v[i].net;
		t->bits = all.v[i].bits;
		if (t->bits < (t->far.family == AF_INET ? 32 : 128))
			t->far.ip[t->far.family == AF_INET ? 3 : 15] |= 1;
		good &= try_ports(t);
	}
	if (tried || !(p->peers & (CTL_PEER_ANY | CTL_PEER_NTP)))
		return good;
	t->far = ctl_stranger(p->own.family);
	return try_ports(t);
}

void ctl_fw_blocked(struct ctl_fw_maker *m)
{
	unsigned good = 0;

	for (size_t i = 0; i < m->rows.count; i++) {
		struct trial t = {.m = m, .row = &m->rows.v[i]};
		bool passes = true;

		if (t.row->is_tcp) {
			t.is_tcp = true;
			passes = try_peers(&t);
		}
		t.is_tcp = false;
		if (t.row->is_udp)
			passes &= try_peers(&t);
		good += passes;
	}
	if (good == m->rows.count)
		ctl_fw_good(m, "all %u rows of the table of ports pass", good);
}
