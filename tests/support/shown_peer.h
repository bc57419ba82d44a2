/* What a partner's certificate shows after a handshake. */
#ifndef TESTS_SUPPORT_SHOWN_PEER_H
#define TESTS_SUPPORT_SHOWN_PEER_H

#include "common/peer.h"
#include "tests/support/certs.h"

/**
 * A new "peer" with that subjectAltName and distribution point ("URI:..."),
 * issued by "ca" of the folder, shakes hands with "edge".
 * @param out  filled anew; the caller's to edge_peer_fini
 */
void shown_peer(struct edge_peer *out, struct certs *c, const char *san,
		const char *cdp);

#endif
