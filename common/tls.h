/* SSL_CTX recipes: profile, certificate, trust store; held and dropped. */
#ifndef COMMON_TLS_H
#define COMMON_TLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"

struct edge_tls; /* immutable, atomic count; any thread */

enum edge_tls_profile {
	EDGE_TLS_MODERN,   /* 1.2 and 1.3 */
	EDGE_TLS_LYNC2013, /* 1.0-1.3 and CBC suites: a risk, one listener */
};

/* About the other end's certificate. A server that asks resumes no session, so
 * that the certificate is seen each time. */
enum edge_tls_ask {
	EDGE_TLS_ASK_NONE,     /* a server sends no CertificateRequest */
	EDGE_TLS_ASK_OPTIONAL, /* handshake goes on; edge_peer has the fault */
	EDGE_TLS_ASK_REQUIRED, /* handshake fails with the fitting alert */
};

enum { EDGE_TLS_LIKE = 2 };

struct edge_tls_recipe {
	const char *chain, *key; /* PEM files; both NULL: client without one */
	const char *trust;	 /* PEM bundle; NULL with ASK_NONE */
	const char *crl;	 /* PEM or DER; NULL: no revocation check;
				    stale refuses */
	enum edge_tls_profile profile;
	enum edge_tls_ask ask;
	bool is_client;
	/* made before, or NULL: what the same bytes give is not made again,
	 * since parsing is nearly all that a context costs */
	struct edge_tls *like[EDGE_TLS_LIKE];
};

/** With the same files and recipe as one of r->like it is that one, held once
 * more. why gets one line naming the file and the fault. EDGE_EUSAGE for a
 * recipe that cannot be, EDGE_ETLS for files that do not do. */
EDGE_MUST_CHECK enum edge_err edge_tls_new(struct edge_tls **out,
					   const struct edge_tls_recipe *r,
					   char *why, size_t why_cap);
/** The SSL_CTX *, for common/conn.c and tests. Its SSLs keep the first error
 * of verification (X509_V_ERR_*) as their app data: edge_peer_verify reads it.
 */
void *edge_tls_context(struct edge_tls *t);
/** When its own certificate ends [wall, s since 1970]; 0 without one. */
int64_t edge_tls_not_after_s(const struct edge_tls *t);
struct edge_tls *edge_tls_hold(struct edge_tls *t);
void edge_tls_drop(struct edge_tls *t);
const char *edge_tls_profile_str(enum edge_tls_profile p);
EDGE_MUST_CHECK enum edge_err edge_tls_profile_parse(enum edge_tls_profile *out,
						     const char *text);

#endif
