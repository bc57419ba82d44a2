/* The certificates the XMPP proxy shows and the stores it trusts; AE 1.3, 1.4.
 */
#ifndef ACCESS_EDGE_XMPP_TLS_H
#define ACCESS_EDGE_XMPP_TLS_H

#include "common/config.h"

struct edge_tls;

/* Toward partners with the outside certificate, as server and as client, theirs
 * looked at and not required; toward gateways with the inside one, required. */
struct acc_xmpp_tls {
	struct edge_tls *in, *out, *gateway;
};

/** All or none. out: those before, borrowed, or zeroed; what has not changed is
 * used again, held once more. On failure it is zeroed. Without [trust] public
 * no partner's certificate is good. */
EDGE_MUST_CHECK enum edge_err acc_xmpp_tls_load(struct acc_xmpp_tls *out,
						const struct edge_config *c,
						char *why, size_t why_cap);
void acc_xmpp_tls_drop(struct acc_xmpp_tls *t);

#endif
