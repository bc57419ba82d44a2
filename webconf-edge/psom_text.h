/* Text in EP1 frames: what is allowed in, and how it is shown. */
#ifndef WEBCONF_EDGE_PSOM_TEXT_H
#define WEBCONF_EDGE_PSOM_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/addr.h"
#include "common/slice.h"

/** UTF-8 as RFC 3629 has it, without bytes below 0x20 and 0x7f (WC 5.2); empty
 * is fine. */
bool psom_text_is(struct edge_slice s);

/* A line for people in the caller's memory; what does not fit is cut. */
struct psom_line {
	char *p;
	size_t cap, len;
};
void psom_line_str(struct psom_line *l, const char *s);
void psom_line_number(struct psom_line *l, uint64_t v);
void psom_line_hex(struct psom_line *l, struct edge_slice v);
/** In quotes; what is not printable ASCII, a quote or a backslash as \xNN. */
void psom_line_text(struct psom_line *l, struct edge_slice v);
void psom_line_addr(struct psom_line *l, const struct edge_addr *a);
/** Ends it with NUL (when cap is not 0); returns its length. */
size_t psom_line_end(struct psom_line *l);

#endif
