/* PURE: what prefixes mean at a point of XML that is written. */
#ifndef ACCESS_EDGE_XMPP_SCOPE_H
#define ACCESS_EDGE_XMPP_SCOPE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/err.h"
#include "common/slice.h"

enum {
	ACC_SCOPE_BINDINGS = 64,  /* ours: in scope at a time */
	ACC_SCOPE_BYTES = 8192,	  /* ours: of their prefixes and names */
	ACC_SCOPE_PREFIX_MAX = 64 /* ours [bytes] */
};

struct acc_scope_binding {
	uint16_t prefix, uri; /* where they begin in text, NUL ended */
	uint8_t depth;
};

/* What prefixes mean at a point of what is written; the content namespace
 * (no prefix) is jabber:server at the start. Zero-initialised, then init. */
struct acc_scope {
	struct acc_scope_binding bindings[ACC_SCOPE_BINDINGS];
	uint16_t count, used;
	char text[ACC_SCOPE_BYTES];
};

void acc_scope_init(struct acc_scope *s);
/** What the prefix ("": none) means; "" for no namespace, NULL when it means
 * nothing. */
const char *acc_scope_find(const struct acc_scope *s, const char *prefix);
/** Bind from that depth inward. EDGE_ELIMIT: too many, or too long. */
EDGE_MUST_CHECK enum edge_err acc_scope_bind(struct acc_scope *s, uint8_t depth,
					     const char *prefix,
					     const char *uri);
/** An element of that depth is over. */
void acc_scope_leave(struct acc_scope *s, uint8_t depth);
/** Is the prefix bound by the elements of that depth? */
bool acc_scope_has_at(const struct acc_scope *s, uint8_t depth,
		      const char *prefix);

#endif
