/* Fetches over plain HTTP outside: few at a time, not too often, each place
 * once. */
#ifndef COMMON_FETCH_H
#define COMMON_FETCH_H

#include <stddef.h>
#include <stdint.h>

#include "common/err.h"
#include "common/fetch_get.h"

enum {
	EDGE_FETCH_RUNNING = 4, /* ours: at a time */
	EDGE_FETCH_QUEUE = 64,	/* ours: that wait */
	EDGE_FETCH_RATE = 2,	/* ours: started a second */
	EDGE_FETCH_BURST = 8,	/* ours */
};

struct edge_fetch_plan {
	struct edge_get_plan get; /* where it may go, how long, how much */
	uint32_t running, queue, rate, burst; /* 0: the numbers above */
};

struct edge_fetch; /* owner and thread: one loop */

EDGE_MUST_CHECK enum edge_err edge_fetch_new(struct edge_fetch **out,
					     const struct edge_fetch_plan *p);
/** Gives up what runs and waits; nobody is told. Before the resolver's and the
 * loop's end. NULL is fine. */
void edge_fetch_free(struct edge_fetch *f);
/**
 * Ask for a URL. EDGE_OK: fn is called once, from the loop; it may ask for more
 * and must not free f. Else it is not called: EDGE_EFORMAT, EDGE_EDENIED (see
 * edge_url_parse), EDGE_EDUP: the same text runs or waits, EDGE_ELIMIT: enough
 * wait, EDGE_ENOMEM.
 * @param url  copied
 */
EDGE_MUST_CHECK enum edge_err edge_fetch_ask(struct edge_fetch *f,
					     const char *url, edge_get_fn *fn,
					     void *arg);
size_t edge_fetch_count(const struct edge_fetch *f); /* running and waiting */

#endif
