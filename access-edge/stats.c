/* Rows of this service's counters: own, then one a reason, one a close. */
#include "access-edge/stats.h"

#define CLOSED_NAME(name, text) text,
static const char *const closed_names[] = {EDGE_CONN_WHY_MAP(CLOSED_NAME)};
#undef CLOSED_NAME

static void xmpp_rows(struct edge_stat_row *rows)
{
	for (int r = 0; r < ACC_XMPP_REASONS; r++) {
		const char *name =
			acc_xmpp_reason_name((enum acc_xmpp_reason)r);

		rows[ACC_STAT_XMPP_REFUSED + r] =
			(struct edge_stat_row){"xmpp_refused", name};
		rows[ACC_STAT_XMPP_BOUNCED + r] =
			(struct edge_stat_row){"xmpp_bounced", name};
		rows[ACC_STAT_XMPP_DROPPED + r] =
			(struct edge_stat_row){"xmpp_dropped", name};
	}
}

enum edge_err acc_stats_new(struct edge_stats **out, unsigned shards)
{
	struct edge_stat_row rows[ACC_STAT_COUNT] = {
#define STAT(id, noun, reason) [ACC_STAT_##id] = {noun, reason},
#include "access-edge/acc_stats.def"
#undef STAT
	};

	for (int r = 0; r < ACC_REASON_COUNT; r++)
		rows[ACC_STAT_REFUSED + r] = (struct edge_stat_row){
			"refused", acc_reason_name((enum acc_reason)r)};
	for (int w = 0; w <= EDGE_CONN_WHY_OURS; w++)
		rows[ACC_STAT_CLOSED + w] =
			(struct edge_stat_row){"closed", closed_names[w]};
	xmpp_rows(rows);
	return edge_stats_new(out, "access", rows, ACC_STAT_COUNT, shards);
}
