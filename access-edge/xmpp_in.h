/* Partners' streams to us, on port 5269; AE 6.3. */
#ifndef ACCESS_EDGE_XMPP_IN_H
#define ACCESS_EDGE_XMPP_IN_H

#include "access-edge/xmpp_link.h"

enum { ACC_XMPP_PAIRS = 8 /* ours: domains on one stream */ };

/** One has connected; fd is taken over in every case; false: turned away. */
bool acc_xmpp_in_accept(struct acc_xmpp_core *c, int fd,
			const struct edge_addr *from);
/** What the authoritative server said of the key that domain gave for own on
 * that stream, which may be gone: OK, DIALBACK_KEY (not valid), or why it could
 * not be asked. */
void acc_xmpp_in_verdict(struct acc_xmpp_core *c, edge_handle stream,
			 const char *domain, const char *own,
			 enum acc_xmpp_reason r);
/** Is there room for one more stream, either way, with that partner? OK,
 * CONNECTIONS or PARTNER_LIMIT. is_there: it is among the streams already, and
 * nobody's yet. */
enum acc_xmpp_reason acc_xmpp_in_room(struct acc_xmpp_core *c,
				      const struct acc_xmpp_who *w,
				      bool is_there);
/** New topology: domains that are no partner's or not ours any more are not
 * spoken for any more, and the stream ends with its own. */
void acc_xmpp_in_topology(struct acc_xmpp_link *l);

#endif
