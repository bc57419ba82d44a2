/* A relay that does as it is told by packets stands in for the real one, for
 * the tests of the worker; and so do those who come in and the outlook. */
#ifndef TESTS_UNIT_AV_EDGE_WORKER_RELAY_H
#define TESTS_UNIT_AV_EDGE_WORKER_RELAY_H

#include <stdbool.h>
#include <stdint.h>

#include "common/addr.h"

/* what is there, and what was told; the worker's threads write them */
extern _Atomic int relays, outlooks, entered;
extern _Atomic int gone, looks, fulls, closed_peers, dropped;
extern _Atomic int copies;	/* of what a peer says: as many peers */
extern _Atomic int left_behind; /* allocations, at each old socket */

struct edge_addr local(uint16_t port); /* of 127.0.0.1 */
void await(int fd);
void expect(int fd, const char *what);
/* First byte of a client's message: what to do; then a port, then payload.
 *  E  pass it back with "hdr:" before it       T  tell "told"
 *  U  open a UDP address at the port           P  pass the rest to the port
 *  L  open a TCP address at the port           C  close what is open
 *  D  dial the port from the TCP address       W  write the rest to the peer
 *  J  join with the peer                       X  the stream is to be closed
 *  Q  close the client                         F  stop reading the client
 *  G  read it again                            A  it has an allocation; "told"
 *  N  it has none any more
 */
void order(int fd, char what, uint16_t port, const char *rest, bool is_framed);

#endif
