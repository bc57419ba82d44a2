/* The links of the XMPP gateways inside, on port 23456; AE 6.4. */
#ifndef ACCESS_EDGE_XMPP_GATEWAY_H
#define ACCESS_EDGE_XMPP_GATEWAY_H

#include "access-edge/xmpp_link.h"
#include "access-edge/xmpp_parcel.h"

/** One has connected: mTLS with the inside certificate follows, then its
 * stream. fd is taken over. */
bool acc_xmpp_gateway_accept(struct acc_xmpp_core *c, int fd,
			     const struct edge_addr *from);
/** The one that serves this user of ours: each JID has its own as long as the
 * same gateways are there. NULL: none is. */
struct acc_xmpp_link *acc_xmpp_gateway_choose(const struct acc_xmpp_core *c,
					      struct edge_slice jid);
/** What a gateway sent could not reach the partner: it is told, on the same
 * link or, when that is gone, on the user's. */
void acc_xmpp_gateway_return(struct acc_xmpp_core *c,
			     const struct acc_xmpp_parcel *p,
			     enum acc_xmpp_reason r);
/** A partner does not take what this gateway sends: it is not read for a while,
 * until full has drained or too long has passed. */
void acc_xmpp_gateway_wait(struct acc_xmpp_core *c, edge_handle gateway,
			   struct acc_xmpp_link *full);
size_t acc_xmpp_gateway_count(const struct acc_xmpp_core *c);
/** New topology: who is not trusted any more is sent away. */
void acc_xmpp_gateway_topology(struct acc_xmpp_link *l);

#endif
