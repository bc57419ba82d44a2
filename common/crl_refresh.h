/* Keeps the revocation lists of a store current: asks it what is due, fetches,
 * puts. */
#ifndef COMMON_CRL_REFRESH_H
#define COMMON_CRL_REFRESH_H

#include <stdint.h>

#include "common/err.h"

struct edge_fetch;
struct edge_loop;
struct edge_revocation;

enum { EDGE_CRL_REFRESH_MS = 2000 /* ours: how often the store is asked */ };

struct edge_crl_news {
	const char *url; /* a stranger's text: escape it */
	/* EDGE_OK: kept; else of edge_get_answer or edge_revocation_put */
	enum edge_err err;
	unsigned status; /* of HTTP; 0: no answer came */
};

struct edge_crl_refresh_plan {
	struct edge_loop *loop;
	struct edge_revocation *store; /* outlives it, as does fetch */
	struct edge_fetch *fetch;
	uint32_t period_ms;	 /* 0: EDGE_CRL_REFRESH_MS */
	int64_t (*wall_s)(void); /* NULL: the system's clock */
	/** For events and counters: each fetch, and each that could not be
	 * asked for. NULL: nobody is told. */
	void (*told)(const struct edge_crl_news *n, void *arg);
	void *arg;
};

/*
 * A list is decoded on this loop's thread: one of 8 MiB takes some 200 ms and
 * 70 MiB for that time. Not made (AE 3.1 KeepCrlsUpToDateForPeers off): the
 * store stays empty and says UNKNOWN.
 */
struct edge_crl_refresh; /* owner and thread: one loop */

EDGE_MUST_CHECK enum edge_err
edge_crl_refresh_new(struct edge_crl_refresh **out,
		     const struct edge_crl_refresh_plan *p);
/** After fetch's end, which gives up what is under way. NULL is fine. */
void edge_crl_refresh_free(struct edge_crl_refresh *r);

#endif
