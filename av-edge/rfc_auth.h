/* Integrity of STUN messages: MESSAGE-INTEGRITY, its SHA-256 sister, and
 * FINGERPRINT; the keys they are made with. RFC 8489 §9, §14.5-14.7. */
#ifndef AV_EDGE_RFC_AUTH_H
#define AV_EDGE_RFC_AUTH_H

#include "av-edge/login_auth.h"
#include "av-edge/rfc_msg.h"
#include "common/err.h"

enum {
	RFC_KEY_MAX = 32,
	RFC_SIGNATURE_MAX = 4 + 32, /* what rfc_sign adds at most */
};

/* How the long-term key is made; RFC 8489 §18.5.1. */
enum rfc_algorithm { RFC_MD5 = 1, RFC_SHA256 = 2 };

/** Hash of username ":" realm ":" password; returns its length. */
size_t rfc_key(uint8_t out[RFC_KEY_MAX], enum rfc_algorithm how,
	       const struct ave_login *l);

struct rfc_mac; /* key with its states kept; one thread; wiped by free */

/** For messages of either attribute; the key is copied. */
EDGE_MUST_CHECK enum edge_err rfc_mac_new(struct rfc_mac **out,
					  struct edge_slice key);
void rfc_mac_free(struct rfc_mac *k); /* NULL is fine */
/** Does m carry the right integrity? The stronger attribute decides when both
 * are there; a truncated one does not fit. Constant time, allocates nothing. */
bool rfc_mac_fits(const struct rfc_mac *k, const struct rfc_msg *m);
/** Ends the message that w holds with INTEGRITY or INTEGRITY_SHA256. */
struct edge_slice rfc_sign(struct edge_put *w, const struct rfc_mac *k,
			   enum rfc_attr which);

/** Absent, or right. */
bool rfc_fingerprint_fits(const struct rfc_msg *m);
/** Ends the message with FINGERPRINT. */
struct edge_slice rfc_put_fingerprint(struct edge_put *w);

#endif
