/* Who is let in outside: counts, rates, and who must make room. */
#ifndef WEBCONF_EDGE_GATE_H
#define WEBCONF_EDGE_GATE_H

#include "webconf-edge/shard.h"

/* The calls of the shard's doors; arg is the shard. */

/** WC 4.8: accepting waits when tables are full, so that the queue in front of
 * us sees it; 0: one may come in. Whoever has said nothing for a second makes
 * room before anybody waits for him. */
uint64_t wce_gate_wait_ms(void *arg, uint64_t now_ms);
bool wce_gate_taken(void *arg, int fd, const struct edge_addr *from);
void wce_gate_paused(void *arg);

#endif
