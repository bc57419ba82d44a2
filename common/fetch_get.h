/* One GET over plain HTTP outside, to where a stranger's URL may lead. */
#ifndef COMMON_FETCH_GET_H
#define COMMON_FETCH_GET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/addr.h"
#include "common/err.h"
#include "common/slice.h"
#include "common/url.h"

struct edge_loop;
struct edge_dns;

enum {
	EDGE_GET_MS = 10000,	     /* ours: from the start to the end [ms] */
	EDGE_GET_BODY_MAX = 8 << 20, /* ours [bytes] */
	EDGE_GET_REDIRECTS = 3,	     /* ours */
	EDGE_GET_ADDRESSES = 4,	     /* ours: tried of a name */
};

struct edge_get_plan {
	struct edge_loop *loop;
	struct edge_dns *dns;	/* refuses inside names; freed after this and
				   before the loop */
	struct edge_addr local; /* external address; family 0: any */
	const char *device;	/* or NULL; outlives it */
	uint32_t timeout_ms;	/* 0: EDGE_GET_MS */
	uint32_t body_max;	/* 0: EDGE_GET_BODY_MAX */
	/* private and loopback addresses and any port; else public ones
	 * (edge_addr_is_public) and port 80 alone */
	bool is_lab;
	/** Says no to our own addresses and inside networks; NULL: nobody. */
	bool (*is_inside)(const struct edge_addr *at, void *arg);
	void *arg;
};

struct edge_get_answer {
	/* EDGE_OK: body is whole. EDGE_EDENIED: scheme, port, name, address or
	 * Content-Encoding are not allowed; EDGE_EFORMAT: URL or answer;
	 * EDGE_EREFUSED: status says it is not there; EDGE_ELIMIT: too large or
	 * too many redirects; EDGE_ETIMEOUT, EDGE_EDNS, EDGE_ENOTFOUND (name),
	 * EDGE_ECLOSED (cut off), EDGE_ESYS, EDGE_ENOMEM */
	enum edge_err err;
	unsigned status;	   /* of the last head; 0: none came */
	struct edge_slice body;	   /* borrowed until return */
	const struct edge_url *at; /* where the last step led */
};

typedef void edge_get_fn(const struct edge_get_answer *a, void *arg);

/*
 * Each step, redirects included, is judged anew: scheme, port, name, each
 * address; the address that was judged is the one that is dialled. System
 * calls: those of edge_sock_dial, then getsockopt, sendto, recvfrom, close; all
 * are in the common table of common/sandbox.c.
 */
struct edge_get; /* thread: its loop */

EDGE_MUST_CHECK enum edge_err edge_get_new(struct edge_get **out,
					   const struct edge_get_plan *p,
					   const struct edge_url *url);
/** fn is called once, from the loop, never before return; g is gone then. */
void edge_get_start(struct edge_get *g, edge_get_fn *fn, void *arg);
/** Give it up, started or not; fn is not called, g is gone. NULL is fine. */
void edge_get_free(struct edge_get *g);

#endif
