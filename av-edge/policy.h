/* Who may be a peer (AV 6.4): one table of networks, the longest decides. */
#ifndef AV_EDGE_POLICY_H
#define AV_EDGE_POLICY_H

#include "av-edge/inside.h"
#include "av-edge/reason.h"

enum { AVE_PEER_NETWORKS = 16, AVE_PEER_PORTS = 16 }; /* ours */

struct ave_policy; /* immutable; read by one worker, or by many */

/* What a policy is made of; borrowed. */
struct ave_policy_plan {
	const struct ave_networks *inside; /* and this host's addresses */
	/* relayed addresses as peers see them, ports between low and high: of
	 * this server, and of the pool's other members, which are also reached
	 * at 443 and 3478; nothing else of either is */
	const struct edge_addr *own, *members;
	size_t own_count, member_count;
	uint16_t port_low, port_high;
	/* no peer whatever else is said: addresses with their ports */
	const struct edge_addr *listeners;
	size_t listener_count;
	/* private networks that may be peers all the same, but for what is
	 * inside; ports below 1024 that any peer may have, at most
	 * AVE_PEER_PORTS */
	const struct ave_network *allowed;
	size_t allowed_count;
	const uint16_t *ports;
	size_t port_count;
	bool is_lab; /* [local] lab: loopback may be, but for listeners */
};

EDGE_MUST_CHECK enum edge_err ave_policy_new(struct ave_policy **out,
					     const struct ave_policy_plan *p);
void ave_policy_free(struct ave_policy *p); /* NULL is fine */

/** Is all of it in one of the networks that the operator may allow? */
bool ave_policy_is_private(const struct ave_network *n);
/** AVE_FINE or AVE_PEER_DENIED. An address that carries an IPv4 address is
 * judged twice: as it is and as what it carries. */
enum ave_reason ave_policy_judge(const struct ave_policy *p,
				 const struct edge_addr *peer);
/** The same for any port: denied when each port would be. */
enum ave_reason ave_policy_judge_ip(const struct ave_policy *p,
				    const struct edge_addr *peer);

#endif
