/* Accepting sockets: bound to address and device, one a loop, not faster than
 * is allowed. */
#ifndef COMMON_DOOR_H
#define COMMON_DOOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/addr.h"
#include "common/err.h"
#include "common/sock.h" /* a door is found by its device */

struct edge_loop;
struct edge_door; /* owner: its shard; thread: its loop */

struct edge_door_at { /* where one stands */
	struct edge_addr at;
	const char *device; /* NULL or "": any */
};

struct edge_door_plan {
	struct edge_loop *loop;
	uint32_t rate, burst; /* connections a second, at once; rate 0: any */
	/* How long nobody is taken in; 0: one may come in now. NULL: always. */
	uint64_t (*wait_ms)(void *arg, uint64_t now_ms);
	/* One came; fd is his, non-blocking. May not free the door. False: he
	 * was turned away, and that does not count as one of rate: else those
	 * who are turned away again and again keep all others waiting. */
	bool (*taken)(void *arg, int fd, const struct edge_addr *from);
	/* Who waits is left in the backlog for a while; NULL: not told. */
	void (*paused)(void *arg);
	void *arg;
};

/**
 * Open count sockets there, with SO_REUSEPORT when it is several, after a plain
 * bind has proved that nobody else holds the address. fds of a failed call are
 * closed. EDGE_ESYS; why gets address, device and errno text.
 */
EDGE_MUST_CHECK enum edge_err edge_door_bind(int *fds, unsigned count,
					     const struct edge_door_at *at,
					     char *why, size_t why_cap);
/** Accept on fd, a listening socket, taken over in every case. EDGE_ENOMEM,
 * EDGE_ELIMIT. */
EDGE_MUST_CHECK enum edge_err
edge_door_new(struct edge_door **out, const struct edge_door_plan *p, int fd);
/** Closes the socket; NULL is fine. */
void edge_door_free(struct edge_door *d);
/** Another rate from now on, the burst in proportion. */
void edge_door_set_rate(struct edge_door *d, uint32_t rate);

#endif
