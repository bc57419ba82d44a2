/* The [options] of this service as values, and limits that belong together. */
#ifndef AV_EDGE_SETTINGS_H
#define AV_EDGE_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "av-edge/mras_ring.h"
#include "av-edge/policy.h"
#include "av-edge/udp_batch.h"
#include "av-edge/view.h"
#include "common/config.h"

struct ave_settings {
	char realm[AVE_REALM_MAX + 1];
	uint32_t ms_version; /* 1..4, AV 1.9 */
	enum ave_batch_kind batch;
	bool has_rfc;
	enum mras_format token_format;
	struct ave_network peer_networks[AVE_PEER_NETWORKS];
	size_t peer_network_count;
	uint16_t peer_ports[AVE_PEER_PORTS];
	size_t peer_port_count;
	struct edge_slice users_revoked[MRAS_REVOKED_USERS]; /* in c's text */
	size_t user_revoked_count;
	bool has_fast_path;
	int64_t not_before_s; /* tokens issued earlier are revoked; 0: none */
};

/** why names the setting that does not do. EDGE_ERANGE. */
EDGE_MUST_CHECK enum edge_err ave_settings_read(struct ave_settings *out,
						const struct edge_config *c,
						char *why, size_t why_cap);

#endif
