/* The flows of a bench on one epoll: brought up, fed, given back. */
#ifndef TESTS_BENCH_AV_ENDS_H
#define TESTS_BENCH_AV_ENDS_H

#include "tests/bench/av_flow.h"

enum { AV_DIALECTS_MAX = 8 };

/** A payload has come through; to_client: from the flow's peer. */
typedef void av_arrived_fn(void *arg, struct av_flow *f, bool to_client,
			   struct edge_slice payload);

struct av_ends {
	/* set these first */
	const struct av_dialect *dialects[AV_DIALECTS_MAX]; /* in turn */
	unsigned dialect_count, count;
	struct edge_addr own, server, peer; /* peer family 0: none */
	struct av_logins logins;
	uint32_t lifetime_s; /* asked for; 0: the server's choice */
	av_arrived_fn *arrived;
	void *arg;
	enum av_state until; /* nothing is asked from there on */
	/* its own */
	struct av_flow *flows;
	int epoll;
	uint64_t said_again;
};

/** Ends the program when it cannot. */
void av_ends_init(struct av_ends *e);
/** Sockets and a login of its own; av_ends_step is next. */
void av_ends_start(struct av_ends *e, struct av_flow *f);
/** Ask what the state asks for; again if it has been asked long ago. */
void av_ends_step(struct av_ends *e, struct av_flow *f);
void av_ends_remind(struct av_ends *e, struct av_flow *f, uint64_t now_ns);
/** Sockets go, whatever the server thinks. */
void av_ends_close(struct av_flow *f);
/** What has come, to arrived and to the dialects. */
void av_ends_take(struct av_ends *e, int timeout_ms);
/** All flows, started, to at least that state, so many at a time; how many got
 * there. */
unsigned av_ends_bring(struct av_ends *e, enum av_state until, unsigned window);
/** Send a stamped payload of that size; false: the kernel did not take it. */
bool av_ends_send(struct av_flow *f, bool to_peer, const struct av_stamp *s,
		  size_t size);

#endif
