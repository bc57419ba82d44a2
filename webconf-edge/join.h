/* Clients at the desk: judged, seated, given a leg, let go; WC 5.5 steps
 * 13-16. */
#ifndef WEBCONF_EDGE_JOIN_H
#define WEBCONF_EDGE_JOIN_H

#include "webconf-edge/mcu.h"

/** A mail of a shard: ASK, AGAIN or DONE. */
void wce_join_mail(struct wce_desk *d, const struct wce_mail *m);
/** Who waits there is given parked legs, first come first served. */
void wce_join_serve(struct wce_mcu *m);
/** All who wait there are refused. */
void wce_join_refuse_waiting(struct wce_mcu *m, enum wce_reason why);
/** CONF_END: no more joins of that conference of that MCU. */
void wce_join_end_conference(struct wce_mcu *m, struct edge_slice conference);
/** Forget all seats; shards are gone. */
void wce_join_free_all(struct wce_desk *d);

#endif
