/* Token layouts that were seen in the field, and tokens of ours in the second
 * of them. PURE maths; AV 2.6, 6.1. */
#ifndef AV_EDGE_MRAS_MS2_CRED_H
#define AV_EDGE_MRAS_MS2_CRED_H

#include "av-edge/mras_cred.h"

enum {
	MRAS_BLOB_V1_LEN = 52, /* with its tag [bytes] */
	MRAS_BLOB_V2_LEN = 56,
	MRAS_SHA1_LEN = 20,
};

struct mras_blob {	  /* what such a user name says */
	uint8_t version;  /* 1, 2 */
	uint64_t expires; /* FILETIME: 100 ns since 1601; 0 in version 1 seen */
	uint8_t client[MRAS_SHA1_LEN]; /* HMAC-SHA1 of the identity */
	uint32_t flags;		       /* version 2 alone has them, else 0 */
};

/** The user name with its tag. @return its length */
size_t mras_blob_encode(uint8_t out[MRAS_BLOB_V2_LEN],
			const struct mras_blob *b, struct edge_slice key);
/** Layout only, of both versions. */
bool mras_blob_decode(struct mras_blob *out, struct edge_slice username);
/** Tag, in constant time; username has the right layout. */
bool mras_blob_is_signed(struct edge_slice username, struct edge_slice key);
/** HMAC-SHA1: the password of a user name, the client of an identity. */
void mras_blob_hmac(uint8_t out[MRAS_SHA1_LEN], struct edge_slice key,
		    struct edge_slice in);

/** As mras_token_pseudonym. */
void mras_ms2_pseudonym(uint8_t out[MRAS_PSEUDONYM_LEN],
			const struct mras_keys *k, struct edge_slice identity);
/** As mras_token_mint, version 2. Ours in its flags: bits 0 to 7 those of
 * struct mras_token, 16 to 31 for how many minutes it was made. */
void mras_ms2_mint(struct mras_ticket *out, const struct mras_keys *k,
		   const struct mras_token *t, struct edge_slice identity,
		   const uint8_t random[8]);
/** Layout of version 2 and a time that fits; kid is 0, none is told. */
bool mras_ms2_decode(struct mras_token *out, struct edge_slice username);
/** As mras_token_verify. */
bool mras_ms2_verify(uint8_t password[MRAS_PASSWORD_LEN],
		     const struct mras_keys *k, struct edge_slice username);

#endif
