/* The last N lines of something, for the admin endpoint; any thread. */
#include "common/recent.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

struct edge_recent {
	pthread_mutex_t lock;
	size_t cap, count, next;
	char (*lines)[EDGE_RECENT_LINE];
};

enum edge_err edge_recent_new(struct edge_recent **out, size_t cap)
{
	struct edge_recent *r = calloc(1, sizeof(*r));

	if (!r || !cap) {
		free(r);
		return r ? EDGE_ERANGE : EDGE_ENOMEM;
	}
	r->lines = calloc(cap, sizeof(*r->lines));
	if (!r->lines) {
		free(r);
		return EDGE_ENOMEM;
	}
	r->cap = cap;
	pthread_mutex_init(&r->lock, NULL);
	*out = r;
	return EDGE_OK;
}

void edge_recent_free(struct edge_recent *r)
{
	if (!r)
		return;
	pthread_mutex_destroy(&r->lock);
	free(r->lines);
	free(r);
}

void edge_recent_add(struct edge_recent *r, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	pthread_mutex_lock(&r->lock);
	vsnprintf(r->lines[r->next], EDGE_RECENT_LINE, fmt, ap);
	r->next = (r->next + 1) % r->cap;
	if (r->count < r->cap)
		r->count++;
	pthread_mutex_unlock(&r->lock);
	va_end(ap);
}

void edge_recent_each(struct edge_recent *r,
		      void (*fn)(const char *line, void *arg), void *arg)
{
	pthread_mutex_lock(&r->lock);
	for (size_t i = 0; i < r->count; i++)
		fn(r->lines[(r->next + r->cap - r->count + i) % r->cap], arg);
	pthread_mutex_unlock(&r->lock);
}
