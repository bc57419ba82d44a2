/* The packet filter in force against the table of ports. PURE. */
#ifndef EDGECTL_FW_JUDGE_H
#define EDGECTL_FW_JUDGE_H

#include "edgectl/finding.h"
#include "edgectl/nft.h"
#include "edgectl/ports.h"
#include "edgectl/sockets.h"

struct edge_config;

enum { CTL_FW_FINDINGS = 24, CTL_FW_TEXT = 400, CTL_FW_GOODS = 8 };

struct ctl_fw_view {
	const struct topo *topo;
	const struct edge_config *config;
	const struct ctl_nft *nft;
	const struct ctl_sockets *sockets;
	const char *device[CTL_SIDES];
};

struct ctl_fw_report {
	struct ctl_fw_finding {
		const char *id;
		enum topo_level level;
		char place[CTL_FW_TEXT], saw[CTL_FW_TEXT];
		struct ctl_cure cure;
	} finding[CTL_FW_FINDINGS];
	size_t findings, left_out; /* the latter have no room */
	char good[CTL_FW_GOODS][CTL_FW_TEXT];
	size_t goods;
	bool is_next_hop_blocked, is_dns_blocked, is_ntp_blocked;
};

/** All fields of r are written. */
void ctl_fw_judge(struct ctl_fw_report *r, const struct ctl_fw_view *v);

#endif
