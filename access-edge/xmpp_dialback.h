/* PURE: dialback keys in the form of XEP-0185, equal in a pool; AE 6.3. */
#ifndef ACCESS_EDGE_XMPP_DIALBACK_H
#define ACCESS_EDGE_XMPP_DIALBACK_H

#include <stddef.h>

#include "common/crypto.h"

enum {
	ACC_DIALBACK_SECRETS = 8,
	ACC_DIALBACK_SECRET_LEN = 2 * EDGE_SHA256_LEN, /* hex */
	ACC_DIALBACK_KEY_LEN = 2 * EDGE_SHA256_LEN + 1 /* hex and NUL */
};

/* hex(SHA-256(passphrase)), or what stands for it; the first one makes keys,
 * any of them verifies. Wiped by its owner. */
struct acc_dialback {
	char secret[ACC_DIALBACK_SECRETS][ACC_DIALBACK_SECRET_LEN + 1];
	size_t count;
};

/** From the topology's hex(SHA-256(DialbackPassphrase)). EDGE_EFORMAT: is not
 * 64 hex digits. */
EDGE_MUST_CHECK enum edge_err acc_dialback_of_passphrase(struct acc_dialback *d,
							 const char *hex);
/** One more secret out of a key of the pool: HKDF, so that each edge that has
 * the key makes and verifies the same. EDGE_ELIMIT. */
EDGE_MUST_CHECK enum edge_err acc_dialback_add(struct acc_dialback *d,
					       struct edge_slice pool_key);
/** hex(HMAC-SHA256(secret, receiving SP originating SP stream id)). EDGE_ESTATE
 * without a secret, EDGE_ENOMEM. */
EDGE_MUST_CHECK enum edge_err acc_dialback_key(const struct acc_dialback *d,
					       char out[ACC_DIALBACK_KEY_LEN],
					       const char *receiving,
					       const char *originating,
					       struct edge_slice stream_id);
/** Is that our key? In a time that does not depend on it. */
bool acc_dialback_is_ours(const struct acc_dialback *d, struct edge_slice key,
			  const char *receiving, const char *originating,
			  struct edge_slice stream_id);

#endif
