/* The observed layouts of a user name: made, read, signed; AV 2.6. */
#define OPENSSL_SUPPRESS_DEPRECATED 1 /* SHA1_Update: HMAC() is 5x slower */
#include "av-edge/mras_ms2_cred.h"

#include <openssl/sha.h>
#include <string.h>

#include "common/crypto.h"

enum {
	BLOCK = 64,	 /* of SHA-1 [bytes] */
	QUOTE = 0x22,	 /* libnice trims it and 0x00 off the ends */
	FLAGS = 0xff,	 /* ours in the flags: struct mras_token's, ... */
	MINUTES_AT = 16, /* ... and for how long it was made */
	MINUTES_MAX = 0xffff,
};

static const uint64_t TICKS_S = 10000000;	/* FILETIME, a second */
static const uint64_t EPOCH_S = 11644473600ULL; /* 1601 to 1970 [s] */

/* ---- layouts ---- */

static size_t blob_len(uint8_t version)
{
	return (version == 1 ? MRAS_BLOB_V1_LEN : MRAS_BLOB_V2_LEN) -
	       MRAS_SHA1_LEN;
}

/* One of RFC 2104's two passes. */
static void pass(uint8_t out[MRAS_SHA1_LEN], struct edge_slice key, uint8_t pad,
		 struct edge_slice in)
{
	size_t len = edge_slice_len(key);
	uint8_t block[BLOCK];
	SHA_CTX c;

	for (size_t i = 0; i < BLOCK; i++)
		block[i] = (i < len ? key.p[i] : 0) ^ pad;
	SHA1_Init(&c);
	SHA1_Update(&c, block, BLOCK);
	SHA1_Update(&c, in.p, edge_slice_len(in));
	SHA1_Final(out, &c);
	edge_wipe(&c, sizeof(c));
	edge_wipe(block, sizeof(block));
}

void mras_blob_hmac(uint8_t out[MRAS_SHA1_LEN], struct edge_slice key,
		    struct edge_slice in)
{
	pass(out, key, 0x36, in);
	pass(out, key, 0x5c, edge_slice(out, MRAS_SHA1_LEN));
}

/* The halves stand as one number: so the dates of the vectors are dates. */
size_t mras_blob_encode(uint8_t out[MRAS_BLOB_V2_LEN],
			const struct mras_blob *b, struct edge_slice key)
{
	struct edge_put w = edge_put(out, MRAS_BLOB_V2_LEN);
	size_t len = blob_len(b->version);

	edge_put_u8(&w, b->version);
	edge_put_u8(&w, 0);
	edge_put_u16(&w, (uint16_t)len);
	edge_put_u32(&w, (uint32_t)(b->expires >> 32));
	edge_put_u32(&w, (uint32_t)b->expires);
	edge_put_bytes(&w, b->client, sizeof(b->client));
	if (b->version > 1)
		edge_put_u32(&w, b->flags);
	mras_blob_hmac(out + len, key, edge_slice(out, len));
	return len + MRAS_SHA1_LEN;
}

bool mras_blob_decode(struct mras_blob *out, struct edge_slice username)
{
	size_t whole = edge_slice_len(username);
	struct mras_blob b = {0};
	struct edge_slice client;
	uint32_t high, low;
	uint16_t len;
	uint8_t minor;

	if (!edge_take_u8(&username, &b.version) ||
	    !edge_take_u8(&username, &minor) ||
	    !edge_take_u16(&username, &len) || minor ||
	    (b.version != 1 && b.version != 2) || len != blob_len(b.version) ||
	    whole != len + (size_t)MRAS_SHA1_LEN ||
	    !edge_take_u32(&username, &high) ||
	    !edge_take_u32(&username, &low) ||
	    !edge_take(&username, MRAS_SHA1_LEN, &client) ||
	    (b.version > 1 && !edge_take_u32(&username, &b.flags)))
		return false;
	b.expires = (uint64_t)high << 32 | low;
	memcpy(b.client, client.p, sizeof(b.client));
	*out = b;
	return true;
}

