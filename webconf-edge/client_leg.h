/* A client and its data leg: waiting, asking, paired; WC 4.1 S4 to S7. */
#ifndef WEBCONF_EDGE_CLIENT_LEG_H
#define WEBCONF_EDGE_CLIENT_LEG_H

#include "webconf-edge/client.h"

/** The desk was asked: its answer must come in time. */
void wce_client_await_leg(struct wce_client *c);
/** One event of one end of a paired client. */
void wce_client_relayed(struct wce_client *c, enum wce_side side,
			enum edge_conn_event ev);

#endif
