/* Clients of the Web Conferencing bench: a session each, through the proxy. */
#ifndef TESTS_BENCH_WC_CROWD_H
#define TESTS_BENCH_WC_CROWD_H

#include <stdint.h>

#include "tests/bench/peer.h"

struct wc_crowd;

struct wc_crowd_plan {
	const char *ca, *suite, *from, *to, *name;
	unsigned port;
	const char *key; /* of tokens, hex, number 7; NULL: no HELLO is said */
	const char *mcu; /* whom the HELLO names */
};

enum wc_what {
	WC_LISTEN,	/* count what comes */
	WC_SEND,	/* send as much as goes */
	WC_TRIPS,	/* send len bytes, again when as many have come back */
	WC_COME_AND_GO, /* who is in leaves, and another comes */
};

/* Since the last wc_crowd_note(). */
struct wc_notes {
	uint64_t bytes, trips;
	unsigned came, failed, resumed; /* sessions: with their first echo */
	uint32_t *ns;			/* of each trip, or coming */
	size_t ns_count;
};

struct wc_crowd *wc_crowd_new(const struct wc_crowd_plan *p);
struct bench_loop *wc_crowd_loop(struct wc_crowd *c);
/** One more dials. Its session is there when 32 bytes have come back. */
void wc_crowd_open(struct wc_crowd *c);
/** How many are to come in all, with WC_COME_AND_GO: no more dial then. */
void wc_crowd_limit(struct wc_crowd *c, unsigned sessions);
/** What the first so many of those who are in do. Between turns. */
void wc_crowd_set(struct wc_crowd *c, enum wc_what what, size_t len,
		  unsigned clients);
/** One message from one of them, in turn. Between turns. */
void wc_crowd_say(struct wc_crowd *c, size_t len);
unsigned wc_crowd_in(const struct wc_crowd *c);
unsigned wc_crowd_dialling(const struct wc_crowd *c);
/** All leave. Between turns. */
void wc_crowd_leave(struct wc_crowd *c);
/** Notes begin anew. */
void wc_crowd_note(struct wc_crowd *c);
const struct wc_notes *wc_crowd_notes(const struct wc_crowd *c);

#endif
