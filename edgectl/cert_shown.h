/* The certificate that a listener shows, and the TLS it speaks. */
#ifndef EDGECTL_CERT_SHOWN_H
#define EDGECTL_CERT_SHOWN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/addr.h"
#include "common/err.h"

struct ctl_shown_plan {
	struct edge_addr server, local; /* local: family 0: any */
	const char *device;		/* NULL: any */
	const char *chain, *key;	/* ours, when asked; NULL: none */
	bool is_old; /* TLS 1.0 and 1.1 alone, and what belongs to them */
	uint32_t ms;
};

struct ctl_shown {
	char sha256[65];  /* of the certificate; "": none was shown */
	char version[16]; /* of TLS */
	bool is_done;	  /* the handshake */
};

/** One handshake, closed at once; nothing is verified.
 * EDGE_ESYS: no connection; EDGE_ETIMEOUT; EDGE_ETLS: no handshake, yet a
 * certificate may have been shown. why gets words. */
EDGE_MUST_CHECK enum edge_err ctl_cert_shown(struct ctl_shown *out,
					     const struct ctl_shown_plan *p,
					     char *why, size_t why_cap);

#endif
