/* topology render: what others need to know, made from the topology. */
#ifndef EDGECTL_RENDER_H
#define EDGECTL_RENDER_H

#include <stdio.h>

#include "edgectl/ctl.h"
#include "edgectl/side.h"
#include "topology/topology.h"

struct ctl_render {
	struct ctl *c;
	const struct topo *topo;
	char device[CTL_SIDES][16]; /* names; of nftables alone */
	const char *manage; /* a list that was checked; of nftables alone */
	bool is_csv;
	FILE *out;
};

/* What decides who may manage the host, once the filter is loaded. */
struct ctl_managing {
	const char *option;  /* of the call; NULL: as edge.ini says */
	const char *session; /* SSH_CONNECTION, or NULL */
	bool has_own_rules;  /* in-*.nft of the operator: it is his affair */
};

/** Has the operator rules of his own for what comes in?
 * @param folder  CTL_NFT_OPERATOR */
bool ctl_nft_has_own_rules(const char *folder);
/** r->manage, or a refusal: nobody is named, and nobody has said that there is
 * nobody. A session that would end is told. */
enum ctl_exit ctl_render_manage(struct ctl_render *r,
				const struct ctl_managing *told);

/* Each writes the same bytes for the same topology and settings. What it finds
 * wrong goes into c; the text is written all the same. */
typedef void ctl_render_fn(struct ctl_render *r);
ctl_render_fn ctl_render_nft, ctl_render_ports, ctl_render_dns;

/** The rules an operator adds by himself, as nft includes them. */
#define CTL_NFT_OPERATOR "/etc/lync-edge/nftables.d"
/** Where the rendering is kept, for cures. */
#define CTL_NFT_FILE "/etc/nftables.d/lync-edge.nft"

#endif
