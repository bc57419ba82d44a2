/* What the certificates of XMPP partners are worth: their names, and what the
 * revocation lists of now say; AE 1.5, 6.2. */
#ifndef ACCESS_EDGE_XMPP_TRUST_H
#define ACCESS_EDGE_XMPP_TRUST_H

#include "access-edge/xmpp_link.h"

/**
 * Does a certificate speak for that partner's domain?
 * @param words  why not, when it does not; static
 * @return OK; CERTIFICATE: it proves nothing, another way may; REVOKED: whoever
 *         shows it is not spoken to. Where no current list tells it is OK,
 *         unless access.crl_hard_fail makes that a CERTIFICATE.
 */
enum acc_xmpp_reason acc_xmpp_trust_of(const struct acc_xmpp_core *c,
				       const struct acc_xmpp_who *w,
				       const struct edge_peer *peer,
				       const char **words);
/** The same of what a link has shown in its handshake: noted for people (AE
 * 3.1), and its words are the link's detail. */
enum acc_xmpp_reason acc_xmpp_trust_met(struct acc_xmpp_link *l,
					const struct acc_xmpp_who *w);

/** Live streams are looked at again when a list says something new, and each
 * hour, since lists end. */
void acc_xmpp_trust_start(struct acc_xmpp_core *c);
void acc_xmpp_trust_stop(struct acc_xmpp_core *c);
/** The rules have changed: at the next look, all of them. */
void acc_xmpp_trust_hurry(struct acc_xmpp_core *c);

#endif
