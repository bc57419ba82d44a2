/* PURE: does a header line tell of the inside? The last thing before partners.
 */
#ifndef ACCESS_EDGE_REVEAL_H
#define ACCESS_EDGE_REVEAL_H

#include "access-edge/view.h"
#include "common/sip/msg.h"

/** Does a text hold a name or an address of the inside, in any spelling: case,
 * escapes, a dot at the end, inside of other words, with or without brackets?
 */
bool acc_text_reveals(const struct acc_view *v, struct edge_slice text);

/**
 * Does that line hold a name or an address of the inside, anywhere in it?
 * False for lines that a message cannot do without: those are edited elsewhere
 * (Via, routes, Contact) or are the users' own (From, To, Call-ID, what refers
 * to a dialog).
 */
bool acc_line_reveals(const struct acc_view *v,
		      const struct edge_sip_line *line);

#endif
