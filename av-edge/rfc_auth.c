/* HMACs of STUN with their states kept: nothing is allocated a packet. */
#define OPENSSL_SUPPRESS_DEPRECATED 1 /* SHA1_Update: EVP allocates */
#include "av-edge/rfc_auth.h"

#include <openssl/sha.h>
#include <stdlib.h>
#include <string.h>

#include "common/crypto.h"

enum {
	BLOCK = 64,		      /* of both hashes [bytes] */
	ATTR_HEAD = 4,		      /* type and length */
	FINGERPRINT_XOR = 0x5354554e, /* RFC 8489 §14.7 */
};

struct rfc_mac {
	SHA_CTX inner, outer;
	SHA256_CTX inner256, outer256;
};

size_t rfc_key(uint8_t out[RFC_KEY_MAX], enum rfc_algorithm how,
	       const struct ave_login *l)
{
	if (how == RFC_MD5) {
		ave_login_md5(out, l);
		return AVE_MD5_KEY_LEN;
	}
	ave_login_sha256(out, l);
	return AVE_SHA256_KEY_LEN;
}

/* RFC 2104's two keyed starts, of each hash. */
static void set_key(struct rfc_mac *k, struct edge_slice key)
{
	uint8_t in[BLOCK], out[BLOCK];
	size_t len = edge_slice_len(key);

	for (size_t i = 0; i < BLOCK; i++) {
		uint8_t byte = i < len ? key.p[i] : 0;

		in[i] = byte ^ 0x36;
		out[i] = byte ^ 0x5c;
	}
	SHA1_Init(&k->inner);
	SHA1_Update(&k->inner, in, BLOCK);
	SHA1_Init(&k->outer);
	SHA1_Update(&k->outer, out, BLOCK);
	SHA256_Init(&k->inner256);
	SHA256_Update(&k->inner256, in, BLOCK);
	SHA256_Init(&k->outer256);
	SHA256_Update(&k->outer256, out, BLOCK);
	edge_wipe(in, sizeof(in));
	edge_wipe(out, sizeof(out));
}

enum edge_err rfc_mac_new(struct rfc_mac **out, struct edge_slice key)
{
	struct rfc_mac *k;

	if (edge_slice_len(key) > BLOCK)
		return EDGE_ERANGE;
	k = calloc(1, sizeof(*k));
	if (!k)
		return EDGE_ENOMEM;
	set_key(k, key);
	*out = k;
	return EDGE_OK;
}

void rfc_mac_free(struct rfc_mac *k)
{
	if (!k)
		return;
	edge_wipe(k, sizeof(*k));
	free(k);
}

/* The first len bytes, as if their header said that the attribute behind them
 * were the last: RFC 8489 §14.5. */
static void sha1_mac(uint8_t out[SHA_DIGEST_LENGTH], const struct rfc_mac *k,
		     const uint8_t *p, size_t len)
{
	size_t said = len - RFC_HEADER_LEN + ATTR_HEAD + SHA_DIGEST_LENGTH;
	const uint8_t be[2] = {(uint8_t)(said >> 8), (uint8_t)said};
	struct rfc_mac c = *k;

	SHA1_Update(&c.inner, p, 2);
	SHA1_Update(&c.inner, be, 2);
	SHA1_Update(&c.inner, p + 4, len - 4);
	SHA1_Final(out, &c.inner);
	SHA1_Update(&c.outer, out, SHA_DIGEST_LENGTH);
	SHA1_Final(out, &c.outer);
}

static void sha256_mac(uint8_t out[SHA256_DIGEST_LENGTH],
		       const struct rfc_mac *k, const uint8_t *p, size_t len)
{
	size_t said = len - RFC_HEADER_LEN + ATTR_HEAD + SHA256_DIGEST_LENGTH;
	const uint8_t be[2] = {(uint8_t)(said >> 8), (uint8_t)said};
	struct rfc_mac c = *k;

	SHA256_Update(&c.inner256, p, 2);
	SHA256_Update(&c.inner256, be, 2);
	SHA256_Update(&c.inner256, p + 4, len - 4);
	SHA256_Final(out, &c.inner256);
	SHA256_Update(&c.outer256, out, SHA256_DIGEST_LENGTH);
	SHA256_Final(out, &c.outer256);
}

bool rfc_mac_fits(const struct rfc_mac *k, const struct rfc_msg *m)
{
	uint8_t mac[SHA256_DIGEST_LENGTH];
	struct edge_slice got;

	if (rfc_has(m, RFC_INTEGRITY_SHA256)) {
		got = m->v[RFC_INTEGRITY_SHA256].bytes;
		if (edge_slice_len(got) != SHA256_DIGEST_LENGTH)
			return false;
		sha256_mac(mac, k, m->raw.p, m->sha256_at);
		return edge_ct_eq(mac, got.p, SHA256_DIGEST_LENGTH);
	}
	if (!rfc_has(m, RFC_INTEGRITY))
		return false;
	sha1_mac(mac, k, m->raw.p, m->integrity_at);
	return edge_ct_eq(mac, m->v[RFC_INTEGRITY].bytes.p, SHA_DIGEST_LENGTH);
}

struct edge_slice rfc_sign(struct edge_put *w, const struct rfc_mac *k,
			   enum rfc_attr which)
{
	uint8_t mac[SHA256_DIGEST_LENGTH] = {0};
	size_t at = edge_put_len(w), len = SHA_DIGEST_LENGTH;

	if (w->overflow)
		return edge_slice(NULL, 0);
	if (which == RFC_INTEGRITY_SHA256) {
		len = SHA256_DIGEST_LENGTH;
		sha256_mac(mac, k, w->start, at);
	} else {
		sha1_mac(mac, k, w->start, at);
	}
	rfc_put_bytes(w, which, edge_slice(mac, len));
	return rfc_end(w);
}

/* ITU V.42's CRC, four bits at a time. */
static uint32_t crc(uint32_t c, const uint8_t *p, size_t len)
{
	static const uint32_t nibble[16] = {
		0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac,
		0x76dc4190, 0x6b6b51f4, 0x4db26158, 0x5005713c,
		0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c,
		0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c,
	};

	for (size_t i = 0; i < len; i++) {
		c ^= p[i];
		c = nibble[c & 15] ^ c >> 4;
		c = nibble[c & 15] ^ c >> 4;
	}
	return c;
}

bool rfc_fingerprint_fits(const struct rfc_msg *m)
{
	uint32_t c = ~crc(~0u, m->raw.p, m->fingerprint_at);

	if (!m->fingerprint_at)
		return true;
	return rfc_has(m, RFC_FINGERPRINT) &&
	       m->v[RFC_FINGERPRINT].number == (c ^ FINGERPRINT_XOR);
}

struct edge_slice rfc_put_fingerprint(struct edge_put *w)
{
	uint32_t c;

	if (w->overflow)
		return edge_slice(NULL, 0);
	rfc_set_len(w, ATTR_HEAD + 4);
	c = ~crc(~0u, w->start, edge_put_len(w));
	rfc_put_number(w, RFC_FINGERPRINT, c ^ FINGERPRINT_XOR);
	return rfc_end(w);
}
