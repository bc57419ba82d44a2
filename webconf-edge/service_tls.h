/* The certificates this service shows and the store it trusts. */
#ifndef WEBCONF_EDGE_SERVICE_TLS_H
#define WEBCONF_EDGE_SERVICE_TLS_H

#include "common/config.h"

struct edge_tls;

enum wce_listen_kind { WCE_LISTEN_CLIENT, WCE_LISTEN_INSIDE, WCE_LISTEN_KINDS };

struct wce_service_tls {
	struct edge_tls *in[WCE_LISTEN_KINDS];
	unsigned told[WCE_LISTEN_KINDS]; /* which warning; 0: none */
};

/** Both recipes or none. out: those before, borrowed, or zeroed; what has not
 * changed is used again, held once more. On failure it is zeroed. Clients are
 * asked for no certificate, data MCUs must show one (WC 1.4, 5.10). */
EDGE_MUST_CHECK enum edge_err wce_service_tls_load(struct wce_service_tls *out,
						   const struct edge_config *c,
						   char *why, size_t why_cap);
/** AE 4.4: an event when 60, 30, 7 days are left to a certificate, and when
 * it has ended; each once. */
void wce_service_tls_tell(struct wce_service_tls *t, int64_t wall_s);
void wce_service_tls_drop(struct wce_service_tls *t);

#endif
