/* One packet worker: a thread that owns a relay, its sockets and streams. */
#ifndef AV_EDGE_WORKER_H
#define AV_EDGE_WORKER_H

#include <stdatomic.h>
#include <stdbool.h>

#include "av-edge/fast_table.h"
#include "av-edge/mail.h"
#include "av-edge/relay.h"
#include "av-edge/stats.h"
#include "av-edge/udp_batch.h"

enum {
	AVE_WORKERS = 16,
	AVE_OLD_DOORS = 8, /* ours: UDP doors that have moved */
};

struct ave_worker;

/* What other threads may read of a worker: plain numbers. */
struct ave_gauges {
	_Atomic uint32_t allocations, streams, peers, sockets, fast;
	/* allocations at server sockets that have moved, and the last move
	 * that this number knows of */
	_Atomic uint32_t on_old, moves;
};

/* What all workers share: any thread, or fixed after start. */
struct ave_house {
	struct edge_stats *stats;
	struct ave_shared shared; /* ports and tallies, for the relays */
	const struct ave_dialect *dialects[AVE_DIALECTS]; /* NULL: none */
	struct edge_tally *connections; /* of TCP clients by source */
	char device[AVE_SIDES][16];	/* "": any */
	unsigned worker_count;
	_Atomic uint32_t stream_count; /* of all workers */
	struct ave_gauges gauges[AVE_WORKERS];
};

/** Room for one more of that source? Then ave_house_leave when it goes. */
bool ave_house_enter(struct ave_house *h, const struct edge_addr *client,
		     uint32_t per_source);
void ave_house_leave(struct ave_house *h, const struct edge_addr *client);

/* What a worker is started with; all but house is taken over. */
struct ave_worker_plan {
	unsigned index;
	struct ave_house *house;
	struct ave_batch *batch;
	struct ave_outlook *outlook;
	struct edge_tls *tls;	     /* TURN over TLS; or NULL */
	struct ave_fast_table *fast; /* or NULL */
	int fds[AVE_DOORS];
};

/** Give back what a plan holds; it is empty then. */
void ave_worker_plan_drop(struct ave_worker_plan *p);
/** Makes it and starts its thread; p is left empty, also when this fails. */
EDGE_MUST_CHECK enum edge_err ave_worker_start(struct ave_worker **out,
					       struct ave_worker_plan *p);
/** Ends the thread and frees; all allocations end. NULL is fine. */
void ave_worker_stop(struct ave_worker *w);
/** Any one thread. EDGE_ELIMIT when its mailbox is full: m stays the
 * caller's. */
EDGE_MUST_CHECK enum edge_err ave_worker_post(struct ave_worker *w,
					      struct ave_mail *m);

#endif
