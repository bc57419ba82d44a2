/* Rows of this service's counters: own, then one a reason, one a close. */
#ifndef ACCESS_EDGE_STATS_H
#define ACCESS_EDGE_STATS_H

#include "common/stats.h"
#include "access-edge/reason.h"
#include "access-edge/xmpp_reason.h"
#include "common/conn.h"

enum acc_stat {
#define STAT(id, noun, reason) ACC_STAT_##id,
#include "access-edge/acc_stats.def"
#undef STAT
	ACC_STAT_REFUSED,
	ACC_STAT_CLOSED = ACC_STAT_REFUSED + ACC_REASON_COUNT,
	/* by enum acc_xmpp_reason: streams, and stanzas two ways */
	ACC_STAT_XMPP_REFUSED = ACC_STAT_CLOSED + EDGE_CONN_WHY_OURS + 1,
	ACC_STAT_XMPP_BOUNCED = ACC_STAT_XMPP_REFUSED + ACC_XMPP_REASONS,
	ACC_STAT_XMPP_DROPPED = ACC_STAT_XMPP_BOUNCED + ACC_XMPP_REASONS,
	ACC_STAT_COUNT = ACC_STAT_XMPP_DROPPED + ACC_XMPP_REASONS
};

/** The counters of access-edge; rows by enum acc_stat, refused{reason} at
 * ACC_STAT_REFUSED + reason, closed{reason} at ACC_STAT_CLOSED + why,
 * xmpp_refused, xmpp_bounced and xmpp_dropped{reason} at the last three. */
EDGE_MUST_CHECK enum edge_err acc_stats_new(struct edge_stats **out,
					    unsigned shards);

#endif
