/* The addresses of this host, and strangers that speak to them. */
#include <string.h>

#include "edgectl/fw_parts.h"
#include "edgectl/net_view.h"
#include "edgectl/stranger.h"

struct edge_addr ctl_fw_stranger(enum ctl_net_side side, uint8_t family)
{
	static const struct edge_addr four = {.family = AF_INET,
					      .ip = {10, 255, 255, 77}},
				      six = {.family = AF_INET6,
					     .ip = {0xfd, 0xff,
						    0xff, [15] = 0x77}};

	if (side == CTL_OUTSIDE)
		return ctl_stranger(family);
	return family == AF_INET6 ? six : four;
}

bool ctl_fw_is_own(const struct ctl_fw_owns *o, const struct edge_addr *at)
{
	for (size_t i = 0; i < o->count; i++)
		if (edge_addr_same_ip(&o->v[i], at))
			return true;
	return false;
}

bool ctl_fw_has_six(const struct ctl_fw_owns *o)
{
	for (size_t i = 0; i < o->count; i++)
		if (o->v[i].family == AF_INET6)
			return true;
	return false;
}

static void add(struct ctl_fw_owns *o, const struct edge_addr *at)
{
	if (edge_addr_classify(at) == EDGE_ADDR_LOOPBACK ||
	    ctl_fw_is_own(o, at))
		return;
	if (o->count == CTL_FW_OWNS) {
		o->is_cut = true;
		return;
	}
	o->v[o->count] = *at;
	o->v[o->count++].port = 0;
}

void ctl_fw_owns_of(struct ctl_fw_maker *m)
{
	const struct ctl_net_view *net = m->view->net;
	struct ctl_fw_owns *o = &m->owns;

	o->count = 0;
	for (size_t i = 0; i < m->rows.count; i++)
		add(o, &m->rows.v[i].own);
	o->of_rows = o->count;
	for (size_t i = 0; net && i < net->addrs; i++)
		add(o, &net->addr[i].at);
}
