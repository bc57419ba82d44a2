/* MAC, HKDF, Ed25519, hashes, randomness; the only wrapper over libcrypto. */
#ifndef COMMON_CRYPTO_H
#define COMMON_CRYPTO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"
#include "common/slice.h"

enum { EDGE_SHA256_LEN = 32, EDGE_ED25519_SIG_LEN = 64 };

/** Fills or aborts: there is no working without randomness. */
void edge_random(void *out, size_t len);
uint32_t edge_random_u32(void);

enum { EDGE_STOCK_LEN = 512 };
/* Random bytes drawn ahead: a call for a few is as dear as one for hundreds.
 * All zero: none drawn yet. Thread: its owner's. */
struct edge_stock {
	uint8_t bytes[EDGE_STOCK_LEN];
	size_t left; /* the first ones; what was given out is wiped */
};
/** len at most EDGE_STOCK_LEN. */
void edge_stock_take(struct edge_stock *s, void *out, size_t len);
void edge_wipe(void *p, size_t len);
/** In a time that does not depend on what differs. */
bool edge_ct_eq(const void *a, const void *b, size_t len);
void edge_sha256(struct edge_slice in, uint8_t out[EDGE_SHA256_LEN]);

struct edge_sha256_ctx; /* for streams */
EDGE_MUST_CHECK enum edge_err edge_sha256_new(struct edge_sha256_ctx **out);
void edge_sha256_add(struct edge_sha256_ctx *c, struct edge_slice in);
/** Gives the hash and frees c. */
void edge_sha256_end(struct edge_sha256_ctx *c, uint8_t out[EDGE_SHA256_LEN]);
void edge_sha256_free(struct edge_sha256_ctx *c); /* given up; NULL is fine */

/* A key with its MAC state kept; wiped by free. Thread: one. */
struct edge_mac;
EDGE_MUST_CHECK enum edge_err edge_mac_new(struct edge_mac **out,
					   struct edge_slice key);
void edge_mac_free(struct edge_mac *m);
void edge_mac_sha256(struct edge_mac *m, struct edge_slice in,
		     uint8_t out[EDGE_SHA256_LEN]);

enum { EDGE_SEAL_KEY_LEN = 32, EDGE_SEAL_MORE = 28 }; /* nonce and tag */
/** AES-256-GCM with a nonce of its own: in becomes EDGE_SEAL_MORE bytes longer,
 * and nobody without the key reads or changes it. EDGE_ELIMIT (cap). */
EDGE_MUST_CHECK enum edge_err edge_seal(uint8_t *out, size_t cap, size_t *len,
					const uint8_t key[EDGE_SEAL_KEY_LEN],
					struct edge_slice in);
/** Back again; EDGE_EAUTH: not sealed with that key. */
EDGE_MUST_CHECK enum edge_err edge_unseal(uint8_t *out, size_t cap, size_t *len,
					  const uint8_t key[EDGE_SEAL_KEY_LEN],
					  struct edge_slice in);

/** RFC 5869, both steps. salt and label may be empty. EDGE_ERANGE: no key, or
 * out_len not in 1..8160. */
EDGE_MUST_CHECK enum edge_err edge_hkdf_sha256(uint8_t *out, size_t out_len,
					       struct edge_slice key,
					       struct edge_slice salt,
					       struct edge_slice label);

/** PEM public key file against a detached 64-byte signature. EDGE_EAUTH: does
 * not fit; EDGE_ENOTFOUND, EDGE_ESYS, EDGE_EFORMAT (no PEM key, or one with a
 * passphrase), EDGE_EDENIED (not Ed25519) are about the file. */
EDGE_MUST_CHECK enum edge_err edge_ed25519_verify(const char *public_pem,
						  struct edge_slice msg,
						  struct edge_slice sig);
EDGE_MUST_CHECK enum edge_err
edge_ed25519_sign(const char *private_pem, struct edge_slice msg,
		  uint8_t out[EDGE_ED25519_SIG_LEN]);

/** Keyed fast hash for tables fed by strangers (SipHash-2-4). */
uint64_t edge_siphash(const uint8_t key[16], struct edge_slice in);

/** base64url without padding, + NUL; returns length, 0 when cap is too small.
 */
size_t edge_base64url(char *out, size_t cap, struct edge_slice in);
/** Strict: one text a value. EDGE_EFORMAT, EDGE_ELIMIT (cap); what out holds
 * then is undefined. So does edge_unhex. */
EDGE_MUST_CHECK enum edge_err edge_base64url_decode(uint8_t *out, size_t cap,
						    size_t *len,
						    struct edge_slice in);
void edge_hex(char *out, struct edge_slice in); /* lower case + NUL */
EDGE_MUST_CHECK enum edge_err edge_unhex(uint8_t *out, size_t cap, size_t *len,
					 struct edge_slice in);

#endif
