/* The last N lines of something, for the admin endpoint; any thread. */
#ifndef COMMON_RECENT_H
#define COMMON_RECENT_H

#include <stddef.h>

#include "common/err.h"

enum { EDGE_RECENT_LINE = 1536 }; /* ours: a long rule fits */

struct edge_recent; /* locks inside */

EDGE_MUST_CHECK enum edge_err edge_recent_new(struct edge_recent **out,
					      size_t cap);
void edge_recent_free(struct edge_recent *r);
/** Keep one line, cut to EDGE_RECENT_LINE; the oldest goes. */
void edge_recent_add(struct edge_recent *r, const char *fmt, ...)
	EDGE_PRINTF(2, 3);
/** Oldest first. fn must not call back into r. */
void edge_recent_each(struct edge_recent *r,
		      void (*fn)(const char *line, void *arg), void *arg);

#endif
