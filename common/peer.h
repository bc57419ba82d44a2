/* Who the other end is: a value made once from its verified certificate. */
#ifndef COMMON_PEER_H
#define COMMON_PEER_H

#include <stdbool.h>
#include <stddef.h>

#include "common/crypto.h"
#include "common/err.h"

enum { EDGE_PEER_NAMES = 64, EDGE_PEER_NAME_LEN = 254 };

/* Why a certificate was not accepted: a closed list. */
#define EDGE_PEER_FAULT_MAP(X)                                      \
	X(EDGE_PEER_FINE, "ok")                                     \
	X(EDGE_PEER_ABSENT, "no certificate given")                 \
	X(EDGE_PEER_CHAIN, "chain does not end in the trust store") \
	X(EDGE_PEER_SELF_SIGNED, "self-signed")                     \
	X(EDGE_PEER_EXPIRED, "expired or not yet valid")            \
	X(EDGE_PEER_REVOKED, "revoked")                             \
	X(EDGE_PEER_CRL_STALE, "revocation list stale")             \
	X(EDGE_PEER_EKU, "extended key usage not for TLS")          \
	X(EDGE_PEER_NO_SAN, "no dNSName in subjectAltName")         \
	X(EDGE_PEER_NAME, "no name that is allowed here")           \
	X(EDGE_PEER_WEAK, "signature or key too weak")              \
	X(EDGE_PEER_LIMIT, "chain or name list too long")

enum edge_peer_fault {
#define EDGE_PEER_FAULT_NAME(name, text) name,
	EDGE_PEER_FAULT_MAP(EDGE_PEER_FAULT_NAME)
#undef EDGE_PEER_FAULT_NAME
};

const char *edge_peer_fault_str(enum edge_peer_fault f);

struct edge_peer {
	enum edge_peer_fault fault;
	bool has_certificate;
	char cn[EDGE_PEER_NAME_LEN];	   /* for logs; used as a name only when
					      the policy's cn_fallback says so */
	uint8_t sha256[EDGE_SHA256_LEN];   /* of the certificate; zero: none */
	char (*names)[EDGE_PEER_NAME_LEN]; /* lower case dNSNames */
	size_t name_count;
	/* the chain as it was verified, for common/revocation.h; NULL: the
	 * policy does not want it, or fault is neither EDGE_PEER_FINE nor
	 * EDGE_PEER_NO_SAN with a name below */
	void *chain;
	/* lower case domains of id-on-xmppAddr (RFC 6120 13.7.1.4) and of
	 * SRVName "_xmpp-server." (RFC 4985); what is malformed is left out */
	char (*xmpp)[EDGE_PEER_NAME_LEN];
	size_t xmpp_count;
};

struct edge_peer_policy {
	bool cn_fallback; /* [trust] internal_cn_fallback; only without SAN */
	bool wants_revocation; /* chain is kept; costs no copy, but the
				  certificates live as long as the peer */
};

/** ssl is an SSL *. Reads chain result, EKU (absent is fine; present needs
 * serverAuth or clientAuth) and names. Never fails: fault says it. */
void edge_peer_verify(struct edge_peer *out,
		      const struct edge_peer_policy *policy, void *ssl);
void edge_peer_fini(struct edge_peer *p);
bool edge_peer_has_name(const struct edge_peer *p, const char *fqdn);
/** May it speak XMPP for the domain: a certificate without fault (but for a
 * dNSName that is missing) and that domain, whole, in a dNSName, xmppAddr or
 * SRVName. A wildcard stands for nobody. AE 6.2 */
bool edge_peer_is_xmpp(const struct edge_peer *p, const char *domain);

#endif
