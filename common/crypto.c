/* The one wrapper over libcrypto, and SipHash, which it has only slowly. */
#include "common/crypto.h"

#include <assert.h>
#include <errno.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { HKDF_MAX = 255 * EDGE_SHA256_LEN /* RFC 5869 2.3 [bytes] */ };

struct edge_sha256_ctx {
	EVP_MD_CTX *md;
};

struct edge_mac {
	EVP_MAC_CTX *keyed;
};

/* What only fails without memory or with a broken libcrypto. */
static void must(int ok)
{
	if (ok != 1)
		abort();
}

void edge_random(void *out, size_t len)
{
	unsigned char *p = out;

	while (len) {
		size_t n = len < INT32_MAX ? len : INT32_MAX;

		must(RAND_bytes(p, (int)n));
		p += n;
		len -= n;
	}
}

uint32_t edge_random_u32(void)
{
	uint32_t v;

	edge_random(&v, sizeof(v));
	return v;
}

void edge_stock_take(struct edge_stock *s, void *out, size_t len)
{
	assert(len <= sizeof(s->bytes));
	if (s->left < len) {
		edge_random(s->bytes, sizeof(s->bytes));
		s->left = sizeof(s->bytes);
	}
	s->left -= len;
	memcpy(out, s->bytes + s->left, len);
	edge_wipe(s->bytes + s->left, len);
}

void edge_wipe(void *p, size_t len)
{
	if (p)
		OPENSSL_cleanse(p, len);
}

bool edge_ct_eq(const void *a, const void *b, size_t len)
{
	return !CRYPTO_memcmp(a, b, len);
}

void edge_sha256(struct edge_slice in, uint8_t out[EDGE_SHA256_LEN])
{
	must(EVP_Digest(in.p, edge_slice_len(in), out, NULL, EVP_sha256(),
			NULL));
}

enum edge_err edge_sha256_new(struct edge_sha256_ctx **out)
{
	struct edge_sha256_ctx *c = calloc(1, sizeof(*c));

	if (!c)
		return EDGE_ENOMEM;
	c->md = EVP_MD_CTX_new();
	if (!c->md || EVP_DigestInit_ex(c->md, EVP_sha256(), NULL) != 1) {
		edge_sha256_free(c);
		return EDGE_ENOMEM;
	}
	*out = c;
	return EDGE_OK;
}

void edge_sha256_free(struct edge_sha256_ctx *c)
{
	if (!c)
		return;
	EVP_MD_CTX_free(c->md);
	free(c);
}

void edge_sha256_add(struct edge_sha256_ctx *c, struct edge_slice in)
{
	must(EVP_DigestUpdate(c->md, in.p, edge_slice_len(in)));
}

void edge_sha256_end(struct edge_sha256_ctx *c, uint8_t out[EDGE_SHA256_LEN])
{
	must(EVP_DigestFinal_ex(c->md, out, NULL));
	edge_sha256_free(c);
}

/* OpenSSL's parameters are not const where they are only read. */
static OSSL_PARAM text_param(const char *name, const char *text)
{
	return OSSL_PARAM_construct_utf8_string(name, (void *)(uintptr_t)text,
						0);
}

static OSSL_PARAM bytes_param(const char *name, struct edge_slice s)
{
	return OSSL_PARAM_construct_octet_string(name, (void *)(uintptr_t)s.p,
						 edge_slice_len(s));
}

enum edge_err edge_mac_new(struct edge_mac **out, struct edge_slice key)
{
	const OSSL_PARAM params[] = {
		text_param(OSSL_MAC_PARAM_DIGEST, "SHA256"),
		OSSL_PARAM_construct_end()};
	const uint8_t *bytes = key.p ? key.p : (const uint8_t *)"";
	struct edge_mac *m = calloc(1, sizeof(*m));
	EVP_MAC *hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
	enum edge_err err = EDGE_ENOMEM;

