/* What the XMPP proxy tells its operator: one reason in event, counter and the
 * list of refusals. */
#ifndef ACCESS_EDGE_XMPP_TELL_H
#define ACCESS_EDGE_XMPP_TELL_H

#include "access-edge/xmpp_link.h"

/** A stream is established; auth: "external", "dialback", "mtls". */
void acc_xmpp_tell_ready(const struct acc_xmpp_link *l, const char *auth);
/** A link has ended. */
void acc_xmpp_tell_end(struct acc_xmpp_link *l, enum acc_xmpp_reason r);
/** A connection broke; its words go into the events that follow from it. */
void acc_xmpp_tell_lost(struct acc_xmpp_link *l);
/** A stanza went back where it came from, or is gone; way: "in" or "out". */
struct acc_xmpp_stanza_told {
	const char *way, *name;
	struct edge_slice from, to;
	enum acc_xmpp_reason reason;
	bool is_bounced;
};
void acc_xmpp_tell_stanza(struct acc_xmpp_core *c,
			  const struct acc_xmpp_stanza_told *s);
/** A connection was not let in; role: as a link's would be called. */
void acc_xmpp_tell_refused(struct acc_xmpp_core *c,
			   const struct edge_addr *from, const char *role,
			   enum acc_xmpp_reason r);

#endif
