/* What crosses between partners and gateways; AE 6.3 step 8, 6.4. */
#ifndef ACCESS_EDGE_XMPP_PROXY_H
#define ACCESS_EDGE_XMPP_PROXY_H

#include "access-edge/xmpp_link.h"

/* Who says a stanza that comes in: a domain that the stream has proved. */
struct acc_xmpp_speaker {
	const struct topo_xmpp_partner *partner;
	const char *domain, *own;
	bool is_external; /* else by dialback */
};

/** A stanza of a partner. Its from and to have been held against the speaker.
 */
void acc_xmpp_inward(struct acc_xmpp_link *l, const struct acc_xmpp_item *i,
		     const struct acc_xmpp_speaker *s);
/** A stanza of a gateway. */
void acc_xmpp_outward(struct acc_xmpp_link *gateway,
		      const struct acc_xmpp_item *i);
/** An element that is a stanza by its name. */
bool acc_xmpp_is_stanza(const struct acc_xmpp_item *i);
/** The domain of a JID as a key; false: it has none. */
bool acc_xmpp_domain_of(char out[ACC_XMPP_DOMAIN_LEN], struct edge_slice jid);

#endif
