/* Hosts as SIP writes them: names, IPv4, IPv6 in brackets. */
#ifndef ACCESS_EDGE_HOST_H
#define ACCESS_EDGE_HOST_H

#include "common/addr.h"
#include "common/sip/msg.h"
#include "topology/topology.h"

/** The address a host of a URI or Via spells; false when it is a name. */
bool acc_host_addr(struct edge_addr *out, struct edge_slice host);
/** Is the host the literal IP of that address? */
bool acc_host_is_ip(struct edge_slice host, const struct edge_addr *a);

/** The host of a SIP address; empty for any other. */
struct edge_slice acc_host_of(const struct edge_sip_addr *a);
/** Is it one of our SIP domains? */
bool acc_host_is_own(const struct topo *t, struct edge_slice host);

#endif
