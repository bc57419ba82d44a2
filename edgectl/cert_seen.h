/* What certificate a listener shows to who comes. */
#ifndef EDGECTL_CERT_SEEN_H
#define EDGECTL_CERT_SEEN_H

#include "common/addr.h"
#include "common/err.h"

/**
 * Connect and take the leaf's SHA-256, whoever it is for and whoever signed
 * it; what becomes of the handshake afterwards does not matter.
 * @param ms   for connecting, and for each answer
 * @param why  what happened instead
 * @return EDGE_ESYS (no connection), EDGE_EFORMAT (no certificate came),
 *         EDGE_ENOMEM
 */
EDGE_MUST_CHECK enum edge_err ctl_cert_seen(char sha256[65],
					    const struct edge_addr *at,
					    unsigned ms, char *why,
					    size_t why_cap);

#endif
