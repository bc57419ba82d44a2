/* Reads certificates with OpenSSL; hands on values only. */
#include <errno.h>
#include <limits.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/config.h"
#include "common/crypto.h"
#include "edgectl/cert_file.h"
#include "edgectl/cert_make.h"
#include "edgectl/file_put.h"
#include "topology/utc.h"

static BIO *bio_of(struct edge_slice pem)
{
	const size_t len = edge_slice_len(pem);

	return len <= INT_MAX ? BIO_new_mem_buf(pem.p, (int)len) : NULL;
}

/* Certificates in PEM, one below the other; NULL: out of memory. */
static STACK_OF(X509) * parse_chain(struct edge_slice pem)
{
	STACK_OF(X509) *list = sk_X509_new_null();
	BIO *bio = list ? bio_of(pem) : NULL;
	X509 *x;

	while (bio &&
	       (x = PEM_read_bio_X509(bio, NULL, ctl_cert_no_password, NULL)))
		if (!sk_X509_push(list, x))
			X509_free(x);
	ERR_clear_error(); /* the end of the text is one */
	BIO_free(bio);
	return list;
}

static enum edge_err read_chain(STACK_OF(X509) * *out, const char *path,
				struct edge_slice pem, char *why, size_t cap)
{
	STACK_OF(X509) *list = parse_chain(pem);

	if (!list)
		return EDGE_ENOMEM;
	if (!sk_X509_num(list)) {
		sk_X509_free(list);
		snprintf(why, cap, "%s: no PEM certificate in it", path);
		return EDGE_EFORMAT;
	}
	*out = list;
	return EDGE_OK;
}

static void read_key(struct ctl_cert *c, X509 *leaf,
		     const struct ctl_cert_files *files, char *why, size_t cap)
{
	const struct ctl_cert_pair *p = files->pair;
	EVP_PKEY *key = ctl_cert_parse_key(edge_slice(p->key, p->key_len));

	if (!key) {
		snprintf(why, cap,
			 "%s: no private key in it that can be read without "
			 "a password",
			 files->key);
		return;
	}
	c->has_key = true;
	c->key_matches = X509_check_private_key(leaf, key) == 1;
	ERR_clear_error();
	EVP_PKEY_free(key);
}

static void read_names(struct ctl_cert *c, X509 *leaf)
{
	GENERAL_NAMES *list =
		X509_get_ext_d2i(leaf, NID_subject_alt_name, NULL, NULL);

	for (int i = 0; i < sk_GENERAL_NAME_num(list); i++) {
		const GENERAL_NAME *g = sk_GENERAL_NAME_value(list, i);
		char *v;

		if (g->type != GEN_DNS || c->names.count == CTL_CERT_NAMES_MAX)
			continue;
		v = c->names.v[c->names.count];
		if (!edge_slice_copy(
			    v, CTL_CERT_NAME,
			    edge_slice(
				    ASN1_STRING_get0_data(g->d.dNSName),
				    (size_t)ASN1_STRING_length(g->d.dNSName))))
			continue;
		c->names.count++;
		c->has_wildcard |= strchr(v, '*') != NULL;
	}
	GENERAL_NAMES_free(list);
}

static void read_usage(struct ctl_cert *c, X509 *leaf)
{
	EXTENDED_KEY_USAGE *list =
		X509_get_ext_d2i(leaf, NID_ext_key_usage, NULL, NULL);

	c->has_eku = list != NULL;
	for (int i = 0; i < sk_ASN1_OBJECT_num(list); i++) {
		int nid = OBJ_obj2nid(sk_ASN1_OBJECT_value(list, i));

		c->server_auth |= nid == NID_server_auth;
		c->client_auth |= nid == NID_client_auth;
	}
	EXTENDED_KEY_USAGE_free(list);
}

static void read_public_key(struct ctl_cert *c, X509 *leaf)
{
	EVP_PKEY *key = X509_get0_pubkey(leaf);
	uint8_t digest[EDGE_SHA256_LEN], *der = NULL;
	char group[64] = "";
	int len;

	if (!key)
		return;
	if (EVP_PKEY_get_base_id(key) == EVP_PKEY_EC &&
	    EVP_PKEY_get_group_name(key, group, sizeof(group), NULL))
		snprintf(c->key_type, sizeof(c->key_type), "EC %.24s", group);
	else
		snprintf(c->key_type, sizeof(c->key_type), "%.16s %d",
			 EVP_PKEY_get0_type_name(key), EVP_PKEY_get_bits(key));
	len = i2d_PUBKEY(key, &der);
	if (len <= 0)
		return;
	edge_sha256(edge_slice(der, (size_t)len), digest);
	edge_hex(c->spki_sha256, edge_slice(digest, sizeof(digest)));
	OPENSSL_free(der);
}

static void read_print(struct ctl_cert *c, const X509 *leaf)
{
	uint8_t digest[EDGE_SHA256_LEN];
	unsigned len = 0;

	if (X509_digest(leaf, EVP_sha256(), digest, &len) == 1)
		edge_hex(c->sha256, edge_slice(digest, len));
}

/* Seconds since 1970; the time asked for when it is no time. */
static int64_t seconds_of(const ASN1_TIME *t, int64_t now_s)
{
	ASN1_TIME *now = ASN1_TIME_set(NULL, (time_t)now_s);
	int days = 0, seconds = 0;

	(void)!(now && ASN1_TIME_diff(&days, &seconds, now, t));
	ASN1_TIME_free(now);
	return now_s + (int64_t)days * 86400 + seconds;
}

