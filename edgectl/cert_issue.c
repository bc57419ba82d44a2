/* Certificates made here, for laboratories. */
#include "edgectl/cert_issue.h"

#include <fcntl.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/crypto.h"
#include "edgectl/cert_make.h"
#include "topology/file.h"

enum {
	HOUR_S = 3600,	 /* ours: clocks of a laboratory differ [s] */
	DAY_S = 86400,	 /* [s] */
	CA_DAYS = 365,	 /* ours */
	LEAF_DAYS = 90,	 /* ours: what public authorities give */
	CN_MAX = 64,	 /* X.520 ub-common-name */
	SERIAL_LEN = 16, /* RFC 5280 4.1.2.2: at most 20 [bytes] */
};

static bool add_extension(X509 *x, X509 *issuer, int nid, const char *value)
{
	X509V3_CTX ctx;
	X509_EXTENSION *e;
	bool ok;

	X509V3_set_ctx(&ctx, issuer, x, NULL, NULL, 0);
	e = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
	ok = e && X509_add_ext(x, e, -1) == 1;
	X509_EXTENSION_free(e);
	return ok;
}

static bool set_serial(X509 *x)
{
	uint8_t bytes[SERIAL_LEN];
	BIGNUM *n;
	bool ok;

	edge_random(bytes, sizeof(bytes));
	bytes[0] &= 0x7f; /* not negative */
	n = BN_bin2bn(bytes, sizeof(bytes), NULL);
	ok = n && BN_to_ASN1_INTEGER(n, X509_get_serialNumber(x));
	BN_free(n);
	return ok;
}

static bool set_subject(X509 *x, const char *name)
{
	/* SAN is what counts; a name too long for a CN stands there alone */
	return strlen(name) > CN_MAX ||
	       X509_NAME_add_entry_by_NID(
		       X509_get_subject_name(x), NID_commonName, MBSTRING_ASC,
		       (const unsigned char *)name, -1, -1, 0) == 1;
}

static X509 *begin(EVP_PKEY *key, const char *name, int64_t now_s, int days)
{
	const time_t from = (time_t)(now_s - HOUR_S);
	const time_t to = (time_t)(now_s + (int64_t)days * DAY_S);
	X509 *x = X509_new();

	if (x && X509_set_version(x, 2) == 1 && set_serial(x) &&
	    set_subject(x, name) &&
	    ASN1_TIME_set(X509_getm_notBefore(x), from) &&
	    ASN1_TIME_set(X509_getm_notAfter(x), to) &&
	    X509_set_pubkey(x, key) == 1)
		return x;
	X509_free(x);
	return NULL;
}

static enum edge_err write_chain(const char *path, X509 *first, X509 *second)
{
	BIO *bio = BIO_new(BIO_s_mem());
	enum edge_err err = EDGE_ENOMEM;
	char *p;
	long len;

	if (bio && PEM_write_bio_X509(bio, first) == 1 &&
	    (!second || PEM_write_bio_X509(bio, second) == 1)) {
		len = BIO_get_mem_data(bio, &p);
		err = topo_file_create(
			AT_FDCWD, path, 0644,
			edge_slice(p, len > 0 ? (size_t)len : 0));
	}
	BIO_free(bio);
	return err;
}

/* The key first: a certificate without one is of no use. */
static enum edge_err write_both(const char *chain, const char *key_path,
				X509 *x, X509 *issuer, EVP_PKEY *key)
{
	enum edge_err err = ctl_cert_write_key(key_path, key);

	if (err)
		return err;
	err = write_chain(chain, x, issuer);
	if (err)
		(void)unlink(key_path);
	return err;
}

enum edge_err ctl_cert_authority_make(const struct ctl_cert_authority *a,
				      int64_t now_s)
{
	EVP_PKEY *key = ctl_cert_make_key("p256");
	X509 *x = key ? begin(key, a->name, now_s, CA_DAYS) : NULL;
	enum edge_err err = EDGE_ENOMEM;

	if (x && X509_set_issuer_name(x, X509_get_subject_name(x)) == 1 &&
	    add_extension(x, x, NID_basic_constraints, "critical,CA:TRUE") &&
	    add_extension(x, x, NID_key_usage,
			  "critical,keyCertSign,cRLSign") &&
	    add_extension(x, x, NID_subject_key_identifier, "hash") &&
	    X509_sign(x, key, EVP_sha256()) > 0)
		err = write_both(a->pem, a->key, x, NULL, key);
	X509_free(x);
	EVP_PKEY_free(key);
	ERR_clear_error();
	return err;
}

static X509 *read_authority(const struct ctl_cert_authority *a, EVP_PKEY **key)
{
	FILE *f = fopen(a->key, "re");
	X509 *x = NULL;

	*key = f ? PEM_read_PrivateKey(f, NULL, NULL, NULL) : NULL;
	if (f)
		fclose(f);
	f = *key ? fopen(a->pem, "re") : NULL;
	if (!f)
		return NULL;
	x = PEM_read_X509(f, NULL, NULL, NULL);
	fclose(f);
	if (x && X509_check_private_key(x, *key) == 1)
		return x;
	X509_free(x);
	return NULL;
}

static bool fill_leaf(X509 *x, X509 *issuer, const struct ctl_cert_names *n)
{
	char *names = ctl_cert_alt_names(n);
	const bool ok =
		names &&
		X509_set_issuer_name(x, X509_get_subject_name(issuer)) == 1 &&
		add_extension(x, issuer, NID_basic_constraints,
			      "critical,CA:FALSE") &&
		add_extension(x, issuer, NID_key_usage,
			      "critical,digitalSignature,keyEncipherment") &&
		add_extension(x, issuer, NID_ext_key_usage,
			      "serverAuth,clientAuth") &&
		add_extension(x, issuer, NID_subject_alt_name, names);

	free(names);
	return ok;
}

enum edge_err ctl_cert_leaf_make(const struct ctl_cert_authority *a,
				 const struct ctl_cert_leaf *l)
{
	EVP_PKEY *ca_key = NULL, *key = NULL;
	X509 *ca = read_authority(a, &ca_key), *x = NULL;
	enum edge_err err = ca ? EDGE_ENOMEM : EDGE_EFORMAT;

	if (ca)
		key = ctl_cert_make_key("p256");
	if (key)
		x = begin(key, l->names->v[0], l->now_s, LEAF_DAYS);
	if (x && fill_leaf(x, ca, l->names) &&
	    X509_sign(x, ca_key, EVP_sha256()) > 0)
		err = write_both(l->chain, l->key, x, ca, key);
	X509_free(x);
	X509_free(ca);
	EVP_PKEY_free(key);
	EVP_PKEY_free(ca_key);
	ERR_clear_error();
	return err;
}
