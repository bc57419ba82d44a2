/* PURE: ms-edge-proxy-message-trust; AE 2.5, 3.3. */
#ifndef ACCESS_EDGE_TRUST_H
#define ACCESS_EDGE_TRUST_H

#include "common/sip/msg.h"
#include "access-edge/source.h"
#include "topology/topology.h"

/** The header line, without CRLF, for a message of that peer. */
void acc_trust_put(struct edge_put *w, const struct topo *t,
		   const struct edge_sip_msg *m, enum acc_role role);
/** The header line of what the edge makes itself. */
void acc_trust_put_own(struct edge_put *w, const struct topo *t);

#endif