static void read_times(struct ctl_cert *c, const X509 *leaf, int64_t now_s)
{
	int64_t left;

	c->begins_s = seconds_of(X509_get0_notBefore(leaf), now_s);
	c->ends_s = seconds_of(X509_get0_notAfter(leaf), now_s);
	left = c->ends_s - now_s;
	c->days_left = left < 0 ? -1 + left / 86400 : left / 86400;
	c->is_begun = c->begins_s <= now_s;
	topo_utc_print(c->not_after, c->ends_s > 0 ? (uint64_t)c->ends_s : 0);
}

static bool add_roots(X509_STORE *s, struct edge_slice pem)
{
	STACK_OF(X509) *list = parse_chain(pem);
	bool ok = sk_X509_num(list) > 0;

	for (int i = 0; ok && i < sk_X509_num(list); i++)
		ok = X509_STORE_add_cert(s, sk_X509_value(list, i)) == 1;
	sk_X509_pop_free(list, X509_free);
	return ok;
}

static X509_STORE *open_roots(const struct ctl_cert_files *files)
{
	X509_STORE *s = X509_STORE_new();
	int ok;

	if (!s)
		return NULL;
	if (edge_slice_len(files->roots_pem))
		ok = add_roots(s, files->roots_pem);
	else
		ok = files->roots ? X509_STORE_load_file(s, files->roots)
				  : X509_STORE_set_default_paths(s);
	ERR_clear_error();
	if (ok == 1)
		return s;
	X509_STORE_free(s);
	return NULL;
}

/* Purpose any: the usage is judged by itself. Time too, so an expired leaf
 * does not hide what else is wrong. */
static void verify_chain(struct ctl_cert *c, STACK_OF(X509) * chain,
			 const struct ctl_cert_files *files)
{
	X509_STORE *store = open_roots(files);
	X509_STORE_CTX *ctx = store ? X509_STORE_CTX_new() : NULL;
	const char *fault = "out of memory";

	if (!store)
		fault = "the trust store cannot be read";
	if (ctx && X509_STORE_CTX_init(ctx, store, sk_X509_value(chain, 0),
				       chain) == 1) {
		X509_STORE_CTX_set_purpose(ctx, X509_PURPOSE_ANY);
		X509_STORE_CTX_set_flags(ctx, X509_V_FLAG_NO_CHECK_TIME);
		fault = X509_verify_cert(ctx) == 1
				? ""
				: X509_verify_cert_error_string(
					  X509_STORE_CTX_get_error(ctx));
	}
	snprintf(c->chain_fault, sizeof(c->chain_fault), "%s", fault);
	X509_STORE_CTX_free(ctx);
	X509_STORE_free(store);
	ERR_clear_error();
}

static enum edge_err parse(struct ctl_cert *out,
			   const struct ctl_cert_files *files, int64_t now_s,
			   char *why, size_t cap)
{
	const struct ctl_cert_pair *p = files->pair;
	STACK_OF(X509) *list = NULL;
	enum edge_err err =
		read_chain(&list, files->chain,
			   edge_slice(p->chain, p->chain_len), why, cap);
	X509 *leaf;

	if (err)
		return err;
	memset(out, 0, sizeof(*out));
	leaf = sk_X509_value(list, 0);
	X509_NAME_oneline(X509_get_subject_name(leaf), out->subject,
			  sizeof(out->subject));
	X509_NAME_oneline(X509_get_issuer_name(leaf), out->issuer,
			  sizeof(out->issuer));
	if (p->key)
		read_key(out, leaf, files, why, cap);
	read_names(out, leaf);
	read_usage(out, leaf);
	read_public_key(out, leaf);
	read_print(out, leaf);
	read_times(out, leaf, now_s);
	if (!files->skips_chain)
		verify_chain(out, list, files);
	sk_X509_pop_free(list, X509_free);
	return EDGE_OK;
}

static void say_file(char *why, size_t cap, const char *path, enum edge_err err)
{
	snprintf(why, cap, "%s: %s", path,
		 err == EDGE_ELIMIT || !errno ? edge_err_str(err)
					      : strerror(errno));
}

static enum edge_err load(uint8_t **out, size_t *len, const char *path,
			  char *why, size_t cap)
{
	enum edge_err err;

	errno = 0;
	err = ctl_file_read(out, len, path, CTL_FILE_PEM_MAX);
	if (err)
		say_file(why, cap, path, err);
	return err;
}

/* One that cannot be read is no reason to judge nothing else. */
static void load_key(struct ctl_cert_pair *p, const char *path, char *why,
		     size_t cap)
{
	const char *name = edge_config_credential(path);
	char stored[PATH_MAX];

	if (name) { /* where systemd takes it from */
		snprintf(stored, sizeof(stored), "/etc/credstore/%s", name);
		path = stored;
	}
	if (!path)
		snprintf(why, cap, "key: not set in edge.ini");
	else if (load(&p->key, &p->key_len, path, why, cap))
		p->key = NULL;
}

enum edge_err ctl_cert_read(struct ctl_cert *out,
			    const struct ctl_cert_files *files, int64_t now_s,
			    char *why, size_t why_cap)
{
	struct ctl_cert_pair pair = {0};
	struct ctl_cert_files read = *files;
	enum edge_err err = EDGE_OK;

	if (files->pair)
		return parse(out, files, now_s, why, why_cap);
	read.pair = &pair;
	err = load(&pair.chain, &pair.chain_len, files->chain, why, why_cap);
	if (!err) {
		load_key(&pair, files->key, why, why_cap);
		err = parse(out, &read, now_s, why, why_cap);
	} else if (err != EDGE_ELIMIT) {
		err = EDGE_ENOTFOUND;
	}
	if (pair.key)
		edge_wipe(pair.key, pair.key_len);
	free(pair.key);
	free(pair.chain);
	return err;
}
