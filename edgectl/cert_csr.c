/* cert csr: a key and a request with exactly the names the topology wants. */
#include <fcntl.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/crypto.h"
#include "edgectl/cert_csr.h"
#include "edgectl/cert_make.h"
#include "edgectl/cert_topology.h"
#include "edgectl/file_put.h"
#include "topology/file.h"

static bool add_extension(STACK_OF(X509_EXTENSION) * list, int nid,
			  const char *value)
{
	X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, NULL, nid, value);

	if (!e || !sk_X509_EXTENSION_push(list, e)) {
		X509_EXTENSION_free(e);
		return false;
	}
	return true;
}

static bool add_extensions(X509_REQ *req, const struct ctl_cert_names *n)
{
	STACK_OF(X509_EXTENSION) *list = sk_X509_EXTENSION_new_null();
	char *names = ctl_cert_alt_names(n);
	bool ok;

	ok = list && names &&
	     add_extension(list, NID_subject_alt_name, names) &&
	     add_extension(list, NID_key_usage,
			   "critical,digitalSignature,keyEncipherment") &&
	     add_extension(list, NID_ext_key_usage, "serverAuth,clientAuth") &&
	     X509_REQ_add_extensions(req, list) == 1;
	sk_X509_EXTENSION_pop_free(list, X509_EXTENSION_free);
	free(names);
	return ok;
}

/* CN is limited to 64 bytes; SAN is what counts. */
static bool add_subject(X509_REQ *req, const struct ctl_cert_names *n)
{
	X509_NAME *name = X509_REQ_get_subject_name(req);
	const char *first = n->v[0];

	if (strlen(first) > 64)
		return true;
	return X509_NAME_add_entry_by_NID(name, NID_commonName, MBSTRING_ASC,
					  (const unsigned char *)first, -1, -1,
					  0) == 1;
}

static X509_REQ *make_request(EVP_PKEY *key, const struct ctl_cert_names *n)
{
	X509_REQ *req = X509_REQ_new();

	if (req && X509_REQ_set_version(req, 0) == 1 && add_subject(req, n) &&
	    X509_REQ_set_pubkey(req, key) == 1 && add_extensions(req, n) &&
	    X509_REQ_sign(req, key, EVP_sha256()) > 0)
		return req;
	X509_REQ_free(req);
	return NULL;
}

static enum edge_err put_request(const struct ctl_cert_request *r,
				 struct edge_slice pem)
{
	const struct ctl_file_rights rights = {0644, geteuid(), getegid()};

	return r->is_again ? ctl_file_put(r->out, &rights, pem)
			   : topo_file_create(AT_FDCWD, r->out, 0644, pem);
}

static enum edge_err write_request(const struct ctl_cert_request *r,
				   X509_REQ *req)
{
	BIO *bio = BIO_new(BIO_s_mem());
	enum edge_err err = EDGE_ENOMEM;
	char *p;
	long len;

	if (bio && PEM_write_bio_X509_REQ(bio, req) == 1) {
		len = BIO_get_mem_data(bio, &p);
		err = put_request(r, edge_slice(p, len > 0 ? (size_t)len : 0));
	}
	BIO_free(bio);
	return err;
}

static enum ctl_exit write_fault(struct ctl *c, enum edge_err err,
				 const char *path)
{
	return ctl_fail(c, err == EDGE_EDUP ? EDGE_ESYS : err, "CTL-007", path,
			"%s",
			err == EDGE_EDUP ? "is there already; nothing is "
					   "written over"
					 : ctl_reason(err));
}

static EVP_PKEY *parse_file(const char *path)
{
	EVP_PKEY *key = NULL;
	uint8_t *pem = NULL;
	size_t len = 0;

	if (!ctl_file_read(&pem, &len, path, CTL_FILE_PEM_MAX))
		key = ctl_cert_parse_key(edge_slice(pem, len));
	if (pem)
		edge_wipe(pem, len);
	free(pem);
	return key;
}

/* That of an earlier request; it is left alone whatever it is. */
static enum ctl_exit read_key(EVP_PKEY **out, struct ctl *c, const char *path)
{
	*out = parse_file(path);
	return *out ? CTL_GOOD
		    : ctl_fail(c, EDGE_EFORMAT, "CTL-007", path,
			       "no private key that can be read; it is left, "
			       "for a certificate may be on its way: move it "
			       "to where it is kept");
}

static enum ctl_exit new_key(EVP_PKEY **out, struct ctl *c,
			     const struct ctl_cert_request *r)
{
	enum edge_err err = EDGE_ENOMEM;

	*out = ctl_cert_make_key(r->type);
	if (*out)
		err = ctl_cert_write_key(r->key_out, *out);
	return err ? write_fault(c, err, r->key_out) : CTL_GOOD;
}

