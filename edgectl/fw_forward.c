/* What the packet filter lets through from device to device. */
#include <stdio.h>

#include "edgectl/fw_parts.h"

enum { THEIR_PORT = 40077, CLOSED = 9 };

static const char *const sides[] = {"outside", "inside"};

struct way {
	enum ctl_net_side from, to;
	uint8_t family;
	bool is_tcp;
};

static void tell(struct ctl_fw_maker *m, const struct way *w,
		 const struct ctl_nft_verdict *v)
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
	struct ctl_fw_finding *f = ctl_fw_find(m, &kinds[is_sure], at);

	if (f)
		return;
	f = ctl_fw_found(m, &kinds[is_sure], at);
	if (!f)
		return;
	(void)snprintf(f->saw, sizeof(f->saw),
		       "%.160s: packets %sfrom the %s to the %s are %s dropped "
		       "by the filter",
		       at->text, w->family == AF_INET6 ? "of IPv6 " : "",
		       sides[w->from], sides[w->to],
		       is_sure ? "not" : "perhaps not");
	if (is_sure)
		ctl_fw_cure_ours(m, &f->cure);
}

static bool try(struct ctl_fw_maker *m, const struct way *w)
{
	struct ctl_nft_packet p = {
		.hook = CTL_NFT_FORWARD,
		.in = m->view->device[w->from],
		.out = m->view->device[w->to],
		.is_tcp = w->is_tcp,
		.from = ctl_fw_stranger(w->from, w->family),
		.to = ctl_fw_stranger(w->to, w->family),
	};
	struct ctl_nft_verdict v;

	p.from.port = THEIR_PORT;
	p.to.port = CLOSED;
	v = ctl_nft_judge(m->view->nft, &p);
	if (v.outcome != CTL_NFT_DROPPED)
		tell(m, w, &v);
	return v.outcome == CTL_NFT_DROPPED;
}

static bool try_family(struct ctl_fw_maker *m, uint8_t family)
{
	bool good = true;

	for (int tcp = 1; tcp >= 0; tcp--) {
		good &= try(
			m, &(struct way){CTL_OUTSIDE, CTL_INSIDE, family, tcp});
		good &= try(
			m, &(struct way){CTL_INSIDE, CTL_OUTSIDE, family, tcp});
	}
	return good;
}

/* A host that does not forward may do without; if one is there it must say
 * no. */
void ctl_fw_forward(struct ctl_fw_maker *m)
{
	bool good = try_family(m, AF_INET);

	if (ctl_fw_has_six(&m->owns))
		good &= try_family(m, AF_INET6);
	if (good)
		ctl_fw_good(m, "nothing passes from device to device");
}
