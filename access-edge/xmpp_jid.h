/* PURE: the parts of a Jabber identifier, and whose it is. */
#ifndef ACCESS_EDGE_XMPP_JID_H
#define ACCESS_EDGE_XMPP_JID_H

#include <stdbool.h>

#include "common/slice.h"

enum { ACC_XMPP_DOMAIN_LEN = 254 /* RFC 1035 2.3.4, as text, and NUL */ };

struct acc_xmpp_jid {
	struct edge_slice local, domain; /* local empty: the domain itself */
	struct edge_slice bare;		 /* without the resource */
};

/** false: no domain, or a part that is empty though its sign is there (RFC 7622
 * 3.1). Slices of the input. */
bool acc_xmpp_jid_read(struct acc_xmpp_jid *j, struct edge_slice text);
/** A domain as a key: lower case, no trailing dot. false: no host name of
 * ASCII letters, digits, '-', '_' and '.', which ours and partners' are. */
bool acc_xmpp_domain_read(char out[ACC_XMPP_DOMAIN_LEN],
			  struct edge_slice text);

#endif
