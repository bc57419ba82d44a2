/* What holds for the tables of every service: events, limits, counters. */
#ifndef TESTS_SUPPORT_ROWS_H
#define TESTS_SUPPORT_ROWS_H

#include "common/config.h"
#include "common/log.h"
#include "common/stats.h"

/** Ids from first to first + 999, each once, with a text, and a name that
 * begins with prefix. */
void rows_of_events(const struct edge_event_row *rows, uint32_t first,
		    const char *prefix);
/** Names "SERVICE.x", each once; defaults in their ranges, which 32 bits hold;
 * a source each. */
void rows_of_config(const struct edge_config_rows *rows, const char *service);
/** Names that are all different. */
void rows_of_stats(const struct edge_stats *s);
/** That row's name is "lync_edge_SERVICE_NOUN_total{reason="REASON"}". */
void rows_stat_is(const struct edge_stats *s, size_t row, const char *service,
		  const char *noun, const char *reason);

#endif
