/* What DNS outside should say, and whether it does. PURE. */
#ifndef EDGECTL_DNS_JUDGE_H
#define EDGECTL_DNS_JUDGE_H

#include "common/config.h"
#include "common/dns.h"
#include "topology/topology.h"

enum {
	CTL_DNS_WANTS = 240, /* ours: below EDGE_DNS_PENDING_MAX */
	CTL_DNS_ADDRS = 16,
	CTL_DNS_SRVS = 8,
	CTL_DNS_SERVERS = 8,
};

/* One record that should, or should not, be there; then the answer. */
struct ctl_dns_want {
	char name[EDGE_DNS_NAME_LEN];
	bool is_srv, is_unwanted;
	/* addresses that must be there; none: any will do */
	struct edge_addr at[CTL_DNS_ADDRS];
	size_t at_count;
	bool may_have_more; /* of other members of the pool */
	/* of [public] that would name them; NULL: no pool, or it does */
	const char *setting;
	bool is_relay; /* at has the addresses of all members */
	uint16_t port; /* of SRV */
	char target[EDGE_DNS_NAME_LEN], other[EDGE_DNS_NAME_LEN];

	bool is_answered;
	enum edge_err err;
	struct edge_addr got[CTL_DNS_ADDRS];
	size_t got_count;
	struct edge_dns_srv srv[CTL_DNS_SRVS];
	size_t srv_count;
};

struct ctl_dns_wants {
	struct ctl_dns_want v[CTL_DNS_WANTS];
	size_t count;
	size_t left_off; /* records for which there is no room */
};

/** Everything that clients and partners look up; names of the inside are left
 * out. family: of addresses that are asked for, AF_INET or AF_INET6. */
void ctl_dns_list(struct ctl_dns_wants *out, const struct topo *t,
		  const struct edge_config *c, uint8_t family);

enum ctl_dns_verdict {
	CTL_DNS_GOOD,
	CTL_DNS_SILENT, /* no server answered */
	CTL_DNS_ABSENT,
	CTL_DNS_WRONG,
	CTL_DNS_UNWANTED, /* it is there */
	CTL_DNS_BALANCED, /* a hardware balancer's, so it seems */
};
/** A pool whose relays' name leads to none of its members, but elsewhere: a
 * hardware balancer stands before it. */
bool ctl_dns_is_balanced(const struct ctl_dns_wants *w);
/** Of a pool before which a balancer stands: what it has at those addresses is
 * not known here. */
enum ctl_dns_verdict ctl_dns_balanced(enum ctl_dns_verdict v,
				      const struct ctl_dns_want *w);
/** saw: the answer in words, also when it is good. */
enum ctl_dns_verdict ctl_dns_judge(const struct ctl_dns_want *w, char *saw,
				   size_t cap);
/** Among what must be there, or an address of the answer. */
bool ctl_dns_has(const struct edge_addr *list, size_t count,
		 const struct edge_addr *a);

/** The servers of a resolv.conf(5), with ports; how many. */
size_t ctl_resolv_parse(struct edge_addr out[CTL_DNS_SERVERS],
			struct edge_slice text);

#endif