bool mras_blob_is_signed(struct edge_slice username, struct edge_slice key)
{
	const uint8_t *tag = username.end - MRAS_SHA1_LEN;
	uint8_t want[MRAS_SHA1_LEN];

	mras_blob_hmac(want, key,
		       edge_slice(username.p, (size_t)(tag - username.p)));
	return edge_ct_eq(want, tag, sizeof(want));
}

/* ---- tokens of ours ---- */

static struct edge_slice key_of(const uint8_t key[MRAS_KEY_LEN])
{
	return edge_slice(key, MRAS_KEY_LEN);
}

static uint32_t flags_of(const struct mras_token *t)
{
	uint32_t minutes = (t->expires_s - t->issued_s + 59) / 60;

	if (minutes > MINUTES_MAX)
		minutes = MINUTES_MAX;
	return minutes << MINUTES_AT | t->flags;
}

static bool is_trimmed(const uint8_t *p, size_t len)
{
	return p[0] == QUOTE || p[len - 1] == QUOTE || !p[len - 1];
}

static uint64_t part_of_second(const uint8_t random[8])
{
	struct edge_slice in = edge_slice(random, 8);
	uint32_t high = 0, low = 0;

	(void)edge_take_u32(&in, &high);
	(void)edge_take_u32(&in, &low);
	return ((uint64_t)high << 32 | low) % TICKS_S;
}

static void client_of(uint8_t out[MRAS_SHA1_LEN], const struct mras_keys *k,
		      struct edge_slice identity)
{
	uint8_t lower[MRAS_IDENTITY_MAX];

	mras_blob_hmac(out, key_of(k->identity),
		       mras_identity_lower(lower, identity));
}

void mras_ms2_pseudonym(uint8_t out[MRAS_PSEUDONYM_LEN],
			const struct mras_keys *k, struct edge_slice identity)
{
	uint8_t client[MRAS_SHA1_LEN];

	client_of(client, k, identity);
	memcpy(out, client, MRAS_PSEUDONYM_LEN);
}

/* The part of a second is what is random; it is drawn again until nothing is
 * there for libnice to trim (AV 6.1). */
void mras_ms2_mint(struct mras_ticket *out, const struct mras_keys *k,
		   const struct mras_token *t, struct edge_slice identity,
		   const uint8_t random[8])
{
	uint64_t part = part_of_second(random);
	struct mras_blob b = {.version = 2, .flags = flags_of(t)};

	client_of(b.client, k, identity);
	memcpy(out->pseudonym, b.client, sizeof(out->pseudonym));
	do {
		b.expires = (t->expires_s + EPOCH_S) * TICKS_S + part;
		part = (part + 1) % TICKS_S;
		out->username_len =
			mras_blob_encode(out->username, &b, key_of(k->user));
		mras_blob_hmac(out->password, key_of(k->password),
			       mras_ticket_name(out));
	} while (is_trimmed(out->username, out->username_len) ||
		 is_trimmed(out->password, sizeof(out->password)));
}

bool mras_ms2_decode(struct mras_token *out, struct edge_slice username)
{
	struct mras_token t = {0};
	struct mras_blob b;
	uint64_t s, minutes;

	if (!mras_blob_decode(&b, username) || b.version != 2)
		return false;
	s = b.expires / TICKS_S;
	minutes = b.flags >> MINUTES_AT;
	if (s < EPOCH_S + minutes * 60 || s - EPOCH_S > UINT32_MAX)
		return false;
	t.expires_s = (uint32_t)(s - EPOCH_S);
	t.issued_s = t.expires_s - (uint32_t)minutes * 60;
	t.flags = b.flags & FLAGS;
	memcpy(t.pseudonym, b.client, sizeof(t.pseudonym));
	*out = t;
	return true;
}

bool mras_ms2_verify(uint8_t password[MRAS_PASSWORD_LEN],
		     const struct mras_keys *k, struct edge_slice username)
{
	if (!mras_blob_is_signed(username, key_of(k->user)))
		return false;
	mras_blob_hmac(password, key_of(k->password), username);
	return true;
}
