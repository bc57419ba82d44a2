/* Counters: a line of atomics a shard, summed when somebody asks. */
#include "common/stats.h"

#include <assert.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CACHE_LINE = 64 /* so that shards do not share one [bytes] */ };

struct edge_stats {
	char *service;
	struct edge_stat_row *rows;
	size_t count, stride; /* rows; values from one shard to the next */
	unsigned shards;
	_Atomic uint64_t *values;
};

enum edge_err edge_stats_new(struct edge_stats **out, const char *service,
			     const struct edge_stat_row *rows, size_t count,
			     unsigned shards)
{
	const size_t line = CACHE_LINE / sizeof(uint64_t);
	struct edge_stats *s = calloc(1, sizeof(*s));
	enum edge_err err = EDGE_ENOMEM;
	size_t len;

	if (!s)
		goto out;
	s->count = count;
	s->shards = shards;
	s->stride = (count + line - 1) / line * line;
	len = (s->stride * shards + line) * sizeof(*s->values);
	s->service = strdup(service);
	s->values = aligned_alloc(CACHE_LINE, len);
	s->rows = calloc(count ? count : 1, sizeof(*rows));
	if (!s->service || !s->values || !s->rows)
		goto out;
	memcpy(s->rows, rows, count * sizeof(*rows));
	for (size_t i = 0; i < s->stride * shards; i++)
		atomic_init(&s->values[i], 0);
	*out = s;
	s = NULL;
	err = EDGE_OK;
out:
	edge_stats_free(s);
	return err;
}

void edge_stats_free(struct edge_stats *s)
{
	if (!s)
		return;
	free(s->service);
	free(s->values);
	free(s->rows);
	free(s);
}

void edge_stats_add(struct edge_stats *s, unsigned shard, size_t row,
		    uint64_t n)
{
	assert(shard < s->shards && row < s->count);
	atomic_fetch_add_explicit(&s->values[shard * s->stride + row], n,
				  memory_order_relaxed);
}

uint64_t edge_stats_sum(const struct edge_stats *s, size_t row)
{
	uint64_t sum = 0;

	assert(row < s->count);
	for (unsigned i = 0; i < s->shards; i++)
		sum += atomic_load_explicit(&s->values[i * s->stride + row],
					    memory_order_relaxed);
	return sum;
}

size_t edge_stats_count(const struct edge_stats *s)
{
	return s->count;
}

void edge_stats_name(const struct edge_stats *s, size_t row, char *out,
		     size_t cap)
{
	const struct edge_stat_row *r = &s->rows[row];

	assert(row < s->count);
	if (r->reason)
		snprintf(out, cap, "lync_edge_%s_%s_total{reason=\"%s\"}",
			 s->service, r->noun, r->reason);
	else
		snprintf(out, cap, "lync_edge_%s_%s_total", s->service,
			 r->noun);
}
