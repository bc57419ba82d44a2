/* What the A/V authentication key gives: derived keys, a certificate for TURN
 * over TLS. The private key is read here, on the control thread, alone. */
#ifndef AV_EDGE_SERVICE_KEYS_H
#define AV_EDGE_SERVICE_KEYS_H

#include "av-edge/mras_ring.h"
#include "common/config.h"
#include "topology/topology.h"

struct edge_tls;

struct ave_service_keys {
	struct mras_ring ring;
	char spki_sha256[2 * MRAS_SPKI_LEN + 1]; /* hex */
	struct edge_tls *turn; /* NULL: no [certificate.turn] */
};

/** All or nothing; why names the setting or the file. */
EDGE_MUST_CHECK enum edge_err
ave_service_keys_load(struct ave_service_keys *out, const struct edge_config *c,
		      const struct topo *t, char *why, size_t why_cap);
void ave_service_keys_drop(struct ave_service_keys *k); /* wipes */

#endif
