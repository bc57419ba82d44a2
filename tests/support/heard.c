/* What the log says while a test runs. */
#include "tests/support/heard.h"

#include <check.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINES = 512, LINE = 2048 };

static char lines[LINES][LINE], all[LINES * LINE];
static unsigned count;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void keep(const char *line, void *arg)
{
	(void)arg;
	if (getenv("HEARD_VERBOSE"))
		fprintf(stderr, "%s\n", line);
	pthread_mutex_lock(&lock);
	if (count < LINES)
		snprintf(lines[count], LINE, "%s", line);
	count++;
	pthread_mutex_unlock(&lock);
}

/* A test that said more than is kept cannot be judged by its lines. What is
 * kept stays as it is, so the lines below that number need no lock. */
static unsigned kept(void)
{
	unsigned n = heard_count();

	ck_assert_uint_le(n, LINES);
	return n;
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
	pthread_mutex_lock(&lock);
	count = 0;
	pthread_mutex_unlock(&lock);
}

unsigned heard_count(void)
{
	unsigned n;

	pthread_mutex_lock(&lock);
	n = count;
	pthread_mutex_unlock(&lock);
	return n;
}

const char *heard_line(unsigned i)
{
	ck_assert_msg(i < kept(), "no line %u:\n%s", i, heard_all());
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
