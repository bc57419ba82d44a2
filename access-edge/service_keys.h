/* Route keys of the pool: read, made for a single edge, rotated. */
#ifndef ACCESS_EDGE_SERVICE_KEYS_H
#define ACCESS_EDGE_SERVICE_KEYS_H

#include "access-edge/route_token.h"
#include "topology/secrets.h"

/** Load <state>/secrets/route.keys; a single edge without one makes its own
 * (kept when the state folder lets us), a pool member without one is refused
 * with the fix in why. */
EDGE_MUST_CHECK enum edge_err acc_service_keys_load(struct topo_keyring **out,
						    const char *state,
						    const struct topo *t,
						    char *why, size_t why_cap);
/** A single edge's ring gets a new key a day before the newest ends; true
 * when it did. */
bool acc_service_keys_rotate(struct topo_keyring *r, const char *state,
			     const struct topo *t, uint64_t now_s);
/** The ring as one thread uses it. */
EDGE_MUST_CHECK enum edge_err
acc_service_keys_copy(struct acc_route_keys **out,
		      const struct topo_keyring *r);

#endif
