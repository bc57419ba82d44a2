/* The inside end of the Web Conferencing bench: a Data MCU that dials an edge,
 * or a TLS server that other proxies dial. */
#ifndef TESTS_BENCH_WC_MCU_H
#define TESTS_BENCH_WC_MCU_H

#include <stdint.h>

#include "tests/bench/peer.h"

struct wc_mcu;

struct wc_mcu_plan {
	struct bench_tls tls; /* is_client as edge says */
	const char *own;      /* our address */
	const char *edge;     /* the edge's, or NULL: we listen */
	const char *edge_name, *name;
	unsigned port;
};

enum wc_job {
	WC_ECHO,
	WC_COUNT,  /* take bytes and count them */
	WC_SOURCE, /* send as much as goes, and count what comes */
};

/** Registered, or listening, a few turns later: see wc_mcu_is_up. */
struct wc_mcu *wc_mcu_new(struct bench_loop *beside,
			  const struct wc_mcu_plan *p);
bool wc_mcu_is_up(const struct wc_mcu *m);
/** What the sessions do; with WC_SOURCE the first so many of them, in blocks of
 * len bytes. Between turns. */
void wc_mcu_set(struct wc_mcu *m, enum wc_job job, size_t len,
		unsigned sources);
/** One message from one of the sessions, in turn. Between turns. */
void wc_mcu_say(struct wc_mcu *m, size_t len);
uint64_t wc_mcu_bytes(const struct wc_mcu *m); /* that have come, in all */
unsigned wc_mcu_sessions(const struct wc_mcu *m);
/** Data legs that wait for a client; those of a server are none. */
unsigned wc_mcu_parked(const struct wc_mcu *m);
/** Data legs on their way to that. */
unsigned wc_mcu_dialling(const struct wc_mcu *m);
/** Dial toward so many parked legs, a few at a time: call it again until they
 * are there. What the edge wants does not count any more. */
void wc_mcu_park(struct wc_mcu *m, unsigned legs);

/** Bytes that mean nothing. */
extern const char wc_filler[65536];

#endif
