/* The answer to a Digest challenge; RFC 2617, as RFC 3261 uses it. */
#ifndef EDGECTL_DIGEST_AUTH_H
#define EDGECTL_DIGEST_AUTH_H

#include <stddef.h>

#include "common/err.h"
#include "common/slice.h"

struct ctl_digest {
	const char *user, *password, *method, *uri;
	const char *cnonce; /* random text; used when the server wants qop */
};

/** The value of Authorization. EDGE_ENOTFOUND: not a Digest challenge;
 * EDGE_EFORMAT, EDGE_ELIMIT; EDGE_EDENIED: an algorithm but MD5. */
EDGE_MUST_CHECK enum edge_err ctl_digest_answer(char *out, size_t cap,
						const struct ctl_digest *d,
						struct edge_slice challenge);

#endif
