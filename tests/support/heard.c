/* What the log says while a test runs. */
#include "tests/support/heard.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINES = 512, LINE = 2048 };

static char lines[LINES][LINE], all[LINES * LINE];
static unsigned count;

static void keep(const char *line, void *arg)
{
	(void)arg;
	if (getenv("HEARD_VERBOSE"))
		fprintf(stderr, "%s\n", line);
	if (count < LINES)
		snprintf(lines[count], LINE, "%s", line);
	count++;
}

/* A test that said more than is kept cannot be judged by its lines. */
static unsigned kept(void)
{
	ck_assert_uint_le(count, LINES);
	return count;
}

void heard_start(const struct edge_event_row *events)
{
	heard_forget();
	if (events)
		edge_log_table(events);
	edge_log_capture(keep, NULL);
}

void heard_stop(void)
{
	edge_log_capture(NULL, NULL);
}

void heard_forget(void)
{
	count = 0;
}

unsigned heard_count(void)
{
	return count;
}

const char *heard_line(unsigned i)
{
	ck_assert_msg(i < kept(), "no line %u of %u:\n%s", i, count,
		      heard_all());
	return lines[i];
}

unsigned heard_with(const char *words)
{
	unsigned n = 0;

	for (unsigned i = 0; i < kept(); i++)
		n += strstr(lines[i], words) != NULL;
	return n;
}

bool heard(const char *words)
{
	return heard_with(words) > 0;
}

const char *heard_all(void)
{
	size_t len = 0;

	*all = '\0';
	for (unsigned i = 0; i < kept(); i++)
		len += (size_t)snprintf(all + len, sizeof(all) - len, "%s\n",
					lines[i]);
	return all;
}
