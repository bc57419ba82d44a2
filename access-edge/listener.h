/* Accepting sockets of a shard: who may become a link. */
#ifndef ACCESS_EDGE_LISTENER_H
#define ACCESS_EDGE_LISTENER_H

#include "access-edge/shard.h"
#include "common/door.h"

/** Accept on fd (taken over) for this shard. */
EDGE_MUST_CHECK enum edge_err acc_listener_new(struct acc_listener **out,
					       struct acc_shard *s,
					       enum acc_listen_kind kind,
					       int fd);
void acc_listener_free(struct acc_listener *l); /* NULL is fine */
/** Where the topology wants that door; family 0: nowhere. Partners have none of
 * their own when they share the clients' (AE 1.2). */
struct edge_addr acc_door_of(const struct topo *t, enum acc_listen_kind kind);
/** Do partners come by the clients' door? */
bool acc_door_is_shared(const struct topo *t);
/** While the next hop is down only a tenth of the rate is let in. */
void acc_listener_throttle(struct acc_listener *l, bool on);

#endif
