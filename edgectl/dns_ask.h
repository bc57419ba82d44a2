/* Questions to the servers outside, all at a time. */
#ifndef EDGECTL_DNS_ASK_H
#define EDGECTL_DNS_ASK_H

#include "edgectl/dns_judge.h"

struct ctl_dns_plan {
	const struct topo *topo; /* its inside names are never asked */
	const struct edge_addr *server;
	size_t server_count;
	struct edge_addr local; /* to ask from */
	const char *device;	/* NULL: any */
	bool is_lab;
};

/** Fills in the answers; what has none in time has is_answered false.
 * EDGE_ENOTFOUND: no server that can be asked from there. */
EDGE_MUST_CHECK enum edge_err ctl_dns_ask(struct ctl_dns_wants *w,
					  const struct ctl_dns_plan *p);

#endif
