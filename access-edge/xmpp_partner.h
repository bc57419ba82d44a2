/* PURE: who may speak here, and for whom; AE 6.1, 6.3 step 2. */
#ifndef ACCESS_EDGE_XMPP_PARTNER_H
#define ACCESS_EDGE_XMPP_PARTNER_H

#include "access-edge/xmpp_jid.h"
#include "access-edge/xmpp_mode.h"
#include "access-edge/xmpp_reason.h"
#include "common/peer.h"

/* A domain of an allowed partner. */
struct acc_xmpp_who {
	const struct topo_xmpp_partner *partner; /* of the snapshot */
	char domain[ACC_XMPP_DOMAIN_LEN]; /* the one that was asked for */
	struct acc_xmpp_mode mode;
};

/** OK, PARTNER_UNKNOWN (one of ours is nobody's either) or PARTNER_MODE; out is
 * filled with OK only. */
enum acc_xmpp_reason acc_xmpp_partner_find(struct acc_xmpp_who *out,
					   const struct topo *t,
					   struct edge_slice domain);
/** Is it a SIP domain of ours? out gets it as a key. */
bool acc_xmpp_is_own(char out[ACC_XMPP_DOMAIN_LEN], const struct topo *t,
		     struct edge_slice domain);
/** Does the certificate speak for the domain, or is it of the ProxyFqdn that
 * the topology names for it? */
bool acc_xmpp_is_certified(const struct acc_xmpp_who *w,
			   const struct edge_peer *peer);
/** Streams it may have, both ways. */
unsigned acc_xmpp_partner_limit(const struct topo *t,
				const struct topo_xmpp_partner *p);
/** PartnerType as the settings spell it. */
const char *acc_xmpp_trust_str(enum topo_xmpp_trust t);
/** Are its users' names believed? */
bool acc_xmpp_is_verified(const struct topo_xmpp_partner *p);

#endif
