/* Hosts as SIP writes them: names, IPv4, IPv6 in brackets. */
#ifndef ACCESS_EDGE_HOST_H
#define ACCESS_EDGE_HOST_H

#include "common/addr.h"

/** The address a host of a URI or Via spells; false when it is a name. */
bool acc_host_addr(struct edge_addr *out, struct edge_slice host);
/** Is the host the literal IP of that address? */
bool acc_host_is_ip(struct edge_slice host, const struct edge_addr *a);

#endif
