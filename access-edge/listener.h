/* Accepting sockets: bound to address and device, one a shard. */
#ifndef ACCESS_EDGE_LISTENER_H
#define ACCESS_EDGE_LISTENER_H

#include "access-edge/shard.h"
#include "common/sock.h" /* doors are found by device */

struct acc_door { /* where a listener stands */
	struct edge_addr at;
	const char *device; /* NULL or "": any */
};

/**
 * Open count sockets on (address, device) with SO_REUSEPORT, after a plain
 * bind has proved that nobody else holds the address. fds of a failed call are
 * closed. why gets address, device and errno text.
 */
EDGE_MUST_CHECK enum edge_err acc_listener_bind(int *fds, unsigned count,
						const struct acc_door *door,
						char *why, size_t why_cap);

/** Accept on fd (taken over) for this shard. */
EDGE_MUST_CHECK enum edge_err acc_listener_new(struct acc_listener **out,
					       struct acc_shard *s,
					       enum acc_listen_kind kind,
					       int fd);
void acc_listener_free(struct acc_listener *l); /* NULL is fine */
/** While the next hop is down only a tenth of the rate is let in. */
void acc_listener_throttle(struct acc_listener *l, bool on);

#endif
