/* Who asks for credentials, and for whom he may ask. PURE; AV 2.5. */
#ifndef AV_EDGE_MRAS_CALLER_H
#define AV_EDGE_MRAS_CALLER_H

#include "av-edge/mras_xml.h"
#include "common/sip/msg.h"
#include "topology/topology.h"

/**
 * The Front End has authenticated the sender; here is looked at what it says
 * about him: From against request/@from, P-Asserted-Identity, the edge's trust
 * header. A server may ask for anybody, a user for himself.
 * @param is_server  whether a server asks
 * @return MRAS_OK, MRAS_MALFORMED (@from is no SIP URI), MRAS_FORBIDDEN
 */
enum mras_phrase mras_caller_check(bool *is_server, const struct topo *t,
				   const struct edge_sip_msg *msg,
				   const struct mras_request *r);

#endif
