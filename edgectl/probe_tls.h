/* TLS of a probe: a handshake that goes on whatever the certificate is, and
 * what was wrong with it. */
#ifndef EDGECTL_PROBE_TLS_H
#define EDGECTL_PROBE_TLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"
#include "common/slice.h"

struct ctl_probe_roots; /* whom to trust; of one thread */
struct ctl_probe_tls;

/** The system's with NULL. why names what cannot be read. */
EDGE_MUST_CHECK enum edge_err ctl_probe_roots_new(struct ctl_probe_roots **out,
						  const char *pem, char *why,
						  size_t why_cap);
void ctl_probe_roots_free(struct ctl_probe_roots *r); /* NULL is fine */

/* How the other end went. */
enum ctl_probe_parting {
	CTL_PROBE_STAYS,      /* it did not, or we went first */
	CTL_PROBE_WANTS_OURS, /* an alert about our certificate, or none */
	CTL_PROBE_CUT,	      /* without a word of TLS */
	CTL_PROBE_ALERT,      /* for another reason */
};

/* Texts are ASCII. */
struct ctl_probe_seen {
	bool has_certificate, has_name, asks_for_ours;
	char version[16];   /* "TLS 1.3" */
	char chain[128];    /* what is wrong with it; "": nothing */
	char validity[128]; /* of the certificate itself; "": it is valid now */
	char names[200];    /* as it says; cut */
	int days_left;
	char why[160];			/* why there was no handshake */
	enum ctl_probe_parting parting; /* in the handshake */
};

struct ctl_probe_shake {
	struct ctl_probe_roots *roots;
	int fd;		  /* connected, non-blocking; stays the caller's */
	const char *name; /* of the server: asked for, and to be certified */
	uint64_t until_ms;
};
/** seen is written in any case: also a handshake that ends in an alert shows
 * a certificate. EDGE_ETLS, EDGE_ETIMEOUT: no handshake, *out is NULL. */
EDGE_MUST_CHECK enum edge_err
ctl_probe_tls_new(struct ctl_probe_tls **out, struct ctl_probe_seen *seen,
		  const struct ctl_probe_shake *p);
void ctl_probe_tls_free(struct ctl_probe_tls *t); /* NULL is fine */
/** Since the handshake; of what has been read. */
enum ctl_probe_parting ctl_probe_tls_parting(const struct ctl_probe_tls *t);
EDGE_MUST_CHECK enum edge_err ctl_probe_tls_write(struct ctl_probe_tls *t,
						  struct edge_slice bytes,
						  uint64_t until_ms, char *why,
						  size_t why_cap);
struct ctl_probe_room {
	uint8_t *p;
	size_t *len; /* grows; what is there already */
	size_t room; /* behind it */
};
/** At least one byte more. EDGE_ECLOSED: no more comes. */
EDGE_MUST_CHECK enum edge_err
ctl_probe_tls_read(struct ctl_probe_tls *t, const struct ctl_probe_room *room,
		   uint64_t until_ms, char *why, size_t why_cap);

#endif
