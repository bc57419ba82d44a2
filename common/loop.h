/* One event loop a thread, over libre; nothing else sees libre. */
#ifndef COMMON_LOOP_H
#define COMMON_LOOP_H

#include <stdbool.h>
#include <stdint.h>

#include "common/err.h"
#include "common/wheel.h"

struct edge_loop;

enum edge_loop_io { EDGE_LOOP_READ = 1, EDGE_LOOP_WRITE = 2 };

typedef void edge_io_fn(unsigned ready, void *arg); /* EDGE_LOOP_* bits */

/* Work for the end of the turn; embedded in its owner, queued at most once. */
struct edge_task {
	struct edge_task *next;
	bool queued;
	void (*fn)(struct edge_task *t);
};

/** Makes the loop of the calling thread; fd table from RLIMIT_NOFILE. */
EDGE_MUST_CHECK enum edge_err edge_loop_new(struct edge_loop **out);
void edge_loop_free(struct edge_loop *l);
EDGE_MUST_CHECK enum edge_err edge_loop_run(struct edge_loop *l);
/** End edge_loop_run; from any thread or a signal handler. */
void edge_loop_stop(struct edge_loop *l);
/** Monotonic, read once a turn [ms]. */
uint64_t edge_loop_now_ms(const struct edge_loop *l);
struct edge_wheel *edge_loop_wheel(struct edge_loop *l);
/** Watch or change what is watched; io 0 stops watching (before close). */
EDGE_MUST_CHECK enum edge_err edge_loop_watch(struct edge_loop *l, int fd,
					      unsigned io, edge_io_fn *fn,
					      void *arg);
void edge_loop_unwatch(struct edge_loop *l, int fd);
/** Run t->fn once after all events of this turn, before the loop sleeps. */
void edge_loop_defer(struct edge_loop *l, struct edge_task *t);
/** Free a thing at the end of the turn, after all deferred tasks. */
void edge_loop_defer_free(struct edge_loop *l, void *thing,
			  void (*free_fn)(void *thing));

#endif
