/* Rows of this service's counters: own, then one a reason, twice. */
#include "webconf-edge/stats.h"

enum edge_err wce_stats_new(struct edge_stats **out, unsigned shards)
{
	struct edge_stat_row rows[WCE_STAT_COUNT] = {
#define STAT(id, noun, reason) [WCE_STAT_##id] = {noun, reason},
#include "webconf-edge/wce_stats.def"
#undef STAT
	};

	for (int r = 0; r < WCE_REASONS; r++) {
		const char *name = wce_reason_name((enum wce_reason)r);

		rows[WCE_STAT_REJECT + r] =
			(struct edge_stat_row){"reject", name};
		rows[WCE_STAT_ENDED + r] =
			(struct edge_stat_row){"ended", name};
	}
	return edge_stats_new(out, "webconf", rows, WCE_STAT_COUNT, shards);
}

enum wce_stat wce_stats_handshake(uint64_t ms)
{
	return ms <= 10	    ? WCE_STAT_HANDSHAKE_10
	       : ms <= 100  ? WCE_STAT_HANDSHAKE_100
	       : ms <= 1000 ? WCE_STAT_HANDSHAKE_1000
			    : WCE_STAT_HANDSHAKE_MORE;
}

enum wce_stat wce_stats_pair(uint64_t ms)
{
	return ms <= 1	   ? WCE_STAT_PAIR_1
	       : ms <= 10  ? WCE_STAT_PAIR_10
	       : ms <= 100 ? WCE_STAT_PAIR_100
			   : WCE_STAT_PAIR_MORE;
}
