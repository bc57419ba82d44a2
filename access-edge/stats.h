/* Rows of this service's counters: own, then one a reason, one a close. */
#ifndef ACCESS_EDGE_STATS_H
#define ACCESS_EDGE_STATS_H

#include "common/stats.h"
#include "access-edge/reason.h"
#include "common/conn.h"

enum acc_stat {
#define STAT(id, noun, reason) ACC_STAT_##id,
#include "access-edge/acc_stats.def"
#undef STAT
	ACC_STAT_REFUSED,
	ACC_STAT_CLOSED = ACC_STAT_REFUSED + ACC_REASON_COUNT,
	ACC_STAT_COUNT = ACC_STAT_CLOSED + EDGE_CONN_WHY_OURS + 1
};

/** The counters of access-edge; rows by enum acc_stat, refused{reason} at
 * ACC_STAT_REFUSED + reason, closed{reason} at ACC_STAT_CLOSED + why. */
EDGE_MUST_CHECK enum edge_err acc_stats_new(struct edge_stats **out,
					    unsigned shards);

#endif
