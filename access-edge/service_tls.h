/* The certificates this service shows and the stores it trusts. */
#ifndef ACCESS_EDGE_SERVICE_TLS_H
#define ACCESS_EDGE_SERVICE_TLS_H

#include "access-edge/mail.h"
#include "common/config.h"

struct edge_tls;

struct acc_service_tls {
	struct edge_tls *in[ACC_LISTEN_KINDS], *out;
	struct edge_tls *partner; /* to dial partners; NULL: no public trust */
	unsigned told[ACC_LISTEN_KINDS]; /* which warning; 0: none */
};

/** All recipes or none. out: those before, borrowed, or zeroed; what has not
 * changed is used again, held once more. On failure it is zeroed. Those for
 * partners only with [trust] public. A single-address edge (rows 2 and 11 of
 * TO 1.5 alike) asks clients for a certificate without requiring one; else
 * clients are never asked (AE 1.4). */
EDGE_MUST_CHECK enum edge_err acc_service_tls_load(struct acc_service_tls *out,
						   const struct edge_config *c,
						   const struct topo *t,
						   char *why, size_t why_cap);
/** Does the new topology want other recipes than the old one? */
bool acc_service_tls_differs(const struct topo *old, const struct topo *new);
/** AE 4.4: an event when 60, 30, 7 days are left to a certificate, and when
 * it has ended; each once. */
void acc_service_tls_tell(struct acc_service_tls *t, int64_t wall_s);
/** One more that holds it; NULL: NULL. */
struct edge_tls *acc_service_tls_hold(struct edge_tls *t);
void acc_service_tls_drop(struct acc_service_tls *t);

#endif
