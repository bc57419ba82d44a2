/* The threads that run the shards: all made before one of them runs. */
#ifndef ACCESS_EDGE_CREW_H
#define ACCESS_EDGE_CREW_H

#include "access-edge/shard.h"

struct acc_crew; /* owner and thread: who made it (the control thread) */

/**
 * One thread a shard. Each makes its shard, waits until all are made, runs it
 * and frees it when all have stopped: none is ever posted to before it exists
 * or after it is gone.
 * @param plans   one a shard, by index; their references are taken over, also
 *                when this fails
 * @param shared  shared->shard[] is filled in; outlives the crew
 */
EDGE_MUST_CHECK enum edge_err acc_crew_new(struct acc_crew **out,
					   struct acc_shared *shared,
					   const struct acc_shard_plan *plans);
/** Stops and joins all; NULL is fine. */
void acc_crew_free(struct acc_crew *c);
/** What a mail to that shard costs when its box is full: it is kept and
 * offered again by acc_crew_flush. Takes the mail over. */
void acc_crew_post(struct acc_crew *c, unsigned shard, struct acc_mail *m);
/** Offer again what was kept; true: something still is. */
bool acc_crew_flush(struct acc_crew *c);

#endif
