/* The one line that a session leaves, and its counters: WC 4.9. */
#ifndef WEBCONF_EDGE_CLIENT_TELL_H
#define WEBCONF_EDGE_CLIENT_TELL_H

#include "webconf-edge/client.h"

/** The session is over for that reason, from the state it is in. */
void wce_client_tell_end(struct wce_client *c, enum wce_reason why);
void wce_client_tell_paired(struct wce_client *c);
/** A connection that was never a session: refused at the door. */
void wce_client_tell_refused(struct wce_shard *s, enum wce_stat row,
			     const char *reason, const struct edge_addr *from);

#endif
