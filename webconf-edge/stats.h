/* Rows of this service's counters: own, then one a reason, twice. */
#ifndef WEBCONF_EDGE_STATS_H
#define WEBCONF_EDGE_STATS_H

#include "common/stats.h"
#include "webconf-edge/reason.h"

enum wce_stat {
#define STAT(id, noun, reason) WCE_STAT_##id,
#include "webconf-edge/wce_stats.def"
#undef STAT
	WCE_STAT_REJECT,
	WCE_STAT_ENDED = WCE_STAT_REJECT + WCE_REASONS,
	WCE_STAT_COUNT = WCE_STAT_ENDED + WCE_REASONS
};

/** The counters of webconf-edge; rows by enum wce_stat, reject{reason} (a
 * client was refused) at WCE_STAT_REJECT + reason, ended{reason} (a paired
 * session) at WCE_STAT_ENDED + reason. */
EDGE_MUST_CHECK enum edge_err wce_stats_new(struct edge_stats **out,
					    unsigned shards);
/** The row of a duration. */
enum wce_stat wce_stats_handshake(uint64_t ms);
enum wce_stat wce_stats_pair(uint64_t ms);

#endif
