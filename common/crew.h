/* The threads that run shards: all made before one of them runs. */
#ifndef COMMON_CREW_H
#define COMMON_CREW_H

#include <stdbool.h>

#include "common/err.h"

struct edge_loop;
struct edge_mailbox;
struct edge_crew; /* owner and thread: who made it (the control thread) */

struct edge_crew_plan {
	unsigned count; /* of workers, 1 or more */
	/* These four on the worker's own thread. make may fail: what it made
	 * until then is its own to free. */
	enum edge_err (*make)(void **worker, unsigned index, void *arg);
	struct edge_loop *(*loop)(void *worker);
	struct edge_mailbox *(*mailbox)(void *worker);
	void (*free)(void *worker);
	/* These two on the owner's. */
	void (*drop)(void *mail); /* of a mail that is never delivered */
	void (*full)(unsigned worker,
		     void *arg); /* its box had no room: kept,
				    told once a mail; or NULL */
	void *arg;
};

/**
 * One thread a worker. Each makes its own, waits until all are made, runs its
 * loop and frees it when all have stopped: none is ever posted to before it
 * exists or after it is gone. One after the other is made and freed.
 * EDGE_ERANGE, EDGE_ENOMEM, EDGE_ESYS, or what make said: nothing is left then.
 */
EDGE_MUST_CHECK enum edge_err edge_crew_new(struct edge_crew **out,
					    const struct edge_crew_plan *p);
/** Stops and joins all; NULL is fine. */
void edge_crew_free(struct edge_crew *c);
void *edge_crew_worker(const struct edge_crew *c, unsigned i);
/** Takes the mail over. When the box of worker i is full it is kept, in order,
 * and offered again by edge_crew_flush. NULL is fine. */
void edge_crew_post(struct edge_crew *c, unsigned i, void *mail);
/** Offer again what was kept; true: something still is. */
bool edge_crew_flush(struct edge_crew *c);

#endif
