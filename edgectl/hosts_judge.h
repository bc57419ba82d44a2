/* HOSTS in the store against what the topology needs. PURE. */
#ifndef EDGECTL_HOSTS_JUDGE_H
#define EDGECTL_HOSTS_JUDGE_H

#include "topology/hosts.h"
#include "topology/topology.h"

enum { CTL_HOSTS_ROWS = 64 };

enum ctl_hosts_fault {
	CTL_HOSTS_MISSING, /* the name is not there */
	CTL_HOSTS_PARTIAL, /* a pool's name lacks the address of a member */
	CTL_HOSTS_SURPLUS, /* in the managed block, and not needed */
};

struct ctl_hosts_row {
	enum ctl_hosts_fault fault;
	const char *name;      /* borrowed */
	struct edge_addr addr; /* that is lacking; family 0: not known */
};

struct ctl_hosts_rows {
	struct ctl_hosts_row v[CTL_HOSTS_ROWS];
	size_t count, left_out; /* missing ones that have no room */
};

/** h NULL: the version has no HOSTS. */
void ctl_hosts_judge(struct ctl_hosts_rows *out, const struct topo_hosts *h,
		     const struct topo *t);

#endif
