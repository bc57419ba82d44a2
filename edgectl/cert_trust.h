/* Trust stores and revocation lists as they lie on disk. */
#ifndef EDGECTL_CERT_TRUST_H
#define EDGECTL_CERT_TRUST_H

#include <stddef.h>
#include <stdint.h>

#include "common/err.h"

/** Certificates of a PEM bundle, at least one. EDGE_ENOTFOUND: cannot be
 * opened; EDGE_EFORMAT: none in it. why gets words. */
EDGE_MUST_CHECK enum edge_err ctl_cert_count(size_t *out, const char *path,
					     char *why, size_t why_cap);
/** When a revocation list (PEM or DER) ends [wall]. EDGE_EFORMAT: it is none,
 * or says no end. */
EDGE_MUST_CHECK enum edge_err ctl_cert_crl_ends(int64_t *out, const char *path,
						char *why, size_t why_cap);

#endif
