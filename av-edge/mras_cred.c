/* Keys out of one private key, tokens and passwords out of keys; AV 6.1, 6.2.
 */
#define OPENSSL_SUPPRESS_DEPRECATED 1 /* SHA256_Update: HMAC() is 5x slower */
#include "av-edge/mras_cred.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/sha.h>
#include <openssl/x509.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/crypto.h"

/* AV 6.2: names of the key schedule, part of every token ever made */
static const char SALT[] = "oedge-av-token-v1";
static const char LABEL[] = "oedge-av-token-v1 ikm";

enum {
	TOKEN_FORMAT = 0x45, /* 'E', AV 6.1 */
	TOKEN_VERSION = 1,
	TOKEN_END = 0x7f,
	TAG_AT = 40,
	TAG_LEN = 19,
	IKM_MAX = 1024, /* RSA-8192's signature [bytes] */
	TOP_BIT = 0x80, /* libnice trims 0x22 and 0x00 off the ends */
	BLOCK = 64,	/* of SHA-256 [bytes] */
};

static enum edge_err derive(void *out, size_t len, struct edge_slice ikm,
			    const char *label)
{
	return edge_hkdf_sha256(out, len, ikm, edge_slice_str(SALT),
				edge_slice_str(label));
}

enum edge_err mras_keys_derive(struct mras_keys *out, struct edge_slice ikm)
{
	struct mras_keys k;
	uint8_t kid[2];
	enum edge_err err = derive(kid, sizeof(kid), ikm, "kid");

	if (!err)
		err = derive(k.user, MRAS_KEY_LEN, ikm, "username-mac");
	if (!err)
		err = derive(k.password, MRAS_KEY_LEN, ikm, "password");
	if (!err)
		err = derive(k.identity, MRAS_KEY_LEN, ikm, "identity");
	if (!err)
		err = derive(k.nonce, MRAS_KEY_LEN, ikm, "nonce");
	if (!err) {
		k.kid = (uint16_t)(kid[0] << 8 | kid[1]);
		*out = k;
	}
	edge_wipe(&k, sizeof(k));
	return err;
}

/* PKCS#1 v1.5 signs the same text to the same bytes, always. */
static size_t ikm_of_rsa(uint8_t out[IKM_MAX], EVP_PKEY *key)
{
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	size_t len = IKM_MAX;
	bool good = md &&
		    EVP_DigestSignInit(md, NULL, EVP_sha256(), NULL, key) > 0 &&
		    EVP_DigestSign(md, out, &len, (const uint8_t *)LABEL,
				   sizeof(LABEL) - 1) > 0;

	EVP_MD_CTX_free(md);
	return good ? len : 0;
}

static size_t ikm_of_ec(uint8_t out[IKM_MAX], EVP_PKEY *key)
{
	BIGNUM *scalar = NULL;
	int len = (EVP_PKEY_get_bits(key) + 7) / 8;

	if (len > IKM_MAX ||
	    !EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_PRIV_KEY, &scalar))
		return 0;
	len = BN_bn2binpad(scalar, out, len);
	BN_clear_free(scalar);
	return len > 0 ? (size_t)len : 0;
}

static bool fingerprint(uint8_t spki[MRAS_SPKI_LEN], EVP_PKEY *key)
{
	uint8_t *der = NULL;
	int len = i2d_PUBKEY(key, &der);

	if (len <= 0)
		return false;
	edge_sha256(edge_slice(der, (size_t)len), spki);
	OPENSSL_free(der);
	return true;
}

static EVP_PKEY *read_key(const char *pem, enum edge_err *err)
{
	FILE *file = fopen(pem, "re");
	EVP_PKEY *key;
	char none[] = "";

	if (!file) {
		*err = errno == ENOENT ? EDGE_ENOTFOUND : EDGE_ESYS;
		return NULL;
	}
	key = PEM_read_PrivateKey(file, NULL, NULL, none);
	(void)fclose(file);
	*err = key ? EDGE_OK : EDGE_EFORMAT;
	return key;
}

static enum edge_err derive_from(struct mras_keys *out, EVP_PKEY *key)
{
	uint8_t ikm[IKM_MAX];
	enum edge_err err = EDGE_EDENIED;
	size_t len = 0;

	if (EVP_PKEY_is_a(key, "RSA"))
		len = ikm_of_rsa(ikm, key);
	else if (EVP_PKEY_is_a(key, "EC"))
		len = ikm_of_ec(ikm, key);
	if (len)
		err = mras_keys_derive(out, edge_slice(ikm, len));
	edge_wipe(ikm, sizeof(ikm));
	return err;
}

enum edge_err mras_keys_load(struct mras_keys *out, uint8_t spki[MRAS_SPKI_LEN],
			     const char *pem, char *why, size_t why_cap)
{
	enum edge_err err;
	EVP_PKEY *key = read_key(pem, &err);

	if (!key) {
		(void)snprintf(why, why_cap, "%s: %s", pem,
			       err == EDGE_EFORMAT
				       ? "no PEM private key without passphrase"
				       : strerror(errno));
		return err;
	}
	err = derive_from(out, key);
	if (err)
		(void)snprintf(why, why_cap,
			       "%s: an RSA or EC key is wanted, this is %s",
			       pem, EVP_PKEY_get0_type_name(key));
	else if (spki && !fingerprint(spki, key))
		err = EDGE_EFORMAT;
	EVP_PKEY_free(key);
	return err;
}

