/* Certificates, keys, stores and lists: bytes into a context, or what another
 * one made of the same bytes. */
#include "common/tls_load.h"

#include <stdio.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

enum { TLS_CA_NAMES_MAX = 8 /* ours: an inside trust store */ };

/* OpenSSL's queue tells one fault in several layers: the system's word, else
 * the last one that is more than "X lib". */
const char *edge_tls_load_reason(void)
{
	const char *reason = NULL;
	unsigned long code;

	while ((code = ERR_get_error()) != 0) {
		if (ERR_SYSTEM_ERROR(code)) {
			reason = strerror(ERR_GET_REASON(code));
			break;
		}
		if (!reason || !(ERR_GET_REASON(code) & ERR_RFLAG_COMMON))
			reason = ERR_reason_error_string(code);
	}
	ERR_clear_error();
	return reason ? reason : "not usable";
}

static enum edge_err refuse(const struct edge_tls_load *m,
			    enum edge_tls_file_kind kind)
{
	(void)snprintf(m->why, m->why_cap, "%s %s: %s",
		       edge_tls_file_name(kind), m->files.v[kind].path,
		       edge_tls_load_reason());
	return EDGE_ETLS;
}

static BIO *open_bytes(const struct edge_tls_load *m,
		       enum edge_tls_file_kind kind)
{
	return BIO_new_mem_buf(m->files.v[kind].p, (int)m->files.v[kind].len);
}

/* The leaf, then those between it and its root, to the end of the file. */
static bool use_chain(SSL_CTX *ctx, BIO *in)
{
	X509 *x = PEM_read_bio_X509_AUX(in, NULL, NULL, NULL);
	bool good = x && SSL_CTX_use_certificate(ctx, x) == 1 &&
		    SSL_CTX_clear_chain_certs(ctx) == 1;

	X509_free(x);
	while (good && (x = PEM_read_bio_X509(in, NULL, NULL, NULL)) != NULL) {
		good = SSL_CTX_add0_chain_cert(ctx, x) == 1;
		if (!good)
			X509_free(x);
	}
	if (!good ||
	    ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE)
		return false;
	ERR_clear_error(); /* the end of the file is one */
	return true;
}

static bool use_key(SSL_CTX *ctx, BIO *in)
{
	EVP_PKEY *key = PEM_read_bio_PrivateKey(in, NULL, NULL, NULL);
	const bool good = key && SSL_CTX_use_PrivateKey(ctx, key) == 1 &&
			  SSL_CTX_check_private_key(ctx) == 1;

	EVP_PKEY_free(key);
	return good;
}

/* The same bytes as another's: what was made of them. */
static bool share_own(const struct edge_tls_load *m,
		      const struct edge_tls_like *like)
{
	STACK_OF(X509) *chain = NULL;

	return like->ctx &&
	       edge_tls_sums_eq(like->sums, &m->files.sums, EDGE_TLS_CHAIN,
				EDGE_TLS_KEY) &&
	       SSL_CTX_get0_chain_certs(like->ctx, &chain) == 1 &&
	       SSL_CTX_use_cert_and_key(
		       m->ctx, SSL_CTX_get0_certificate(like->ctx),
		       SSL_CTX_get0_privatekey(like->ctx), chain, 1) == 1;
}

enum edge_err edge_tls_load_own(const struct edge_tls_load *m)
{
	enum edge_tls_file_kind at = EDGE_TLS_CHAIN;
	BIO *in;
	bool good;

	for (size_t i = 0; i < EDGE_TLS_LIKE; i++)
		if (share_own(m, &m->like[i]))
			return EDGE_OK;
	in = open_bytes(m, at);
	good = in && use_chain(m->ctx, in);
	BIO_free(in);
	if (good) {
		at = EDGE_TLS_KEY;
		in = open_bytes(m, at);
		good = in && use_key(m->ctx, in);
		BIO_free(in);
	}
	return good ? EDGE_OK : refuse(m, at);
}

static size_t add_pem_crls(X509_STORE *store, BIO *in)
{
	X509_CRL *crl;
	size_t count = 0;

	while ((crl = PEM_read_bio_X509_CRL(in, NULL, NULL, NULL)) != NULL) {
		if (X509_STORE_add_crl(store, crl) == 1)
			count++;
		X509_CRL_free(crl);
	}
	return count;
}

