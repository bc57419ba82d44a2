/* Counters named by a service's .def; one array a shard, summed on request. */
#ifndef COMMON_STATS_H
#define COMMON_STATS_H

#include <stddef.h>
#include <stdint.h>

#include "common/err.h"

struct edge_stat_row {
	const char *noun;   /* "refused" -> lync_edge_<service>_refused_total */
	const char *reason; /* label value, or NULL */
};

struct edge_stats; /* writers: one shard each; readers: any thread */

/** rows are copied, the texts in them must last. */
EDGE_MUST_CHECK enum edge_err edge_stats_new(struct edge_stats **out,
					     const char *service,
					     const struct edge_stat_row *rows,
					     size_t count, unsigned shards);
void edge_stats_free(struct edge_stats *s);
void edge_stats_add(struct edge_stats *s, unsigned shard, size_t row,
		    uint64_t n);
uint64_t edge_stats_sum(const struct edge_stats *s, size_t row);
size_t edge_stats_count(const struct edge_stats *s);
/** "lync_edge_access_refused_total{reason=\"x\"}" into out; cut to cap. */
void edge_stats_name(const struct edge_stats *s, size_t row, char *out,
		     size_t cap);

#endif
