/* Who manages the host, so that a cure shuts nobody out. */
#include <stdio.h>
#include <string.h>

#include "common/config.h"
#include "edgectl/fw_parts.h"

enum { SSH = 22, THEIR_PORT = 40078, LISTS = 2 };

static bool is_sshd(const struct ctl_socket *s)
{
	return s->is_tcp && !strncmp(s->who, "sshd", 4);
}

/* The port that people manage the host by; 0: none. */
static unsigned port_of(const struct ctl_sockets *s)
{
	for (size_t i = 0; i < s->count; i++)
		if (is_sshd(&s->v[i]))
			return s->v[i].at.port;
	for (size_t i = 0; i < s->count; i++) /* of systemd, perhaps */
		if (s->v[i].is_tcp && s->v[i].at.port == SSH)
			return SSH;
	return 0;
}

void ctl_fw_manage(char out[CTL_FW_MANAGE], const struct ctl_sockets *s,
		   const char *session)
{
	size_t len = session ? strcspn(session, " ") : 0;
	const char *last = session ? strrchr(session, ' ') : NULL;
	unsigned port = port_of(s);
	struct edge_addr from;
	uint64_t n;

	if (last && !edge_addr_parse(&from, edge_slice(session, len), 0) &&
	    edge_slice_u64(edge_slice_str(last + 1), UINT16_MAX, &n) && n)
		(void)snprintf(out, CTL_FW_MANAGE, "%u from %.*s", (unsigned)n,
			       (int)len, session);
	else if (port) /* who: nobody can guess, and edgectl refuses the word */
		(void)snprintf(out, CTL_FW_MANAGE, "%u from NETWORK", port);
	else
		(void)snprintf(out, CTL_FW_MANAGE, "none");
}

/* Does that place let in a packet from there, by any device of ours? */
static bool lets_in(const struct ctl_fw_maker *m,
		    const struct ctl_nft_place *at,
		    const struct edge_addr *from, uint16_t port)
{
	for (size_t i = 0; i < m->owns.count * CTL_SIDES; i++) {
		enum ctl_net_side side = (enum ctl_net_side)(i % CTL_SIDES);
		struct ctl_nft_packet p = {
			.hook = CTL_NFT_INPUT,
			.in = m->view->device[side],
			.is_tcp = true,
			.to = m->owns.v[i / CTL_SIDES],
		};
		struct ctl_nft_verdict v;

		if (from && from->family != p.to.family)
			continue;
		p.from = from ? *from : ctl_fw_stranger(side, p.to.family);
		p.from.port = THEIR_PORT;
		p.to.port = port;
		v = ctl_nft_judge(m->view->nft, &p);
		if (v.passed.chain && v.passed.handle == at->handle &&
		    !strcmp(v.passed.chain, at->chain) &&
		    !strcmp(v.passed.table, at->table) &&
		    !strcmp(v.passed.family, at->family))
			return true;
	}
	return false;
}

bool ctl_fw_is_managed(const struct ctl_fw_view *v,
		       const struct edge_addr *from, uint16_t port)
{
	const char *lists[LISTS] = {v->config->network.manage, v->manage};
	struct edge_addr net;
	uint16_t listed;
	unsigned bits;

	for (int i = 0; i < LISTS; i++)
		while (edge_config_next_manage(&lists[i], &listed, &net, &bits))
			if (listed == port &&
			    edge_addr_in_prefix(from, &net, bits))
				return true;
	return false;
}

bool ctl_fw_lets_manage(const struct ctl_fw_maker *m,
			const struct ctl_nft_place *at)
{
	const struct ctl_sockets *all = m->view->sockets;
	const char *lists[LISTS] = {m->view->config->network.manage,
				    m->view->manage};
	unsigned bits, ssh = port_of(all);
	struct edge_addr net;
	uint16_t port;

	if (ssh && lets_in(m, at, NULL, (uint16_t)ssh))
		return true;
	for (size_t i = 0; i < all->count; i++)
		if (is_sshd(&all->v[i]) &&
		    lets_in(m, at, NULL, all->v[i].at.port))
			return true;
	for (int i = 0; i < LISTS; i++)
		while (edge_config_next_manage(&lists[i], &port, &net, &bits))
			if (lets_in(m, at, NULL, port) ||
			    lets_in(m, at, &net, port))
				return true;
	return false;
}
