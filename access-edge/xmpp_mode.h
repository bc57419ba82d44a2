/* PURE: which negotiation a partner's settings allow; AE 6.2. */
#ifndef ACCESS_EDGE_XMPP_MODE_H
#define ACCESS_EDGE_XMPP_MODE_H

#include <stdbool.h>

#include "topology/topology.h"

struct acc_xmpp_mode {
	bool tls;	   /* offered, and used when the other end offers it */
	bool tls_required; /* nothing goes on without */
	bool external;	   /* SASL EXTERNAL by a certificate that matches */
	bool dialback;	   /* instead of, or where EXTERNAL cannot be */
};

/** The row of AE 6.2. All false: no way to authenticate; topo_xmpp_is_possible
 * says no, and the partner is refused when the settings are loaded. */
struct acc_xmpp_mode acc_xmpp_mode_of(enum topo_xmpp_mode tls,
				      enum topo_xmpp_mode sasl, bool dialback);
/** Before anybody has said who he is: TLS, and nothing else. */
struct acc_xmpp_mode acc_xmpp_mode_unknown(void);

#endif