	if (!m || !hmac)
		goto out;
	m->keyed = EVP_MAC_CTX_new(hmac);
	if (!m->keyed ||
	    !EVP_MAC_init(m->keyed, bytes, edge_slice_len(key), params))
		goto out;
	*out = m;
	m = NULL;
	err = EDGE_OK;
out:
	EVP_MAC_free(hmac);
	edge_mac_free(m);
	return err;
}

void edge_mac_free(struct edge_mac *m)
{
	if (!m)
		return;
	EVP_MAC_CTX_free(m->keyed); /* wipes the key */
	free(m);
}

void edge_mac_sha256(struct edge_mac *m, struct edge_slice in,
		     uint8_t out[EDGE_SHA256_LEN])
{
	size_t len = 0;

	must(EVP_MAC_init(m->keyed, NULL, 0, NULL)); /* same key, from anew */
	must(EVP_MAC_update(m->keyed, in.p, edge_slice_len(in)));
	must(EVP_MAC_final(m->keyed, out, &len, EDGE_SHA256_LEN));
}

enum edge_err edge_hkdf_sha256(uint8_t *out, size_t out_len,
			       struct edge_slice key, struct edge_slice salt,
			       struct edge_slice label)
{
	static const uint8_t zeros[EDGE_SHA256_LEN]; /* RFC 5869 2.2: no salt */
	const struct edge_slice any_salt =
		edge_slice_len(salt) ? salt : edge_slice(zeros, sizeof(zeros));
	const OSSL_PARAM params[] = {
		text_param(OSSL_KDF_PARAM_DIGEST, "SHA256"),
		bytes_param(OSSL_KDF_PARAM_KEY, key),
		bytes_param(OSSL_KDF_PARAM_SALT, any_salt),
		bytes_param(OSSL_KDF_PARAM_INFO, label),
		OSSL_PARAM_construct_end()};
	enum edge_err err = EDGE_ENOMEM;
	EVP_KDF_CTX *ctx = NULL;
	EVP_KDF *kdf;

	if (!out_len || out_len > HKDF_MAX || !edge_slice_len(key))
		return EDGE_ERANGE;
	kdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
	ctx = kdf ? EVP_KDF_CTX_new(kdf) : NULL;
	if (ctx && EVP_KDF_derive(ctx, out, out_len, params) == 1)
		err = EDGE_OK;
	EVP_KDF_CTX_free(ctx);
	EVP_KDF_free(kdf);
	ERR_clear_error();
	return err;
}

/* No passphrase: a daemon has nobody to ask, and a prompt would hang. */
static int no_passphrase(char *buf, int size, int rwflag, void *arg)
{
	(void)buf, (void)size, (void)rwflag, (void)arg;
	return -1;
}

static enum edge_err read_ed25519(EVP_PKEY **out, const char *path,
				  bool is_private)
{
	FILE *f = fopen(path, "re");
	enum edge_err err = EDGE_OK;
	EVP_PKEY *key;

	if (!f)
		return errno == ENOENT ? EDGE_ENOTFOUND : EDGE_ESYS;
	key = is_private ? PEM_read_PrivateKey(f, NULL, no_passphrase, NULL)
			 : PEM_read_PUBKEY(f, NULL, no_passphrase, NULL);
	fclose(f);
	if (!key)
		err = EDGE_EFORMAT;
	else if (!EVP_PKEY_is_a(key, "ED25519"))
		err = EDGE_EDENIED;
	if (!err) {
		*out = key;
		key = NULL;
	}
	EVP_PKEY_free(key);
	ERR_clear_error();
	return err;
}

enum { NONCE_LEN = 12, TAG_LEN = 16 };

/* ctx is set up with key and nonce; out is as long as in. */
static bool run_gcm(EVP_CIPHER_CTX *ctx, uint8_t *out, struct edge_slice in)
{
	int some = 0, more = 0;

	return EVP_CipherUpdate(ctx, out, &some, in.p,
				(int)edge_slice_len(in)) == 1 &&
	       EVP_CipherFinal_ex(ctx, out + some, &more) == 1;
}