static enum ctl_exit make(struct ctl *c, const struct ctl_cert_names *n,
			  const struct ctl_cert_request *r, bool is_kept)
{
	EVP_PKEY *key = NULL;
	X509_REQ *req = NULL;
	enum ctl_exit exit =
		is_kept ? read_key(&key, c, r->key_out) : new_key(&key, c, r);
	enum edge_err err;

	if (exit)
		goto done;
	req = make_request(key, n);
	err = req ? write_request(r, req) : EDGE_EFORMAT;
	if (err && !is_kept)
		unlink(r->key_out); /* of no use without its request */
	if (!req)
		exit = ctl_fail(c, EDGE_EFORMAT, "CERT-001", r->out,
				"no request can be made of these names");
	else if (err)
		exit = write_fault(c, err, r->out);
done:
	X509_REQ_free(req);
	EVP_PKEY_free(key);
	ERR_clear_error();
	return exit;
}

static void tell(struct ctl *c, const struct ctl_cert_names *n,
		 const struct ctl_cert_request *r, bool is_kept)
{
	ctl_say(c, "%s: request for", r->out);
	for (size_t i = 0; i < n->count; i++)
		ctl_say(c, "  %s", n->v[i]);
	ctl_say(c, "%s: its key, %s; it must stay on this machine", r->key_out,
		is_kept ? "that of the request before" : "mode 0600");
	ctl_put_text(c, "request", r->out);
	ctl_put_text(c, "key", r->key_out);
}

enum ctl_exit ctl_cert_request(struct ctl *c, const struct ctl_cert_request *r)
{
	struct ctl_cert_names *n = calloc(1, sizeof(*n));
	const bool is_kept = r->is_again && !access(r->key_out, F_OK);
	enum ctl_exit exit;

	if (!n)
		return CTL_IO;
	exit = ctl_config(c);
	if (!exit)
		exit = ctl_cert_wanted(c, r->use, n);
	if (!exit)
		exit = make(c, n, r, is_kept);
	if (!exit)
		tell(c, n, r, is_kept);
	free(n);
	return exit;
}

enum ctl_exit ctl_cert_csr(struct ctl *c, int argc, char **argv)
{
	struct ctl_cert_request r = {.type = "rsa"};
	const struct ctl_option options[] = {
		{"out", &r.out, NULL},
		{"key-out", &r.key_out, NULL},
		{"type", &r.type, NULL},
	};
	const enum ctl_exit exit = ctl_options(c, options, 3, &argc, argv);

	if (exit)
		return exit;
	if (argc != 1 || !r.out || !r.key_out ||
	    !ctl_cert_use_find(argv[0], &r.use))
		return ctl_usage(c, "cert csr wants USE, --out CSR and "
				    "--key-out KEY");
	if (strcmp(r.type, "rsa") != 0 && strcmp(r.type, "p256") != 0)
		return ctl_usage(c, "--type %.20s: want rsa or p256", r.type);
	return ctl_cert_request(c, &r);
}

static X509_REQ *read_request(const char *path)
{
	FILE *f = fopen(path, "re");
	X509_REQ *req = f ? PEM_read_X509_REQ(f, NULL, NULL, NULL) : NULL;

	if (f)
		fclose(f);
	ERR_clear_error();
	return req;
}

static bool is_wanted(const struct ctl_cert_names *n, const GENERAL_NAME *g)
{
	struct edge_slice name;

	if (g->type != GEN_DNS)
		return false;
	name = edge_slice(ASN1_STRING_get0_data(g->d.dNSName),
			  (size_t)ASN1_STRING_length(g->d.dNSName));
	for (size_t i = 0; i < n->count; i++)
		if (edge_slice_ieq_str(name, n->v[i]))
			return true;
	return false;
}

/* As many names as are wanted, and none that is not. */
static bool has_names(X509_REQ *req, const struct ctl_cert_names *n)
{
	STACK_OF(X509_EXTENSION) *list = X509_REQ_get_extensions(req);
	GENERAL_NAMES *names =
		X509V3_get_d2i(list, NID_subject_alt_name, NULL, NULL);
	bool good = (size_t)sk_GENERAL_NAME_num(names) == n->count;

	for (int i = 0; good && i < sk_GENERAL_NAME_num(names); i++)
		good = is_wanted(n, sk_GENERAL_NAME_value(names, i));
	GENERAL_NAMES_free(names);
	sk_X509_EXTENSION_pop_free(list, X509_EXTENSION_free);
	return good;
}

/* What is signed with another key would be of no use beside this one. */
static bool is_of_key(X509_REQ *req, const char *path)
{
	EVP_PKEY *key = parse_file(path);
	const bool same = key && X509_REQ_verify(req, key) == 1 &&
			  X509_REQ_check_private_key(req, key) == 1;

	EVP_PKEY_free(key);
	ERR_clear_error();
	return same;
}

bool ctl_cert_request_fits(struct ctl *c, const char *path, const char *key,
			   enum edge_cert_use use)
{
	struct ctl_cert_names *n = calloc(1, sizeof(*n));
	X509_REQ *req = read_request(path);
	const bool fits = n && req && !ctl_cert_wanted(c, use, n) &&
			  has_names(req, n) && is_of_key(req, key);

	X509_REQ_free(req);
	free(n);
	return fits;
}
