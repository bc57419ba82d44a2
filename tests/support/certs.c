/* Throw-away authorities and certificates, made with OpenSSL when needed. */
#include "tests/support/certs.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

enum { CERTS_MAX = 32, CERTS_PATHS = 256, CERTS_DAY_S = 86400 };

struct made {
	char name[32];
	X509 *cert;
	EVP_PKEY *key;
	const struct made *issuer; /* NULL: self-signed */
};

struct certs {
	char dir[64];
	struct made all[CERTS_MAX];
	size_t count;
	char *paths[CERTS_PATHS];
	size_t path_count;
};

static void need(bool good, const char *what)
{
	if (good)
		return;
	fprintf(stderr, "certs: %s failed\n", what);
	abort();
}

struct certs *certs_new(void)
{
	struct certs *c = calloc(1, sizeof(*c));

	need(c != NULL, "calloc");
	snprintf(c->dir, sizeof(c->dir), "%s", "/tmp/edge-certs-XXXXXX");
	need(mkdtemp(c->dir) != NULL, "mkdtemp");
	return c;
}

static int remove_one(const char *path, const struct stat *st, int type,
		      struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

void certs_free(struct certs *c)
{
	if (!c)
		return;
	nftw(c->dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	for (size_t i = 0; i < c->count; i++) {
		X509_free(c->all[i].cert);
		EVP_PKEY_free(c->all[i].key);
	}
	for (size_t i = 0; i < c->path_count; i++)
		free(c->paths[i]);
	free(c);
}

const char *certs_path(struct certs *c, const char *file)
{
	char *path = NULL;

	need(c->path_count < CERTS_PATHS, "path table");
	need(asprintf(&path, "%s/%s", c->dir, file) > 0, "asprintf");
	c->paths[c->path_count++] = path;
	return path;
}

static const char *path_with(struct certs *c, const char *name,
			     const char *suffix)
{
	char file[64];

	snprintf(file, sizeof(file), "%s%s", name, suffix);
	return certs_path(c, file);
}

static const struct made *made_find(const struct certs *c, const char *name)
{
	for (size_t i = 0; name && i < c->count; i++) {
		if (strcmp(c->all[i].name, name) == 0)
			return &c->all[i];
	}
	need(!name, "look-up of an issuer");
	return NULL;
}

static void extension_add(X509 *cert, X509V3_CTX *ctx, int nid,
			  const char *value)
{
	X509_EXTENSION *ext = X509V3_EXT_conf_nid(NULL, ctx, nid, value);

	need(ext && X509_add_ext(cert, ext, -1) == 1, value);
	X509_EXTENSION_free(ext);
}

static void raw_name_add(X509 *cert, const struct cert_spec *s)
{
	GENERAL_NAMES *names = GENERAL_NAMES_new();
	GENERAL_NAME *name = GENERAL_NAME_new();
	ASN1_IA5STRING *text = ASN1_IA5STRING_new();

	need(names && name && text &&
		     ASN1_STRING_set(text, s->raw_dns, (int)s->raw_dns_len) ==
			     1,
	     "raw name");
	GENERAL_NAME_set0_value(name, GEN_DNS, text);
	sk_GENERAL_NAME_push(names, name);
	need(X509_add1_ext_i2d(cert, NID_subject_alt_name, names, 0, 0) == 1,
	     "raw name");
	GENERAL_NAMES_free(names);
}

static void cdp_add(X509 *cert, X509V3_CTX *ctx, const struct cert_spec *s)
{
	CONF *conf = NCONF_new(NULL);
	BIO *text = BIO_new_mem_buf(s->conf ? s->conf : "", -1);
	long line;

	need(conf && text && NCONF_load_bio(conf, text, &line) > 0, "conf");
	X509V3_set_nconf(ctx, conf);
	extension_add(cert, ctx, NID_crl_distribution_points, s->cdp);
	X509V3_set_ctx_nodb(ctx);
	BIO_free(text);
	NCONF_free(conf);
}

static void extensions_add(X509 *cert, X509 *issuer, const struct cert_spec *s)
{
	static const char *const ekus[] = {
		[CERT_EKU_SERVER] = "serverAuth",
		[CERT_EKU_CLIENT] = "clientAuth",
		[CERT_EKU_MAIL] = "emailProtection",
	};
	X509V3_CTX ctx;

	X509V3_set_ctx_nodb(&ctx);
	X509V3_set_ctx(&ctx, issuer, cert, NULL, NULL, 0);
	if (s->is_ca) {
		extension_add(cert, &ctx, NID_basic_constraints,
			      "critical,CA:TRUE");
		extension_add(cert, &ctx, NID_key_usage,
			      s->cannot_revoke
				      ? "critical,keyCertSign"
				      : "critical,keyCertSign,cRLSign");
	}
	extension_add(cert, &ctx, NID_subject_key_identifier, "hash");
	if (s->san)
		extension_add(cert, &ctx, NID_subject_alt_name, s->san);
	if (s->raw_dns)
		raw_name_add(cert, s);
	if (s->cdp)
		cdp_add(cert, &ctx, s);
	if (s->eku != CERT_EKU_NONE)
		extension_add(cert, &ctx, NID_ext_key_usage, ekus[s->eku]);
}

static EVP_PKEY *key_make(const struct cert_spec *s)
{
	EVP_PKEY *key = s->is_ed25519 ? EVP_PKEY_Q_keygen(NULL, NULL, "ED25519")
			: s->rsa_bits ? EVP_RSA_gen((unsigned)s->rsa_bits)
				      : EVP_EC_gen("P-256");

	need(key != NULL, "key");
	return key;
}

static void times_set(X509 *cert, const struct cert_spec *s)
{
	const bool is_given = s->from_days || s->to_days;
	const long from = is_given ? s->from_days : -1;
	const long to = is_given ? s->to_days : 30;

	X509_gmtime_adj(X509_getm_notBefore(cert), from * CERTS_DAY_S);
	X509_gmtime_adj(X509_getm_notAfter(cert), to * CERTS_DAY_S);
}

static void files_write(struct certs *c, const struct made *m)
{
	FILE *chain = fopen(path_with(c, m->name, ".pem"), "w");
	FILE *key = fopen(path_with(c, m->name, ".key"), "w");

	need(chain && key, "fopen");
	PEM_write_X509(chain, m->cert);
	for (const struct made *up = m->issuer; up && up->issuer;
	     up = up->issuer)
		PEM_write_X509(chain, up->cert);
	PEM_write_PrivateKey(key, m->key, NULL, NULL, 0, NULL, NULL);
	fclose(chain);
	fclose(key);
}

void certs_make(struct certs *c, const char *name, const struct cert_spec *s)
{
	const struct made *issuer = made_find(c, s->issuer);
	struct made *m = &c->all[c->count];
	const EVP_MD *digest =
		EVP_get_digestbyname(s->digest ? s->digest : "SHA256");
	X509_NAME *subject;

	need(c->count < CERTS_MAX, "table");
	m->cert = X509_new();
	m->key = key_make(s);
	m->issuer = issuer;
	snprintf(m->name, sizeof(m->name), "%s", name);
	c->count++;
	X509_set_version(m->cert, X509_VERSION_3);
	ASN1_INTEGER_set(X509_get_serialNumber(m->cert), (long)c->count);
	times_set(m->cert, s);
	subject = X509_get_subject_name(m->cert);
	X509_NAME_add_entry_by_txt(
		subject, "CN", MBSTRING_UTF8,
		(const unsigned char *)(s->cn ? s->cn : name), -1, -1, 0);
	X509_set_issuer_name(m->cert,
			     issuer ? X509_get_subject_name(issuer->cert)
				    : subject);
	X509_set_pubkey(m->cert, m->key);
	extensions_add(m->cert, issuer ? issuer->cert : m->cert, s);
	need(digest && X509_sign(m->cert, issuer ? issuer->key : m->key,
				 digest) > 0,
	     "signature");
	files_write(c, m);
}

static void revoked_add(X509_CRL *crl, const ASN1_INTEGER *serial,
			bool is_critical)
{
	X509_REVOKED *entry = X509_REVOKED_new();
	ASN1_TIME *when = X509_gmtime_adj(NULL, -60);
	ASN1_OCTET_STRING *none = ASN1_OCTET_STRING_new();
	ASN1_OBJECT *nobody = OBJ_txt2obj("1.3.6.1.4.1.99999.1", 1);
	X509_EXTENSION *ext = NULL;

	need(entry && when && none && nobody, "revocation");
	X509_REVOKED_set_serialNumber(entry, (ASN1_INTEGER *)(uintptr_t)serial);
	X509_REVOKED_set_revocationDate(entry, when);
	if (is_critical) {
		ext = X509_EXTENSION_create_by_OBJ(NULL, nobody, 1, none);
		need(X509_REVOKED_add_ext(entry, ext, -1) == 1, "extension");
	}
	need(X509_CRL_add0_revoked(crl, entry) == 1, "revocation");
	X509_EXTENSION_free(ext);
	ASN1_OBJECT_free(nobody);
	ASN1_OCTET_STRING_free(none);
	ASN1_TIME_free(when);
}

/* Serials of certificates that never were. */
static void fillers_add(X509_CRL *crl, unsigned count)
{
	ASN1_INTEGER *serial = ASN1_INTEGER_new();

	for (unsigned i = 0; i < count; i++) {
		need(ASN1_INTEGER_set_uint64(
			     serial, UINT64_C(0x1234567800000000) + i) == 1,
		     "serial");
		revoked_add(crl, serial, false);
	}
	ASN1_INTEGER_free(serial);
}

static void list_extension_add(X509_CRL *crl, int nid, const char *value)
{
	X509V3_CTX ctx;
	X509_EXTENSION *ext;

	X509V3_set_ctx_nodb(&ctx);
	X509V3_set_ctx(&ctx, NULL, NULL, NULL, crl, 0);
	ext = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
	need(ext && X509_CRL_add_ext(crl, ext, -1) == 1, value);
	X509_EXTENSION_free(ext);
}

static void delta_mark(X509_CRL *crl)
{
	ASN1_INTEGER *base = ASN1_INTEGER_new();

	need(base && ASN1_INTEGER_set(base, 1) == 1 &&
		     X509_CRL_add1_ext_i2d(crl, NID_delta_crl, base, 1, 0) == 1,
	     "delta");
	ASN1_INTEGER_free(base);
}

static void list_fill(struct certs *c, X509_CRL *crl, const struct list_spec *s)
{
	X509_CRL_set_version(crl, X509_CRL_VERSION_2);
	X509_CRL_set_issuer_name(
		crl, X509_get_subject_name(made_find(c, s->ca)->cert));
	if (s->revoked)
		revoked_add(
			crl,
			X509_get0_serialNumber(made_find(c, s->revoked)->cert),
			s->has_critical_entry);
	fillers_add(crl, s->fillers);
	X509_CRL_sort(crl);
	if (s->idp)
		list_extension_add(crl, NID_issuing_distribution_point, s->idp);
	if (s->is_delta)
		delta_mark(crl);
}

void certs_list(struct certs *c, const char *file, const struct list_spec *s)
{
	const struct made *signer = made_find(c, s->signer ? s->signer : s->ca);
	const EVP_MD *digest =
		EVP_get_digestbyname(s->digest ? s->digest : "SHA256");
	X509_CRL *crl = X509_CRL_new();
	ASN1_TIME *last = X509_gmtime_adj(NULL, s->this_s ? s->this_s
							  : -10L * CERTS_DAY_S);
	ASN1_TIME *next = X509_gmtime_adj(NULL, s->next_s);
	FILE *f = fopen(certs_path(c, file), "w");

	need(crl && last && next && f && digest, "revocation list");
	X509_CRL_set1_lastUpdate(crl, last);
	if (!s->has_no_next)
		X509_CRL_set1_nextUpdate(crl, next);
	list_fill(c, crl, s);
	need(X509_CRL_sign(crl, signer->key, digest) > 0, "signature");
	need((s->as_der ? i2d_X509_CRL_fp(f, crl)
			: PEM_write_X509_CRL(f, crl)) == 1,
	     "write");
	fclose(f);
	ASN1_TIME_free(last);
	ASN1_TIME_free(next);
	X509_CRL_free(crl);
}

void certs_revoke(struct certs *c, const char *ca, const char *file,
		  const char *revoked, int next_update_days, bool as_der)
{
	certs_list(c, file,
		   &(struct list_spec){.ca = ca,
				       .revoked = revoked,
				       .next_s = next_update_days * CERTS_DAY_S,
				       .as_der = as_der});
}

void certs_write(struct certs *c, const char *file, const char *text)
{
	FILE *f = fopen(certs_path(c, file), "w");

	need(f && fputs(text, f) >= 0, "write");
	fclose(f);
}

void certs_make_usual(struct certs *c)
{
	certs_make(c, "ca",
		   &(struct cert_spec){.is_ca = true, .cn = "Test CA"});
	certs_make(c, "edge",
		   &(struct cert_spec){.issuer = "ca",
				       .cn = "sip.contoso.com",
				       .san = "DNS:sip.contoso.com",
				       .eku = CERT_EKU_SERVER});
}
