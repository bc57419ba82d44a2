/* Rows of this service's counters: own, then one a reason, one a close. */
#ifndef AV_EDGE_STATS_H
#define AV_EDGE_STATS_H

#include "common/stats.h"
#include "av-edge/reason.h"
#include "av-edge/stream.h"

enum ave_stat {
#define STAT(id, noun, reason) AVE_STAT_##id,
#include "av-edge/ave_stats.def"
#undef STAT
	AVE_STAT_DROPPED,
	AVE_STAT_CLOSED = AVE_STAT_DROPPED + AVE_REASONS,
	AVE_STAT_COUNT = AVE_STAT_CLOSED + AVE_STREAM_DISMISSED + 1
};

/** The counters of av-edge; rows by enum ave_stat, dropped{reason} at
 * AVE_STAT_DROPPED + reason, closed{reason} at AVE_STAT_CLOSED + why. */
EDGE_MUST_CHECK enum edge_err ave_stats_new(struct edge_stats **out,
					    unsigned workers);

#endif
