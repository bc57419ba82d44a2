/* Where a partner's server is: ProxyFqdn or SRV, port 5269; AE 6.3 step 7. */
#ifndef ACCESS_EDGE_XMPP_RESOLVE_H
#define ACCESS_EDGE_XMPP_RESOLVE_H

#include "access-edge/xmpp_core.h"

enum {
	ACC_XMPP_ADDRESSES = 8, /* ours: tried for one stream */
	ACC_XMPP_TARGETS = 4,	/* ours: names of one SRV answer asked for */
	ACC_XMPP_PORT = 5269	/* RFC 6120 14.7 */
};

struct acc_xmpp_found {
	/* EDGE_ENOTFOUND: it has no server; others: nobody answered */
	enum edge_err err;
	struct edge_addr addrs[ACC_XMPP_ADDRESSES]; /* best first */
	size_t count;
};

/** Ask, for a link that may be gone by the time; only for allowed partners.
 * fn is called once, possibly before return. EDGE_ENOMEM, EDGE_EDNS (no
 * resolver): it is not called. */
EDGE_MUST_CHECK enum edge_err
acc_xmpp_resolve(struct acc_xmpp_core *c, const struct acc_xmpp_who *w,
		 edge_handle link,
		 void (*fn)(struct acc_xmpp_core *c, edge_handle link,
			    const struct acc_xmpp_found *found));
/** May that address be dialled for a partner: not one of the inside's or of
 * ours. */
bool acc_xmpp_address_is_fit(const struct topo *t, const struct edge_addr *a);

#endif
