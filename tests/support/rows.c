/* What holds for the tables of every service: events, limits, counters. */
#include "tests/support/rows.h"

#include <check.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum { STATS = 512, NAME = 128, FEW = 10 };

static bool begins(const char *name, const char *prefix)
{
	return !strncmp(name, prefix, strlen(prefix));
}

void rows_of_events(const struct edge_event_row *rows, uint32_t first,
		    const char *prefix)
{
	size_t n = 0;

	for (; rows[n].id; n++) {
		const struct edge_event_row *r = &rows[n];

		ck_assert_msg(r->id >= first && r->id < first + 1000, "%s",
			      r->name);
		ck_assert_msg(*r->text, "%s has no text", r->name);
		ck_assert_msg(begins(r->name, prefix), "%s", r->name);
		for (size_t i = 0; i < n; i++)
			ck_assert_msg(rows[i].id != r->id, "%s and %s",
				      rows[i].name, r->name);
	}
	ck_assert_uint_gt(n, FEW);
}

/* "SERVICE.x", and not the name of one before it. */
static void name_of_config(const char *name, const char *service)
{
	const size_t len = strlen(service);

	ck_assert_msg(begins(name, service) && name[len] == '.' &&
			      name[len + 1],
		      "%s", name);
}

void rows_of_config(const struct edge_config_rows *rows, const char *service)
{
	ck_assert_uint_gt(rows->limit_count, FEW);
	for (size_t i = 0; i < rows->limit_count; i++) {
		const struct edge_limit_row *r = &rows->limits[i];

		name_of_config(r->name, service);
		ck_assert_msg(r->min <= r->def && r->def <= r->max, "%s",
			      r->name);
		ck_assert_msg(r->max <= UINT32_MAX, "%s is held in 32 bits",
			      r->name);
		ck_assert_msg(*r->source, "%s has no source", r->name);
		for (size_t k = 0; k < i; k++)
			ck_assert_str_ne(rows->limits[k].name, r->name);
	}
	for (size_t i = 0; i < rows->option_count; i++) {
		name_of_config(rows->options[i].name, service);
		for (size_t k = 0; k < i; k++)
			ck_assert_str_ne(rows->options[k].name,
					 rows->options[i].name);
	}
}

void rows_of_stats(const struct edge_stats *s)
{
	static char names[STATS][NAME];

	ck_assert_uint_le(edge_stats_count(s), STATS);
	for (size_t i = 0; i < edge_stats_count(s); i++) {
		edge_stats_name(s, i, names[i], NAME);
		for (size_t k = 0; k < i; k++)
			ck_assert_str_ne(names[k], names[i]);
	}
}

void rows_stat_is(const struct edge_stats *s, size_t row, const char *service,
		  const char *noun, const char *reason)
{
	char name[NAME], want[NAME];

	snprintf(want, sizeof(want), "lync_edge_%s_%s_total{reason=\"%s\"}",
		 service, noun, reason);
	edge_stats_name(s, row, name, sizeof(name));
	ck_assert_str_eq(name, want);
}
