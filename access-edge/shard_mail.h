/* What reaches a shard by mail: of other shards, of the control thread. */
#ifndef ACCESS_EDGE_SHARD_MAIL_H
#define ACCESS_EDGE_SHARD_MAIL_H

#include "access-edge/shard.h"

/** For its mailbox: msg is an acc_mail, freed here; arg the shard. */
void acc_shard_on_mail(void *msg, void *arg);
/** The NICs that carry its addresses, in the snapshot that is now. */
void acc_shard_find_devices(struct acc_shard *s);

/** All but the sockets, which go to the listeners; shard_plan.c. */
void acc_shard_take_plan(struct acc_shard *s, struct acc_shard_plan *p);

#endif
