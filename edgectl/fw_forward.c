/* What the packet filter lets through from device to device. */
#include <stdio.h>

#include "edgectl/fw_parts.h"

/* ours: hosts that no rule knows, outside (RFC 5737) and inside */
static const struct edge_addr strangers[] = {
	[CTL_OUTSIDE] = {.family = AF_INET, .ip = {198, 51, 100, 77}},
	[CTL_INSIDE] = {.family = AF_INET, .ip = {10, 255, 255, 77}},
};

enum { THEIR_PORT = 40077, CLOSED = 9 };

static void tell(struct ctl_fw_maker *m, const struct ctl_nft_verdict *v)
{
	static const struct ctl_fw_kind kinds[] = {
		{"FW-005", "cannot be judged; perhaps lets through", TOPO_WARN},
		{"FW-004", "lets through", TOPO_WARN},
	};
	static const struct ctl_nft_place nobody = {.family = "inet",
						    .table = "lync_edge",
						    .chain = "forward",
						    .text = "no chain"};
	bool is_sure = v->outcome == CTL_NFT_PASSES;
	const struct ctl_nft_place *at = v->passed.chain ? &v->passed : &nobody;
	struct ctl_fw_finding *f = ctl_fw_found(m, &kinds[is_sure], at);

	if (!f)
		return;
	(void)snprintf(f->saw, sizeof(f->saw),
		       "%.160s: packets from the outside to the inside are %s "
		       "dropped by the filter",
		       at->text, is_sure ? "not" : "perhaps not");
	if (is_sure)
		ctl_fw_cure_ours(&f->cure);
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
		.from = strangers[CTL_OUTSIDE],
		.to = strangers[CTL_INSIDE],
	};
	struct ctl_nft_verdict v;

	p.from.port = THEIR_PORT;
	p.to.port = CLOSED;
	v = ctl_nft_judge(m->view->nft, &p);
	if (v.outcome == CTL_NFT_DROPPED)
		ctl_fw_good(m, "nothing passes from device to device");
	else
		tell(m, &v);
}
