/* Credentials for all that one request asks, and the relays they are good
 * for. PURE; AV 2.3, 2.4, 6.1. */
#ifndef AV_EDGE_MRAS_MINT_H
#define AV_EDGE_MRAS_MINT_H

#include "av-edge/mras_ring.h"
#include "av-edge/mras_xml.h"
#include "topology/topology.h"

struct mras_mint { /* borrowed */
	const struct topo *topo;
	const struct mras_ring *ring;
	int64_t now_s; /* wall */
	void (*random)(void *out, size_t len);
	bool is_server; /* who asks */
};

/** One spelling an account: what else a URI may say, a password, parameters,
 * the scheme, makes no other user of it. Case is no matter to the token. */
struct edge_slice mras_account(uint8_t buf[MRAS_IDENTITY_MAX],
			       struct edge_slice identity);

struct mras_minted {
	size_t count;
	uint8_t pseudonym[MRAS_PSEUDONYM_LEN]; /* the first one's */
};

/**
 * The whole body of the response.
 * @param w  when the phrase is not MRAS_OK, what stands there is of no use
 * @return MRAS_OK, MRAS_FORBIDDEN (one of them is revoked), MRAS_INTERNAL (no
 * key counts now, or the topology has no relay for the location),
 * MRAS_TOO_LARGE (w is full)
 */
enum mras_phrase mras_mint_all(struct edge_put *w, struct mras_minted *out,
			       const struct mras_mint *c,
			       const struct mras_request *r);

#endif
