/* Reads certificates with OpenSSL; hands on values only. */
#include <errno.h>
#include <limits.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>

#include "common/config.h"
#include "common/crypto.h"
#include "edgectl/cert_file.h"
#include "topology/utc.h"

/* A locked key is a fault to report, not a question to ask. */
static int no_password(char *buf, int size, int rwflag, void *arg)
{
	(void)buf;
	(void)size;
	(void)rwflag;
	(void)arg;
	return -1;
}

static enum edge_err read_chain(STACK_OF(X509) * *out, const char *path,
				char *why, size_t cap)
{
	FILE *f = fopen(path, "re");
	STACK_OF(X509) * list;
	X509 *x;

	if (!f) {
		snprintf(why, cap, "%s: %s", path, strerror(errno));
		return EDGE_ENOTFOUND;
	}
	list = sk_X509_new_null();
	while (list && (x = PEM_read_X509(f, NULL, no_password, NULL)))
		if (!sk_X509_push(list, x))
			X509_free(x);
	ERR_clear_error(); /* the end of the file is one */
	fclose(f);
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

static void read_key(struct ctl_cert *c, X509 *leaf, const char *path,
		     char *why, size_t cap)
{
	const char *name = edge_config_credential(path);
	char stored[PATH_MAX];
	FILE *f;
	EVP_PKEY *key;

	if (name) { /* where systemd takes it from */
		snprintf(stored, sizeof(stored), "/etc/credstore/%s", name);
		path = stored;
	}
	f = path ? fopen(path, "re") : NULL;
	if (!f) {
		snprintf(why, cap, "%s: %s", path ? path : "key",
			 path ? strerror(errno) : "not set in edge.ini");
		return;
	}
	key = PEM_read_PrivateKey(f, NULL, no_password, NULL);
	fclose(f);
	ERR_clear_error();
	if (!key) {
		snprintf(why, cap,
			 "%s: no private key in it that can be read without "
			 "a password",
			 path);
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

static X509_STORE *open_roots(const char *roots)
{
	X509_STORE *s = X509_STORE_new();
	int ok;

	if (!s)
		return NULL;
	ok = roots ? X509_STORE_load_file(s, roots)
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
			 const char *roots)
{
	X509_STORE *store = open_roots(roots);
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

enum edge_err ctl_cert_read(struct ctl_cert *out,
			    const struct ctl_cert_files *files, int64_t now_s,
			    char *why, size_t why_cap)
{
	STACK_OF(X509) *list = NULL;
	enum edge_err err = read_chain(&list, files->chain, why, why_cap);
	X509 *leaf;

	if (err)
		return err;
	memset(out, 0, sizeof(*out));
	leaf = sk_X509_value(list, 0);
	X509_NAME_oneline(X509_get_subject_name(leaf), out->subject,
			  sizeof(out->subject));
	X509_NAME_oneline(X509_get_issuer_name(leaf), out->issuer,
			  sizeof(out->issuer));
	read_key(out, leaf, files->key, why, why_cap);
	read_names(out, leaf);
	read_usage(out, leaf);
	read_public_key(out, leaf);
	read_print(out, leaf);
	read_times(out, leaf, now_s);
	if (!files->skips_chain)
		verify_chain(out, list, files->roots);
	sk_X509_pop_free(list, X509_free);
	return EDGE_OK;
}