/* One of RFC 2104's two passes. */
static void pass(uint8_t out[EDGE_SHA256_LEN], const uint8_t key[MRAS_KEY_LEN],
		 uint8_t pad, struct edge_slice in)
{
	uint8_t block[BLOCK];
	SHA256_CTX c;

	for (size_t i = 0; i < BLOCK; i++)
		block[i] = (i < MRAS_KEY_LEN ? key[i] : 0) ^ pad;
	SHA256_Init(&c);
	SHA256_Update(&c, block, BLOCK);
	SHA256_Update(&c, in.p, edge_slice_len(in));
	SHA256_Final(out, &c);
	edge_wipe(&c, sizeof(c));
	edge_wipe(block, sizeof(block));
}

/* HMAC-SHA256, four times an allocation. */
static void mac(uint8_t out[EDGE_SHA256_LEN], const uint8_t key[MRAS_KEY_LEN],
		struct edge_slice in)
{
	pass(out, key, 0x36, in);
	pass(out, key, 0x5c, edge_slice(out, EDGE_SHA256_LEN));
}

static uint8_t lower_case(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? (uint8_t)(c + ('a' - 'A')) : c;
}

struct edge_slice mras_identity_lower(uint8_t buf[MRAS_IDENTITY_MAX],
				      struct edge_slice identity)
{
	size_t len = edge_slice_len(identity);

	if (len > MRAS_IDENTITY_MAX)
		len = MRAS_IDENTITY_MAX;
	for (size_t i = 0; i < len; i++)
		buf[i] = lower_case(identity.p[i]);
	return edge_slice(buf, len);
}

struct edge_slice mras_ticket_name(const struct mras_ticket *t)
{
	return edge_slice(t->username, t->username_len);
}

void mras_token_pseudonym(uint8_t out[MRAS_PSEUDONYM_LEN],
			  const struct mras_keys *k, struct edge_slice identity)
{
	uint8_t lower[MRAS_IDENTITY_MAX], sum[EDGE_SHA256_LEN];

	mac(sum, k->identity, mras_identity_lower(lower, identity));
	memcpy(out, sum, MRAS_PSEUDONYM_LEN);
}

static void password_of(uint8_t out[MRAS_PASSWORD_LEN],
			const struct mras_keys *k, struct edge_slice username)
{
	uint8_t sum[EDGE_SHA256_LEN];

	mac(sum, k->password, username);
	memcpy(out, sum, MRAS_PASSWORD_LEN);
	out[0] |= TOP_BIT;
	out[MRAS_PASSWORD_LEN - 1] |= TOP_BIT;
	edge_wipe(sum, sizeof(sum));
}

void mras_token_mint(struct mras_ticket *out, const struct mras_keys *k,
		     const struct mras_token *t, struct edge_slice identity,
		     const uint8_t random[8])
{
	struct edge_put w = edge_put(out->username, MRAS_TOKEN_LEN);
	uint8_t tag[EDGE_SHA256_LEN];

	mras_token_pseudonym(out->pseudonym, k, identity);
	edge_put_u8(&w, TOKEN_FORMAT);
	edge_put_u8(&w, TOKEN_VERSION);
	edge_put_u16(&w, k->kid);
	edge_put_u32(&w, t->issued_s);
	edge_put_u32(&w, t->expires_s);
	edge_put_u8(&w, t->flags);
	edge_put_u8(&w, t->quota);
	edge_put_u16(&w, 0);
	edge_put_bytes(&w, out->pseudonym, sizeof(out->pseudonym));
	edge_put_bytes(&w, random, 8);
	mac(tag, k->user, edge_slice(out->username, TAG_AT));
	edge_put_bytes(&w, tag, TAG_LEN);
	edge_put_u8(&w, TOKEN_END);
	out->username_len = MRAS_TOKEN_LEN;
	password_of(out->password, k, mras_ticket_name(out));
}

bool mras_token_decode(struct mras_token *out, struct edge_slice username)
{
	struct edge_slice name, rest;
	uint16_t reserved;
	uint8_t format, version;
	struct mras_token t;

	if (edge_slice_len(username) != MRAS_TOKEN_LEN ||
	    username.end[-1] != TOKEN_END ||
	    !edge_take_u8(&username, &format) ||
	    !edge_take_u8(&username, &version) || format != TOKEN_FORMAT ||
	    version != TOKEN_VERSION || !edge_take_u16(&username, &t.kid) ||
	    !edge_take_u32(&username, &t.issued_s) ||
	    !edge_take_u32(&username, &t.expires_s) ||
	    !edge_take_u8(&username, &t.flags) ||
	    !edge_take_u8(&username, &t.quota) ||
	    !edge_take_u16(&username, &reserved) || reserved ||
	    !edge_take(&username, MRAS_PSEUDONYM_LEN, &name) ||
	    !edge_take(&username, 8 + TAG_LEN, &rest))
		return false;
	memcpy(t.pseudonym, name.p, MRAS_PSEUDONYM_LEN);
	*out = t;
	return true;
}

bool mras_token_verify(uint8_t password[MRAS_PASSWORD_LEN],
		       const struct mras_keys *k, struct edge_slice username)
{
	uint8_t tag[EDGE_SHA256_LEN];

	mac(tag, k->user, edge_slice(username.p, TAG_AT));
	if (!edge_ct_eq(tag, username.p + TAG_AT, TAG_LEN))
		return false;
	password_of(password, k, username);
	return true;
}

void mras_nonce_mac(uint8_t out[20], const struct mras_keys *k, uint32_t wall_s,
		    struct edge_slice ip)
{
	uint8_t text[4 + 1 + 16], sum[EDGE_SHA256_LEN];
	struct edge_put w = edge_put(text, sizeof(text));

	edge_put_u32(&w, wall_s);
	edge_put_u8(&w, edge_slice_len(ip) == 4 ? 4 : 6);
	edge_put_slice(&w, ip);
	mac(sum, k->nonce, edge_put_done(&w));
	memcpy(out, sum, 20);
}
