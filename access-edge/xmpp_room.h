/* Places for streams with partners; AE 5, 6.1. Who has not proved who he is
 * takes none of a partner's, and of all never so many that none are left. */
#ifndef ACCESS_EDGE_XMPP_ROOM_H
#define ACCESS_EDGE_XMPP_ROOM_H

#include "access-edge/xmpp_core.h"

/** Makes c->admit and c->questions; both are freed by acc_xmpp_room_free. */
EDGE_MUST_CHECK enum edge_err acc_xmpp_room_new(struct acc_xmpp_core *c);
void acc_xmpp_room_free(struct acc_xmpp_core *c);
/** New limits or topology. */
void acc_xmpp_room_set(struct acc_xmpp_core *c);
/** Is there room for one more stream, either way, and for one more with that
 * partner (NULL: nobody's yet)? OK, CONNECTIONS or PARTNER_LIMIT. is_there: it
 * is among the streams already. */
enum acc_xmpp_reason acc_xmpp_room(const struct acc_xmpp_core *c,
				   const struct topo_xmpp_partner *p,
				   bool is_there);

#endif
