/* What nftables.service loads when the host boots. */
#ifndef EDGECTL_NFT_BOOT_H
#define EDGECTL_NFT_BOOT_H

#include <stdbool.h>

#include "common/slice.h"

#define CTL_NFT_CONF "/etc/nftables.conf"

struct ctl_nft_boot {
	bool has_file;	  /* the rendering lies where it is kept */
	bool is_included; /* by nftables.conf */
	bool is_enabled;  /* nftables.service */
};

/** Does an "include" of a nftables.conf take that file, and no "flush ruleset"
 * after it away? PURE. */
bool ctl_nft_boot_includes(struct edge_slice conf, const char *file);
/** False: it cannot be seen. */
bool ctl_nft_boot_read(struct ctl_nft_boot *b);

#endif
