/* Is our filter, which is in force, what boots? */
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "edgectl/fw_parts.h"
#include "edgectl/nft_boot.h"
#include "edgectl/nft_parts.h"

static bool is_loaded(const struct ctl_nft *n)
{
	const json_t *all = ctl_nft_list(n);

	for (size_t i = 0; i < json_array_size(all); i++) {
		const json_t *o =
			json_object_get(json_array_get(all, i), "table");
		const char *name =
			json_string_value(json_object_get(o, "name"));

		if (name && !strcmp(name, "lync_edge"))
			return true;
	}
	return false;
}

void ctl_fw_cure_boot(const struct ctl_fw_maker *m, struct ctl_cure *k)
{
	const struct ctl_nft_boot *b = m->view->boot;

	if (b && !b->is_included)
		ctl_cure_add(k, CTL_ON_EDGE,
			     "echo 'include \"/etc/nftables.d/*.nft\"' "
			     ">>" CTL_NFT_CONF);
	if (b && !b->is_enabled)
		ctl_cure_add(k, CTL_ON_EDGE, "systemctl enable nftables");
}

static const char *why(const struct ctl_nft_boot *b)
{
	if (!b->is_included)
		return CTL_NFT_CONF " includes no /etc/nftables.d/*.nft";
	if (!b->has_file)
		return "there is no /etc/nftables.d/lync-edge.nft";
	return "nftables.service is not enabled";
}

void ctl_fw_boot(struct ctl_fw_maker *m)
{
	static const struct ctl_fw_kind gone = {"FW-008", "", TOPO_WARN};
	const struct ctl_nft_place at = {
		.family = "inet", .table = "lync_edge", .chain = "input"};
	const struct ctl_nft_boot *b = m->view->boot;
	struct ctl_fw_finding *f;

	if (!b || !is_loaded(m->view->nft))
		return;
	if (b->has_file && b->is_included && b->is_enabled) {
		ctl_fw_good(m, "the filter is loaded at boot, too");
		return;
	}
	f = ctl_fw_found(m, &gone, &at);
	if (!f)
		return;
	(void)snprintf(f->saw, sizeof(f->saw),
		       "the filter is in force, but not after a boot: %s",
		       why(b));
	if (b->has_file)
		ctl_fw_cure_boot(m, &f->cure);
	else
		ctl_fw_cure_ours(m, &f->cure);
}