static enum edge_err add_crl(const struct edge_tls_load *m)
{
	X509_STORE *store = SSL_CTX_get_cert_store(m->ctx);
	BIO *in = open_bytes(m, EDGE_TLS_CRL);
	X509_CRL *crl = NULL;
	bool is_read = in && add_pem_crls(store, in) > 0;

	if (in && !is_read) {
		BIO_free(in);
		ERR_clear_error();
		in = open_bytes(m, EDGE_TLS_CRL);
		crl = in ? d2i_X509_CRL_bio(in, NULL) : NULL;
		is_read = crl && X509_STORE_add_crl(store, crl) == 1;
	}
	X509_CRL_free(crl);
	BIO_free(in);
	if (!is_read)
		return refuse(m, EDGE_TLS_CRL);
	ERR_clear_error(); /* "no start line" after the last PEM block */
	return EDGE_OK;
}

/* Names of the CAs help Windows to pick its certificate; a public bundle is
 * too long for a handshake and says nothing. */
static void name_authority(STACK_OF(X509_NAME) * names, const X509 *x)
{
	const X509_NAME *subject = X509_get_subject_name(x);
	X509_NAME *copy;

	for (int i = 0; i < sk_X509_NAME_num(names); i++)
		if (!X509_NAME_cmp(sk_X509_NAME_value(names, i), subject))
			return;
	if (sk_X509_NAME_num(names) > TLS_CA_NAMES_MAX)
		return; /* too many already */
	copy = X509_NAME_dup(subject);
	if (!copy || !sk_X509_NAME_push(names, copy))
		X509_NAME_free(copy);
}

/* Certificates and lists of a bundle; false: there are none, or one is not
 * what it should be. */
static bool fill_store(X509_STORE *store, STACK_OF(X509_NAME) * names, BIO *in)
{
	STACK_OF(X509_INFO) *all = PEM_X509_INFO_read_bio(in, NULL, NULL, NULL);
	bool good = all != NULL, is_any = false;

	for (int i = 0; good && i < sk_X509_INFO_num(all); i++) {
		const X509_INFO *one = sk_X509_INFO_value(all, i);

		if (one->x509) {
			good = X509_STORE_add_cert(store, one->x509) == 1;
			name_authority(names, one->x509);
		}
		if (good && one->crl)
			good = X509_STORE_add_crl(store, one->crl) == 1;
		is_any |= one->x509 || one->crl;
	}
	sk_X509_INFO_pop_free(all, X509_INFO_free);
	if (good && !is_any)
		ERR_raise(ERR_LIB_X509, X509_R_NO_CERTIFICATE_OR_CRL_FOUND);
	return good && is_any;
}

static enum edge_err read_trust(const struct edge_tls_load *m)
{
	STACK_OF(X509_NAME) *names = sk_X509_NAME_new_null();
	BIO *in = open_bytes(m, EDGE_TLS_TRUST);
	const bool good = names && in &&
			  fill_store(SSL_CTX_get_cert_store(m->ctx), names, in);

	BIO_free(in);
	if (good && !m->is_client &&
	    sk_X509_NAME_num(names) <= TLS_CA_NAMES_MAX)
		SSL_CTX_set_client_CA_list(m->ctx, names);
	else
		sk_X509_NAME_pop_free(names, X509_NAME_free);
	if (!good)
		return refuse(m, EDGE_TLS_TRUST);
	return m->files.v[EDGE_TLS_CRL].path ? add_crl(m) : EDGE_OK;
}

/* The same store for the same bytes, and the names with it. */
static bool share_trust(const struct edge_tls_load *m,
			const struct edge_tls_like *like)
{
	STACK_OF(X509_NAME) * names;

	if (!like->ctx || !like->has_trust ||
	    (!m->is_client && !like->has_names) ||
	    !edge_tls_sums_eq(like->sums, &m->files.sums, EDGE_TLS_TRUST,
			      EDGE_TLS_CRL))
		return false;
	SSL_CTX_set1_cert_store(m->ctx, SSL_CTX_get_cert_store(like->ctx));
	names = m->is_client ? NULL
			     : SSL_dup_CA_list(
				       SSL_CTX_get_client_CA_list(like->ctx));
	if (names)
		SSL_CTX_set_client_CA_list(m->ctx, names);
	return true;
}

enum edge_err edge_tls_load_trust(const struct edge_tls_load *m)
{
	for (size_t i = 0; i < EDGE_TLS_LIKE; i++)
		if (share_trust(m, &m->like[i]))
			return EDGE_OK;
	return read_trust(m);
}
