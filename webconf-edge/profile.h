/* What a client says first, and how it is answered: a row a protocol, WC 5.13.
 * The core behind it knows none. */
#ifndef WEBCONF_EDGE_PROFILE_H
#define WEBCONF_EDGE_PROFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/slice.h"
#include "webconf-edge/psom_assign.h"
#include "webconf-edge/psom_login.h"
#include "webconf-edge/reason.h"

enum { WCE_ANSWER_MAX = 256 /* accept and reject of every row [bytes] */ };

struct wce_opening { /* borrowed from the bytes it was read from */
	struct edge_slice mcu, conference, token, inner;
	struct edge_slice agent; /* p NULL: not said */
	size_t used;		 /* what follows is the client's own */
	bool forward_verbatim;	 /* the server wants the opening, too */
};

struct wce_profile {
	const char *name;
	/* Could these bytes, one or more, be how it starts? */
	bool (*begins)(struct edge_slice first);
	/* WCE_REASON_OK, WCE_REASON_MORE (bytes), or why not. *out is written
	 * only with OK. */
	enum wce_reason (*opening_parse)(struct wce_opening *out,
					 struct edge_slice in);
	/* Steps 7-12 of WC 5.5; out as psom_token_check. */
	enum wce_reason (*token_check)(struct psom_token *out,
				       const struct wce_opening *o,
				       const struct psom_keys *k,
				       const struct psom_token_rule *r,
				       uint64_t now_s);
	/* Bytes for the client; 0: nothing to say, or cap below
	 * WCE_ANSWER_MAX was too small. */
	size_t (*accept)(uint8_t *out, size_t cap,
			 const uint8_t sid[PSOM_SESSION_LEN]);
	size_t (*reject)(uint8_t *out, size_t cap, enum wce_reason why);
	/* The server is asked to take the client on a data leg of its own, and
	 * what it says: as psom_assign.h. */
	struct edge_slice (*ask)(uint8_t *out, size_t cap,
				 const struct psom_assign *a);
	enum psom_assign_answer (*answer)(size_t *used, struct edge_slice in,
					  const uint8_t *session);
};

/**
 * The row whose start the first bytes are or may become; NULL: nobody's, the
 * connection is closed without an answer. No bytes yet fit the first row. Ask
 * again with more bytes until opening_parse says other than MORE.
 */
const struct wce_profile *wce_profile_find(struct edge_slice first);

#endif
