/* Token keys of the pool: read, copied for a shard, their end foreseen. */
#ifndef WEBCONF_EDGE_SERVICE_KEYS_H
#define WEBCONF_EDGE_SERVICE_KEYS_H

#include "topology/secrets.h"
#include "webconf-edge/psom_login.h"

/** Load <state>/secrets/psom.keys. Without one, or with none in date, every
 * client will be refused: an event says how to mend it, and an empty ring is
 * given. A file that cannot be read or parsed is an error. */
EDGE_MUST_CHECK enum edge_err wce_service_keys_load(struct topo_keyring **out,
						    const char *state,
						    char *why, size_t why_cap);
/** The ring as one shard uses it; on the heap, wce_keys_free's. */
EDGE_MUST_CHECK enum edge_err
wce_service_keys_copy(struct psom_keys **out, const struct topo_keyring *r);
/** An event when the last key ends within two hours, and when none is in date;
 * told: which was the last one, so that each is told once. */
void wce_service_keys_tell(unsigned *told, const struct topo_keyring *r,
			   uint64_t now_s);

#endif
