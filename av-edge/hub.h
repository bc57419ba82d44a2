/* The plain loop of one packet worker: batch, timers, descriptors by name. */
#ifndef AV_EDGE_HUB_H
#define AV_EDGE_HUB_H

#include "av-edge/udp_batch.h"
#include "common/handle.h"
#include "common/wheel.h"

enum {
	AVE_HUB_TURN_MS = 50,  /* ours: timers are this coarse [ms] */
	AVE_HUB_LULL_MS = 100, /* ours: out of descriptors, try again [ms] */
	/* ours: what is read from a stream at once: the longest frame of
	 * AV 1.4 and its header, twice again behind it [bytes] */
	AVE_HUB_SCRATCH = 192 * 1024,
};

struct ave_hub;

/* Who wants to know when a descriptor is ready; embedded in its owner.
 * Zero-initialised is "not listening". */
struct ave_ear {
	edge_handle id;
	int fd;
	unsigned io; /* asked for, enum ave_batch_io bits */
	void (*ready)(struct ave_ear *e, unsigned io);
};

/* Something to be done at the end of the turn; embedded, queued once. */
struct ave_chore {
	struct ave_chore *next;
	bool is_queued;
	void (*fn)(struct ave_chore *c);
};

/* A listener that can take nobody in just now; embedded in its owner. */
struct ave_lull {
	struct edge_timer timer;
	struct ave_hub *hub;
	struct ave_ear *ear;
};

/* Open to the files of the worker; its thread only. */
struct ave_hub {
	struct ave_batch *batch;
	struct edge_wheel *wheel;
	struct edge_handles *ears;
	struct ave_chore *first, **last;
	uint64_t now_ms;  /* monotonic, read once a turn */
	uint8_t *scratch; /* AVE_HUB_SCRATCH bytes and room around them */
	struct ave_batch_item *items;
};

/** Takes batch over, also when this fails. */
EDGE_MUST_CHECK enum edge_err
ave_hub_new(struct ave_hub **out, struct ave_batch *batch, unsigned shard);
/** Does what is queued, then frees; NULL is fine. */
void ave_hub_free(struct ave_hub *h);

/** Listen, or change what for; io 0 keeps the name and hears errors only. */
EDGE_MUST_CHECK enum edge_err
ave_hub_listen(struct ave_hub *h, struct ave_ear *e, int fd, unsigned io);
void ave_hub_leave(struct ave_hub *h, struct ave_ear *e); /* before close */
/** accept has failed with error. Out of descriptors or memory, who waits would
 * be told of in each turn: the ear hears nothing for AVE_HUB_LULL_MS then. */
void ave_hub_lull(struct ave_lull *l, struct ave_hub *h, struct ave_ear *e,
		  int error);
void ave_hub_unlull(struct ave_lull *l); /* before ave_hub_leave */
/** c->fn runs once after all events of this turn. */
void ave_hub_later(struct ave_hub *h, struct ave_chore *c);

/**
 * One turn: wait, read the clock, hand out datagrams, tell the ears, fire the
 * timers, do the chores.
 * @param datagram  called for each; item and packet are valid in this turn
 * @param begun     after the clock was read, before the first datagram
 */
void ave_hub_turn(struct ave_hub *h,
		  void (*datagram)(struct ave_batch_item *it, void *arg),
		  void (*begun)(uint64_t now_ms, void *arg), void *arg);

#endif
