/* Stream sockets as the edge wants them: non-blocking, bound to both address
 * and device. */
#ifndef COMMON_SOCK_H
#define COMMON_SOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "common/addr.h"
#include "common/err.h"

/**
 * Listen on address and device (NULL: any).
 * @param is_shared  SO_REUSEPORT: the second and later shards
 * EDGE_ESYS with errno.
 */
EDGE_MUST_CHECK enum edge_err edge_sock_listen(int *out,
					       const struct edge_addr *local,
					       const char *device,
					       bool is_shared);
/**
 * Start to connect. EDGE_OK: connected or under way (wait until writable, then
 * edge_sock_error); EDGE_ESYS with errno.
 * @param local   NULL or family 0: any; its port is used when not 0
 * @param device  NULL: any
 */
EDGE_MUST_CHECK enum edge_err edge_sock_dial(int *out,
					     const struct edge_addr *local,
					     const char *device,
					     const struct edge_addr *remote);
/**
 * Take in who waits at a listener; never waits itself. EDGE_EAGAIN: nobody;
 * EDGE_ELIMIT: no descriptor or memory for him now; EDGE_ESYS with errno.
 * @param from  where he is, an IP address
 */
EDGE_MUST_CHECK enum edge_err edge_sock_accept(int *out, struct edge_addr *from,
					       int listener);
/** Take and clear what happened to the connection: an errno, 0 when fine. */
int edge_sock_error(int fd);
/** No delay for small writes; not a TCP socket is fine. */
void edge_sock_set_nodelay(int fd);
/* How a peer that died in silence is noticed: keep-alive, and how long what was
 * sent may go without an answer (0: as the kernel does). */
struct edge_sock_probing {
	uint16_t idle_s, interval_s, count;
	uint32_t user_timeout_ms;
};
/** Not a TCP socket is fine. */
void edge_sock_set_probing(int fd, const struct edge_sock_probing *p);
/** close() will reset the connection and forget what is not sent. */
void edge_sock_set_abrupt(int fd);
/** Both ends; family 0 where it is not an IP socket. */
void edge_sock_names(int fd, struct edge_addr *local, struct edge_addr *remote);
/** Name of the interface that carries the address; false when none does. */
bool edge_sock_device(const struct edge_addr *at, char out[16]);

#endif
