/* A loop turned by the test itself. */
#ifndef TESTS_SUPPORT_TURNS_H
#define TESTS_SUPPORT_TURNS_H

#include "common/loop.h"

/** Turn the loop until done(arg); the test fails after at_most_ms, saying what
 * was awaited. Whoever waits for an event may edge_loop_stop: done is asked
 * again at once then, and else every 10 ms. */
void turns_until(struct edge_loop *loop, bool (*done)(void *arg), void *arg,
		 unsigned at_most_ms, const char *what);
/** Turn the loop for a while. */
void turns_for(struct edge_loop *loop, unsigned ms);

#endif
