/* Partners' streams to us, on port 5269; AE 6.3. */
#ifndef ACCESS_EDGE_XMPP_IN_H
#define ACCESS_EDGE_XMPP_IN_H

#include "access-edge/xmpp_link.h"

enum {
	ACC_XMPP_QUESTIONS = 16 /* ours: keys asked about for one stream */
};

/** One has connected; fd is taken over in every case; false: turned away. */
bool acc_xmpp_in_accept(struct acc_xmpp_core *c, int fd,
			const struct edge_addr *from);
/** What the authoritative server said of the key that was asked about for that
 * stream, which may be gone or want to know no more: OK, DIALBACK_KEY (not
 * valid), or why it could not be asked. */
void acc_xmpp_in_verdict(struct acc_xmpp_core *c, edge_handle stream,
			 edge_handle question, enum acc_xmpp_reason r);
/** New topology: domains that are no partner's or not ours any more are not
 * spoken for any more, and the stream ends with its own. */
void acc_xmpp_in_topology(struct acc_xmpp_link *l);

#endif
