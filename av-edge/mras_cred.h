/* A/V authentication's credentials: keys, tokens, passwords. PURE maths. */
#ifndef AV_EDGE_MRAS_CRED_H
#define AV_EDGE_MRAS_CRED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"
#include "common/slice.h"

enum {
	MRAS_TOKEN_LEN = 60,	/* AV 6.1; no other layout is longer [bytes] */
	MRAS_PASSWORD_LEN = 20, /* AV 6.1 [bytes] */
	MRAS_PSEUDONYM_LEN = 16,
	MRAS_KEY_LEN = 32,
	MRAS_IDENTITY_MAX = 1024, /* ours: what is told apart in one */
	MRAS_SPKI_LEN = 32,	  /* SHA-256 of the public key's DER */
};

/* All that is derived from one private key; AV 6.2. Wipe it. */
struct mras_keys {
	uint16_t kid;
	uint8_t user[MRAS_KEY_LEN]; /* "username-mac" */
	uint8_t password[MRAS_KEY_LEN];
	uint8_t identity[MRAS_KEY_LEN];
	uint8_t nonce[MRAS_KEY_LEN];
};

/** HKDF-SHA256 of AV 6.2. */
EDGE_MUST_CHECK enum edge_err mras_keys_derive(struct mras_keys *out,
					       struct edge_slice ikm);
/** From a PEM private key file: RSA by a deterministic signature, EC by its
 * scalar; spki may be NULL. EDGE_EDENIED: another kind of key (Ed25519);
 * EDGE_EFORMAT, EDGE_ESYS, EDGE_ENOTFOUND are about the file. why gets words.
 */
EDGE_MUST_CHECK enum edge_err mras_keys_load(struct mras_keys *out,
					     uint8_t spki[MRAS_SPKI_LEN],
					     const char *pem, char *why,
					     size_t why_cap);

enum { /* flags of a token */
       MRAS_INTERNET = 1,
       MRAS_INTRANET = 2,
       MRAS_SERVER = 4,
};

struct mras_token { /* what its 60 bytes say */
	uint16_t kid;
	uint32_t issued_s, expires_s; /* wall */
	uint8_t flags, quota;
	uint8_t pseudonym[MRAS_PSEUDONYM_LEN];
};

enum mras_format { MRAS_EDGE /* AV 6.1 */, MRAS_MS2 /* AV 2.6 */ };

struct mras_ticket { /* what MRAS hands out; wipe it */
	uint8_t username[MRAS_TOKEN_LEN];
	size_t username_len;
	uint8_t password[MRAS_PASSWORD_LEN];
	uint8_t pseudonym[MRAS_PSEUDONYM_LEN]; /* whose it is */
};

struct edge_slice mras_ticket_name(const struct mras_ticket *t);
/** Its first MRAS_IDENTITY_MAX bytes in lower case: an identity is the same in
 * any. */
struct edge_slice mras_identity_lower(uint8_t buf[MRAS_IDENTITY_MAX],
				      struct edge_slice identity);

/** What tokens say instead of an identity, which may be in any case. */
void mras_token_pseudonym(uint8_t out[MRAS_PSEUDONYM_LEN],
			  const struct mras_keys *k,
			  struct edge_slice identity);
/** identity in any case; t's kid and pseudonym are filled here. random: 8
 * bytes. */
void mras_token_mint(struct mras_ticket *out, const struct mras_keys *k,
		     const struct mras_token *t, struct edge_slice identity,
		     const uint8_t random[8]);
/** Layout only. */
bool mras_token_decode(struct mras_token *out, struct edge_slice username);
/** Tag, in constant time, and the password derived; username has the right
 * layout. */
bool mras_token_verify(uint8_t password[MRAS_PASSWORD_LEN],
		       const struct mras_keys *k, struct edge_slice username);

/** 20 bytes over be32 time, family 4 or 6, address; AV 1.12. */
void mras_nonce_mac(uint8_t out[20], const struct mras_keys *k, uint32_t wall_s,
		    struct edge_slice ip);

#endif