enum edge_err edge_seal(uint8_t *out, size_t cap, size_t *len,
			const uint8_t key[EDGE_SEAL_KEY_LEN],
			struct edge_slice in)
{
	size_t n = edge_slice_len(in);
	EVP_CIPHER_CTX *ctx;
	enum edge_err err = EDGE_ENOMEM;

	if (n > INT32_MAX || cap < n + EDGE_SEAL_MORE)
		return EDGE_ELIMIT;
	edge_random(out, NONCE_LEN);
	ctx = EVP_CIPHER_CTX_new();
	if (ctx && EVP_EncryptInit_ex(ctx, EVP_aes_256_gcm(), NULL, key, out) &&
	    run_gcm(ctx, out + NONCE_LEN, in) &&
	    EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_GET_TAG, TAG_LEN,
				out + NONCE_LEN + n) == 1)
		err = EDGE_OK;
	if (!err)
		*len = n + EDGE_SEAL_MORE;
	EVP_CIPHER_CTX_free(ctx);
	ERR_clear_error();
	return err;
}

enum edge_err edge_unseal(uint8_t *out, size_t cap, size_t *len,
			  const uint8_t key[EDGE_SEAL_KEY_LEN],
			  struct edge_slice in)
{
	size_t n = edge_slice_len(in);
	uint8_t tag[TAG_LEN];
	EVP_CIPHER_CTX *ctx;
	enum edge_err err = EDGE_EAUTH;

	if (n < EDGE_SEAL_MORE)
		return EDGE_EAUTH;
	n -= EDGE_SEAL_MORE;
	if (n > INT32_MAX || cap < n)
		return EDGE_ELIMIT;
	memcpy(tag, in.end - TAG_LEN, TAG_LEN);
	ctx = EVP_CIPHER_CTX_new();
	if (!ctx)
		return EDGE_ENOMEM;
	if (EVP_DecryptInit_ex(ctx, EVP_aes_256_gcm(), NULL, key, in.p) &&
	    EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_SET_TAG, TAG_LEN, tag) == 1 &&
	    run_gcm(ctx, out, edge_slice(in.p + NONCE_LEN, n)))
		err = EDGE_OK;
	if (!err)
		*len = n;
	EVP_CIPHER_CTX_free(ctx);
	ERR_clear_error();
	return err;
}

enum edge_err edge_ed25519_verify(const char *public_pem, struct edge_slice msg,
				  struct edge_slice sig)
{
	EVP_MD_CTX *ctx = NULL;
	EVP_PKEY *key = NULL;
	enum edge_err err = read_ed25519(&key, public_pem, false);

	if (err)
		return err;
	err = EDGE_EAUTH;
	ctx = EVP_MD_CTX_new();
	if (!ctx || EVP_DigestVerifyInit(ctx, NULL, NULL, NULL, key) != 1)
		err = EDGE_ENOMEM;
	else if (edge_slice_len(sig) == EDGE_ED25519_SIG_LEN &&
		 EVP_DigestVerify(ctx, sig.p, edge_slice_len(sig), msg.p,
				  edge_slice_len(msg)) == 1)
		err = EDGE_OK;
	EVP_MD_CTX_free(ctx);
	EVP_PKEY_free(key);
	ERR_clear_error();
	return err;
}

enum edge_err edge_ed25519_sign(const char *private_pem, struct edge_slice msg,
				uint8_t out[EDGE_ED25519_SIG_LEN])
{
	size_t len = EDGE_ED25519_SIG_LEN;
	EVP_MD_CTX *ctx = NULL;
	EVP_PKEY *key = NULL;
	enum edge_err err = read_ed25519(&key, private_pem, true);

	if (err)
		return err;
	ctx = EVP_MD_CTX_new();
	if (!ctx || EVP_DigestSignInit(ctx, NULL, NULL, NULL, key) != 1 ||
	    EVP_DigestSign(ctx, out, &len, msg.p, edge_slice_len(msg)) != 1)
		err = EDGE_ENOMEM;
	EVP_MD_CTX_free(ctx);
	EVP_PKEY_free(key);
	ERR_clear_error();
	return err;
}
