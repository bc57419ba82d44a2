/* Where a partner is: SRV, targets in RFC 2782's order, addresses. */
#ifndef ACCESS_EDGE_OUTBOUND_FIND_H
#define ACCESS_EDGE_OUTBOUND_FIND_H

#include "access-edge/destination.h"
#include "access-edge/shard.h"

enum {
	ACC_FIND_TARGETS = 8, /* ours: targets of a record that are tried */
	ACC_FIND_ADDRS = 8,   /* ours: addresses of a target */
};

struct acc_target {
	char name[EDGE_DNS_NAME_LEN];
	uint16_t port;
};

/* One search, begun anew for each connection; the cache answers mostly. Open:
 * lives in its outbound, which stays while a question is out. */
struct acc_finding {
	struct acc_shard *shard;
	struct acc_destination *to;
	/** There is an address to dial, or none at all: then why. */
	void (*found)(void *arg, enum acc_reason why);
	void *arg;
	struct acc_target targets[ACC_FIND_TARGETS];
	size_t target_count, target; /* target: the one at hand is before it */
	struct edge_addr addrs[ACC_FIND_ADDRS];
	size_t addr_count, addr;
	bool is_asking;
};

void acc_finding_begin(struct acc_finding *f);
/** The next address of the target at hand; false: it has no more. */
bool acc_finding_next(struct acc_finding *f, struct edge_addr *out);
/** Look for the next target; false: there is none, nothing is told. */
bool acc_finding_more(struct acc_finding *f);
/** FQDN of the target at hand; "" before there is one. */
const char *acc_finding_peer(const struct acc_finding *f);

#endif
