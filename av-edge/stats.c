/* Rows of this service's counters: own, then one a reason, one a close. */
#include "av-edge/stats.h"

enum edge_err ave_stats_new(struct edge_stats **out, unsigned workers)
{
	struct edge_stat_row rows[AVE_STAT_COUNT] = {
#define STAT(id, noun, reason) [AVE_STAT_##id] = {noun, reason},
#include "av-edge/ave_stats.def"
#undef STAT
	};

	for (int r = 0; r < AVE_REASONS; r++)
		rows[AVE_STAT_DROPPED + r] = (struct edge_stat_row){
			"dropped", ave_reason_label((enum ave_reason)r)};
	for (int w = 0; w <= AVE_STREAM_DISMISSED; w++)
		rows[AVE_STAT_CLOSED + w] = (struct edge_stat_row){
			"closed", ave_stream_why_name((enum ave_stream_why)w)};
	return edge_stats_new(out, "av", rows, AVE_STAT_COUNT, workers);
}
