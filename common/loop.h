/* One event loop a thread, over libre; nothing else sees libre. */
#ifndef COMMON_LOOP_H
#define COMMON_LOOP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"
#include "common/wheel.h"

struct edge_loop; /* owner and thread: the thread that made it */

/* ERROR alone: neither is wanted now, but a reset is. */
enum edge_loop_io {
	EDGE_LOOP_READ = 1,
	EDGE_LOOP_WRITE = 2,
	EDGE_LOOP_ERROR = 4
};

/** ready may name more than was asked for (errors are told as all), and may
 * be stale when the number of a closed fd is used again in the same turn:
 * the fd is non-blocking and the system call tells the truth. */
typedef void edge_io_fn(unsigned ready, void *arg); /* EDGE_LOOP_* bits */

/* Work for the end of the turn; embedded in its owner, queued at most once.
 * Zero-initialised is "not queued". */
struct edge_task {
	struct edge_task *next;
	bool queued;
	void (*fn)(struct edge_task *t);
};

/* Who has no owner but the loop and wants to be told when that ends; embedded.
 * Zero-initialised is "not joined". */
struct edge_leaver {
	struct edge_leaver *next, **link;
	void (*fn)(struct edge_leaver *v);
};

/** Makes the loop of the calling thread (one at a time); fd table from
 * RLIMIT_NOFILE. EDGE_ESTATE when the thread has one. */
EDGE_MUST_CHECK enum edge_err edge_loop_new(struct edge_loop **out);
/** Tells the leavers, runs what is deferred, then frees. On the loop's thread;
 * NULL is fine. */
void edge_loop_free(struct edge_loop *l);
/** Until edge_loop_stop; may be called again afterwards. */
EDGE_MUST_CHECK enum edge_err edge_loop_run(struct edge_loop *l);
/** End edge_loop_run; from any thread or a signal handler. */
void edge_loop_stop(struct edge_loop *l);
/** Monotonic, read once a turn [ms]. */
uint64_t edge_loop_now_ms(const struct edge_loop *l);
struct edge_wheel *edge_loop_wheel(struct edge_loop *l);
/** Watch or change what is watched; io 0 stops watching (before close).
 * EDGE_ELIMIT when fd does not fit the table. */
EDGE_MUST_CHECK enum edge_err edge_loop_watch(struct edge_loop *l, int fd,
					      unsigned io, edge_io_fn *fn,
					      void *arg);
void edge_loop_unwatch(struct edge_loop *l, int fd);
/** Run t->fn once after all events of this turn, before the loop sleeps. What
 * a task defers runs in the same turn too: a task must not defer itself. */
void edge_loop_defer(struct edge_loop *l, struct edge_task *t);
/** Free a thing at the end of the turn, after all deferred tasks; so a task
 * inside it may still be queued, and looks first whether its owner lives. */
void edge_loop_defer_free(struct edge_loop *l, void *thing,
			  void (*free_fn)(void *thing));
/** edge_loop_free calls v->fn, unless v has left before. */
void edge_loop_join(struct edge_loop *l, struct edge_leaver *v);
void edge_loop_leave(struct edge_leaver *v); /* not joined is fine */
/** Memory that any event of this loop may fill and must be done with when it
 * returns: sockets are read into it, so that an idle one holds no buffer. */
uint8_t *edge_loop_scratch(struct edge_loop *l, size_t *cap);
/** A second one, for what is sent at once: four full TLS records and more. */
uint8_t *edge_loop_out_scratch(struct edge_loop *l, size_t *cap);

#endif
