/* Values of XMPP federation: partners and what the gateway says. AE 6.1. */
#ifndef TOPOLOGY_XMPP_H
#define TOPOLOGY_XMPP_H

#include <stdbool.h>
#include <stddef.h>

enum topo_xmpp_trust { /* PartnerType, AE 6.1 */
		       TOPO_XMPP_UNVERIFIED,
		       TOPO_XMPP_VERIFIED,
		       TOPO_XMPP_FEDERATED,
		       TOPO_XMPP_TRUSTS
};

enum topo_xmpp_mode { /* TlsNegotiation, SaslNegotiation */
		      TOPO_XMPP_REQUIRED,
		      TOPO_XMPP_OPTIONAL,
		      TOPO_XMPP_NOT_SUPPORTED,
		      TOPO_XMPP_MODES
};

struct topo_xmpp_partner { /* AE 6.1 */
	const char *domain;
	struct topo_xmpp_names {
		const char *const *v;
		size_t count;
	} more;			/* AdditionalDomains */
	const char *proxy_fqdn; /* or NULL: by SRV */
	enum topo_xmpp_trust trust;
	enum topo_xmpp_mode tls, sasl;
	bool dialback;		   /* SupportDialbackNegotiation */
	bool keep_alive;	   /* EnableKeepAlive */
	unsigned connection_limit; /* 0: the gateway's */
};

struct topo_xmpp_gateway { /* XmppGatewaySettings, AE 6.1 */
	unsigned connections, partner_connections;
	unsigned establish_s, idle_s, keep_alive_s;
	/* hex(SHA-256(DialbackPassphrase)), XEP-0185's key: a secret; NULL:
	 * none was said */
	const char *dialback_key;
};

/* What is true when nothing is said: AE 6.1. */
struct topo_xmpp_partner topo_xmpp_partner_default(void);
struct topo_xmpp_gateway topo_xmpp_gateway_default(void);

/** Can a stream with this partner ever be authenticated? Without dialback
 * there is only SASL EXTERNAL, which needs TLS. AE 6.2, last row. */
bool topo_xmpp_is_possible(const struct topo_xmpp_partner *p);
/** Dialback without TLS: AE 6.2, the row with a warning. */
bool topo_xmpp_is_plain(const struct topo_xmpp_partner *p);

#endif
