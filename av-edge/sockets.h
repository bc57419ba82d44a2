/* Sockets of the relay: server sockets shared by workers, relayed addresses. */
#ifndef AV_EDGE_SOCKETS_H
#define AV_EDGE_SOCKETS_H

#include <stdbool.h>

#include "common/addr.h"
#include "common/err.h"

/* Where to bind: device NULL or "": any. */
struct ave_place {
	struct edge_addr at;
	const char *device;
	bool is_tcp; /* of a server */
};

/**
 * A bound UDP socket.
 * @param is_shared  SO_REUSEPORT: the kernel keeps a client on one of them
 * @param buffer     of both directions [bytes], as far as the kernel lets us
 * EDGE_ESYS with errno.
 */
EDGE_MUST_CHECK enum edge_err ave_socket_udp(int *out,
					     const struct ave_place *p,
					     bool is_shared, unsigned buffer);
/** Listen on a relayed TCP address, so that connections can be dialled from it
 * too (AV 1.15). */
EDGE_MUST_CHECK enum edge_err ave_socket_relay(int *out,
					       const struct ave_place *p);
/** Start to connect from a relayed TCP address; as edge_sock_dial. */
EDGE_MUST_CHECK enum edge_err ave_socket_dial(int *out,
					      const struct ave_place *from,
					      const struct edge_addr *to);
/**
 * One server socket a worker, UDP or TCP; the first is bound alone before, to
 * prove that nobody else holds the address. TCP: all connections of a source
 * (IPv4 address, or /64) come to the same one.
 * why: who cannot listen where, and the system's reason.
 */
EDGE_MUST_CHECK enum edge_err ave_sockets_server(int *fds, unsigned count,
						 const struct ave_place *p,
						 char *why, size_t why_cap);
void ave_socket_close(int fd);
/** DSCP of what it sends, 0 to 63 (RFC 2474); a kernel that refuses sends on
 * without. */
void ave_socket_mark(int fd, uint8_t family, uint8_t dscp);
/** Room of a server's sockets, also of those that are open. */
void ave_socket_set_buffer(int fd, unsigned buffer);
/** A silent peer is asked every every_s seconds, and given up after 6. */
void ave_socket_set_keep_alive(int fd, unsigned every_s);

#endif
