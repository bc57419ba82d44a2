/* The shards of this service, each on its thread. */
#ifndef ACCESS_EDGE_CREW_H
#define ACCESS_EDGE_CREW_H

#include "access-edge/shard.h"
#include "common/crew.h"

/**
 * A crew (common/crew.h) whose workers are shards and whose mail is acc_mail.
 * @param plans   one a shard, by index; their references are taken over, also
 *                when this fails
 * @param shared  shared->shard[] is filled in; outlives the crew
 */
EDGE_MUST_CHECK enum edge_err acc_crew_new(struct edge_crew **out,
					   struct acc_shared *shared,
					   struct acc_shard_plan *plans);
/** edge_crew_free, and no shard is named any more; c may be NULL. */
void acc_crew_free(struct edge_crew *c, struct acc_shared *shared);

#endif
