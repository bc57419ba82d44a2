/* The resolver that finds partners' servers: made anew only when what it is
 * made of has changed. */
#ifndef ACCESS_EDGE_XMPP_DNS_H
#define ACCESS_EDGE_XMPP_DNS_H

#include <sys/stat.h>

#include "access-edge/xmpp_core.h"
#include "common/config.h"

/* What the core's resolver was made of. */
struct acc_xmpp_dns {
	struct edge_addr local;
	char device[16];
	struct stat resolv;
	uint32_t cache_records;
	bool is_lab;
};

/** The core's topology and device are what is to be. */
void acc_xmpp_dns_renew(struct acc_xmpp_dns *d, struct acc_xmpp_core *c,
			const struct edge_config *config);

#endif
