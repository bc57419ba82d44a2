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

static enum edge_err write_request(const char *path, X509_REQ *req)
{
	BIO *bio = BIO_new(BIO_s_mem());
	enum edge_err err = EDGE_ENOMEM;
	char *p;
	long len;

	if (bio && PEM_write_bio_X509_REQ(bio, req) == 1) {
		len = BIO_get_mem_data(bio, &p);
		err = topo_file_create(
			AT_FDCWD, path, 0644,
			edge_slice(p, len > 0 ? (size_t)len : 0));
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

static enum ctl_exit make(struct ctl *c, const struct ctl_cert_names *n,
			  const struct ctl_cert_request *r)
{
	const char *out = r->out, *key_out = r->key_out;
	EVP_PKEY *key = ctl_cert_make_key(r->type);
	X509_REQ *req = key ? make_request(key, n) : NULL;
	enum ctl_exit exit = CTL_GOOD;
	enum edge_err err;

	if (!req) {
		exit = ctl_fail(c, EDGE_EFORMAT, "CERT-001", out,
				"no request can be made of these names");
		goto done;
	}
	err = ctl_cert_write_key(key_out, key);
	if (err) {
		exit = write_fault(c, err, key_out);
		goto done;
	}
	err = write_request(out, req);
	if (err) {
		unlink(key_out); /* a key without its request is of no use */
		exit = write_fault(c, err, out);
	}
done:
	X509_REQ_free(req);
	EVP_PKEY_free(key);
	ERR_clear_error();
	return exit;
}

static void tell(struct ctl *c, const struct ctl_cert_names *n, const char *out,
		 const char *key_out)
{
	ctl_say(c, "%s: request for", out);
	for (size_t i = 0; i < n->count; i++)
		ctl_say(c, "  %s", n->v[i]);
	ctl_say(c, "%s: its key, mode 0600; it must stay on this machine",
		key_out);
	ctl_put_text(c, "request", out);
	ctl_put_text(c, "key", key_out);
}

enum ctl_exit ctl_cert_request(struct ctl *c, const struct ctl_cert_request *r)
{
	struct ctl_cert_names *n = calloc(1, sizeof(*n));
	enum ctl_exit exit;

	if (!n)
		return CTL_IO;
	exit = ctl_config(c);
	if (!exit)
		exit = ctl_cert_wanted(c, r->use, n);
	if (!exit)
		exit = make(c, n, r);
	if (!exit)
		tell(c, n, r->out, r->key_out);
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

bool ctl_cert_request_fits(struct ctl *c, const char *path,
			   enum edge_cert_use use)
{
	struct ctl_cert_names *n = calloc(1, sizeof(*n));
	X509_REQ *req = read_request(path);
	const bool fits =
		n && req && !ctl_cert_wanted(c, use, n) && has_names(req, n);

	X509_REQ_free(req);
	free(n);
	return fits;
}
