/* PURE: ms-edge-proxy-message-trust; AE 2.5, 3.3. */
#ifndef ACCESS_EDGE_TRUST_H
#define ACCESS_EDGE_TRUST_H

#include "common/sip/msg.h"
#include "access-edge/source.h"
#include "topology/topology.h"

struct acc_trust { /* how far a message is believed */
	enum acc_role role;
	enum topo_verification level; /* partners */
	const char *remote; /* ms-remote-fqdn of a public provider, or NULL */
};

/** AE 3.3: what a partner's message becomes at that level; without a header
 * that says so once, unverified. */
bool acc_trust_is_verified(enum topo_verification level,
			   const struct edge_sip_msg *m);
/** ms-source-type= of messages of such a peer: "DirectPartner". */
const char *acc_trust_type(enum acc_role role);
/** The header line, without CRLF, for a message of that peer. */
void acc_trust_put(struct edge_put *w, const struct topo *t,
		   const struct edge_sip_msg *m, const struct acc_trust *trust);
/** ms-asserted-verification-level: what partners may believe of what we send
 * (AE 2.4, MarkSourceVerifiableOnOutgoingMessages); without CRLF. */
void acc_trust_put_asserted(struct edge_put *w, const struct topo *t);
/** The header line of what the edge makes itself. */
void acc_trust_put_own(struct edge_put *w, const struct topo *t);

#endif
