/* What the A/V authentication key gives: derived keys, a certificate for TURN
 * over TLS. The private key is read here, on the control thread, alone. */
#ifndef AV_EDGE_SERVICE_KEYS_H
#define AV_EDGE_SERVICE_KEYS_H

#include "av-edge/mras_ring.h"
#include "common/config.h"
#include "topology/topology.h"

struct edge_tls;

#define AVE_TURN_LISTENER "av-turn" /* in [tls] profile.NAME */

struct ave_service_keys {
	struct mras_ring ring;
	/* hex, key by key of the ring */
	char spki_sha256[MRAS_RING_KEYS][2 * MRAS_SPKI_LEN + 1];
	struct edge_tls *turn; /* NULL: no [certificate.turn] */
};

/** All or nothing; why names the setting or the file. EDGE_ESTATE: no key
 * counts any more. */
EDGE_MUST_CHECK enum edge_err
ave_service_keys_load(struct ave_service_keys *out, const struct edge_config *c,
		      const struct topo *t, char *why, size_t why_cap);
void ave_service_keys_drop(struct ave_service_keys *k); /* wipes */
/** Which one of the ring makes tokens at that time; MRAS_RING_KEYS: none. */
size_t ave_service_keys_minting(const struct ave_service_keys *k,
				int64_t now_s);
/** Wipe those that count no more; true: there were some. */
bool ave_service_keys_prune(struct ave_service_keys *k, int64_t now_s);

#endif
