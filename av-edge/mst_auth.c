/* HMACs of MS-TURN with their states kept: nothing is allocated a packet. */
#define OPENSSL_SUPPRESS_DEPRECATED 1 /* SHA1_Update: EVP allocates */
#include "av-edge/mst_auth.h"

#include <openssl/sha.h>
#include <stdlib.h>
#include <string.h>

#include "common/crypto.h"

enum {
	BLOCK = 64, /* of both hashes, and of the zero padding [bytes] */
	QUOTE = 0x22,
};

struct mst_mac {
	enum mst_mac_kind kind;
	union {
		SHA_CTX sha1;
		SHA256_CTX sha256;
	} inner, outer;
};

struct edge_slice mst_trim(struct edge_slice s)
{
	while (s.p != s.end && *s.p == QUOTE)
		s.p++;
	while (s.p != s.end && (s.end[-1] == QUOTE || !s.end[-1]))
		s.end--;
	return s;
}

static bool is_padded(enum mst_mac_kind kind)
{
	return kind != MST_MAC_SHA256 && kind != MST_MAC_SHA256_KEY;
}

static size_t mac_len(enum mst_mac_kind kind)
{
	return kind == MST_MAC_SHA1 ? SHA_DIGEST_LENGTH : SHA256_DIGEST_LENGTH;
}

/* RFC 2104's two keyed starts. */
static void set_key(struct mst_mac *k, const uint8_t *key, size_t len)
{
	uint8_t in[BLOCK], out[BLOCK];

	for (size_t i = 0; i < BLOCK; i++) {
		uint8_t byte = i < len ? key[i] : 0;

		in[i] = byte ^ 0x36;
		out[i] = byte ^ 0x5c;
	}
	if (k->kind == MST_MAC_SHA1) {
		SHA1_Init(&k->inner.sha1);
		SHA1_Update(&k->inner.sha1, in, BLOCK);
		SHA1_Init(&k->outer.sha1);
		SHA1_Update(&k->outer.sha1, out, BLOCK);
	} else {
		SHA256_Init(&k->inner.sha256);
		SHA256_Update(&k->inner.sha256, in, BLOCK);
		SHA256_Init(&k->outer.sha256);
		SHA256_Update(&k->outer.sha256, out, BLOCK);
	}
	edge_wipe(in, sizeof(in));
	edge_wipe(out, sizeof(out));
}

enum edge_err mst_mac_new(struct mst_mac **out, enum mst_mac_kind kind,
			  const struct ave_login *l)
{
	struct mst_mac *k = calloc(1, sizeof(*k));
	uint8_t key[SHA256_DIGEST_LENGTH];

	if (!k)
		return EDGE_ENOMEM;
	k->kind = kind;
	if (kind >= MST_MAC_SHA256_KEY_PADDED) {
		ave_login_sha256(key, l);
		set_key(k, key, SHA256_DIGEST_LENGTH);
	} else {
		ave_login_md5(key, l);
		set_key(k, key, AVE_MD5_KEY_LEN);
	}
	edge_wipe(key, sizeof(key));
	*out = k;
	return EDGE_OK;
}

void mst_mac_free(struct mst_mac *k)
{
	if (!k)
		return;
	edge_wipe(k, sizeof(*k));
	free(k);
}

enum mst_mac_kind mst_mac_kind_of(const struct mst_mac *k)
{
	return k->kind;
}

const char *mst_mac_form(const struct mst_mac *k)
{
	static const char *const forms[MST_MAC_KINDS] = {
		[MST_MAC_SHA256_PADDED] = "sha256/md5-key/padded",
		[MST_MAC_SHA256] = "sha256/md5-key/unpadded",
		[MST_MAC_SHA256_KEY_PADDED] = "sha256/sha256-key/padded",
		[MST_MAC_SHA256_KEY] = "sha256/sha256-key/unpadded",
	};

	return forms[k->kind];
}

/* AV 1.11: as if zeros followed up to a multiple of 64. */
static void compute(uint8_t out[MST_MAC_MAX], const struct mst_mac *k,
		    const uint8_t *p, size_t len)
{
	static const uint8_t zeros[BLOCK];
	size_t pad = is_padded(k->kind) ? -len & (BLOCK - 1) : 0;
	struct mst_mac c = *k;

	if (k->kind == MST_MAC_SHA1) {
		SHA1_Update(&c.inner.sha1, p, len);
		SHA1_Update(&c.inner.sha1, zeros, pad);
		SHA1_Final(out, &c.inner.sha1);
		SHA1_Update(&c.outer.sha1, out, SHA_DIGEST_LENGTH);
		SHA1_Final(out, &c.outer.sha1);
	} else {
		SHA256_Update(&c.inner.sha256, p, len);
		SHA256_Update(&c.inner.sha256, zeros, pad);
		SHA256_Final(out, &c.inner.sha256);
		SHA256_Update(&c.outer.sha256, out, SHA256_DIGEST_LENGTH);
		SHA256_Final(out, &c.outer.sha256);
	}
	edge_wipe(&c, sizeof(c)); /* what is left of K's states */
}

bool mst_mac_fits(const struct mst_mac *k, const struct mst_msg *m)
{
	uint8_t mac[MST_MAC_MAX];
	struct edge_slice got = m->v[MST_INTEGRITY].bytes;

	if (!mst_has(m, MST_INTEGRITY) ||
	    edge_slice_len(got) != mac_len(k->kind))
		return false;
	compute(mac, k, m->raw.p, m->integrity_at);
	return edge_ct_eq(mac, got.p, mac_len(k->kind));
}

static enum edge_err match(struct mst_mac **out, const struct mst_msg *m,
			   const struct ave_login *l)
{
	for (unsigned kind = 0; kind < MST_MAC_KINDS; kind++) {
		struct mst_mac *k;
		enum edge_err err = mst_mac_new(&k, kind, l);

		if (err)
			return err;
		if (mst_mac_fits(k, m)) {
			*out = k;
			return EDGE_OK;
		}
		mst_mac_free(k);
		if (edge_slice_len(m->v[MST_INTEGRITY].bytes) ==
		    SHA_DIGEST_LENGTH)
			break;
	}
	return EDGE_EAUTH;
}

enum edge_err mst_mac_match(struct mst_mac **out, const struct mst_msg *m,
			    const struct ave_login *l)
{
	struct ave_login trimmed = {mst_trim(l->username), mst_trim(l->realm),
				    mst_trim(l->password)};
	enum edge_err err = match(out, m, l);

	if (err == EDGE_EAUTH &&
	    !(edge_slice_eq(trimmed.username, l->username) &&
	      edge_slice_eq(trimmed.realm, l->realm) &&
	      edge_slice_eq(trimmed.password, l->password)))
		err = match(out, m, &trimmed);
	return err;
}

struct edge_slice mst_sign(struct edge_put *w, const struct mst_mac *k)
{
	uint8_t mac[MST_MAC_MAX];
	size_t len = mac_len(k->kind), at = edge_put_len(w);

	mst_put_bytes(w, MST_INTEGRITY, edge_slice(mac, len));
	if (w->overflow)
		return edge_slice(NULL, 0);
	(void)mst_end(w); /* the length counts before the hash is made */
	compute(mac, k, w->start, at);
	memcpy(w->start + at + 4, mac, len);
	return edge_put_done(w);
}
