/* The packet filter in force against the table of ports. PURE. */
#ifndef EDGECTL_FW_JUDGE_H
#define EDGECTL_FW_JUDGE_H

#include "edgectl/finding.h"
#include "edgectl/nft.h"
#include "edgectl/ports.h"
#include "edgectl/sockets.h"

struct ctl_net_view;
struct ctl_nft_boot;
struct edge_config;

enum {
	CTL_FW_FINDINGS = 24,
	CTL_FW_TEXT = 400,
	CTL_FW_GOODS = 8,
	CTL_FW_MANAGE = 80,
};

struct ctl_fw_view {
	const struct topo *topo;
	const struct edge_config *config;
	const struct ctl_nft *nft;
	const struct ctl_sockets *sockets;
	const struct ctl_net_view *net; /* NULL: only addresses of rows */
	const char *device[CTL_SIDES];
	/* what a rendering must be told with --manage; NULL: nothing */
	const char *manage;
	const struct ctl_nft_boot *boot; /* NULL: it cannot be seen */
};

struct ctl_fw_report {
	struct ctl_fw_finding {
		const char *id, *verb;
		enum topo_level level;
		char place[CTL_FW_TEXT], saw[CTL_FW_TEXT];
		struct ctl_cure cure;
	} finding[CTL_FW_FINDINGS];
	size_t findings, left_out; /* the latter have no room */
	struct ctl_cure all;	   /* of those left out: the filter anew */
	char good[CTL_FW_GOODS][CTL_FW_TEXT];
	size_t goods;
	bool is_next_hop_blocked, is_dns_blocked, is_ntp_blocked;
};

/** Who manages the host, as --manage takes it: the session that is at work,
 * else whoever sshd is for, else none.
 * @param session  SSH_CONNECTION, or NULL */
void ctl_fw_manage(char out[CTL_FW_MANAGE], const struct ctl_sockets *s,
		   const char *session);
/** All fields of r are written. */
void ctl_fw_judge(struct ctl_fw_report *r, const struct ctl_fw_view *v);

#endif
