/* Revocation lists: where certificates say they are, and what they say. */
#include "common/crl.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "common/crypto.h"

enum { AHEAD_S = 300 /* ours: another clock may be before ours */ };

size_t edge_crl_chain_count(const void *chain)
{
	const int count = sk_X509_num(chain); /* -1 for NULL */

	return count > 1 ? (size_t)count - 1 : 0;
}

/* ---- what a certificate says */

static uint64_t serial_hash(const ASN1_INTEGER *serial, const uint8_t *key)
{
	return edge_siphash(key,
			    edge_slice(ASN1_STRING_get0_data(serial),
				       (size_t)ASN1_STRING_length(serial)));
}

/* One that signs the same lists: by name and key, not by certificate. */
static bool issuer_id(uint8_t out[EDGE_CRL_ID_LEN], const X509 *issuer)
{
	uint8_t both[2 * EDGE_SHA256_LEN];

	if (X509_NAME_digest(X509_get_subject_name(issuer), EVP_sha256(), both,
			     NULL) != 1 ||
	    X509_pubkey_digest(issuer, EVP_sha256(), both + EDGE_SHA256_LEN,
			       NULL) != 1)
		return false;
	edge_sha256(edge_slice(both, sizeof(both)), out);
	return true;
}

static bool url_take(char out[EDGE_CRL_URL_LEN], const GENERAL_NAME *name)
{
	static const char scheme[] = "http://";
	const ASN1_IA5STRING *uri;
	struct edge_slice text;

	if (name->type != GEN_URI)
		return false;
	uri = name->d.uniformResourceIdentifier;
	text = edge_slice(ASN1_STRING_get0_data(uri),
			  (size_t)ASN1_STRING_length(uri));
	return edge_slice_len(text) >= sizeof(scheme) &&
	       edge_slice_ieq_str(edge_slice(text.p, sizeof(scheme) - 1),
				  scheme) &&
	       edge_slice_copy(out, EDGE_CRL_URL_LEN, text);
}

static void point_take(struct edge_crl_want *out, const DIST_POINT *point)
{
	const DIST_POINT_NAME *where = point->distpoint;

	if (point->reasons || point->CRLissuer || !where || where->type != 0)
		return;
	for (int i = 0; i < sk_GENERAL_NAME_num(where->name.fullname); i++) {
		if (out->url_count == EDGE_CRL_URLS)
			return;
		if (url_take(out->url[out->url_count],
			     sk_GENERAL_NAME_value(where->name.fullname, i)))
			out->url_count++;
	}
}

enum edge_err edge_crl_want(struct edge_crl_want *out, const void *chain,
			    size_t i, const uint8_t key[EDGE_CRL_KEY_LEN])
{
	X509 *cert = sk_X509_value(chain, (int)i);
	const X509 *issuer = sk_X509_value(chain, (int)i + 1);
	CRL_DIST_POINTS *points;
	int critical;

	*out = (struct edge_crl_want){.issuer = issuer};
	if (!cert || !issuer || !issuer_id(out->issuer_id, issuer))
		return EDGE_EFORMAT;
	out->serial = serial_hash(X509_get0_serialNumber(cert), key);
	out->is_ca = X509_check_ca(cert) != 0;
	points = X509_get_ext_d2i(cert, NID_crl_distribution_points, &critical,
				  NULL);
	if (!points && critical != -1) {
		ERR_clear_error();
		return EDGE_EFORMAT; /* malformed, or given twice */
	}
	for (int n = 0; n < sk_DIST_POINT_num(points); n++)
		point_take(out, sk_DIST_POINT_value(points, n));
	CRL_DIST_POINTS_free(points);
	return EDGE_OK;
}

void edge_crl_issuer_hold(const void *issuer)
{
	X509_up_ref((X509 *)(uintptr_t)issuer);
}

void edge_crl_issuer_drop(const void *issuer)
{
	X509_free((X509 *)(uintptr_t)issuer);
}

/* ---- what a list says */

static X509_CRL *list_read(struct edge_slice body)
{
	static const char pem[] = "-----BEGIN";
	const unsigned char *p = body.p;
	X509_CRL *crl = NULL;
	BIO *in;

	if (edge_slice_len(body) < sizeof(pem) ||
	    edge_slice_len(body) > INT32_MAX)
		return NULL;
	if (memcmp(p, pem, sizeof(pem) - 1) != 0) {
		crl = d2i_X509_CRL(NULL, &p, (long)edge_slice_len(body));
		if (crl && p != body.end) {
			X509_CRL_free(crl);
			crl = NULL;
		}
		return crl;
	}
	in = BIO_new_mem_buf(p, (int)edge_slice_len(body));
	if (in)
		crl = PEM_read_bio_X509_CRL(in, NULL, NULL, NULL);
	BIO_free(in);
	return crl;
}

static bool time_take(int64_t *out, const ASN1_TIME *t)
{
	struct tm tm;

	if (!t || ASN1_TIME_to_tm(t, &tm) != 1)
		return false;
	*out = timegm(&tm);
	return true;
}

static bool is_weak(const X509_CRL *crl)
{
	int hash = NID_undef;

	if (OBJ_find_sigid_algs(X509_CRL_get_signature_nid(crl), &hash, NULL) !=
	    1)
		return true;
	return hash == NID_sha1 || hash == NID_md5 || hash == NID_md4 ||
	       hash == NID_md2 || hash == NID_ripemd160;
}

static enum edge_err signature_judge(X509_CRL *crl,
				     const struct edge_crl_judge *j)
{
	X509 *issuer = (X509 *)(uintptr_t)j->issuer;
	EVP_PKEY *key = X509_get0_pubkey(issuer);

	/* a usage that is not there allows all */
	if (X509_NAME_cmp(X509_CRL_get_issuer(crl),
			  X509_get_subject_name(issuer)) != 0 ||
	    !(X509_get_key_usage(issuer) & KU_CRL_SIGN) || is_weak(crl) ||
	    !key || X509_CRL_verify(crl, key) != 1)
		return EDGE_EAUTH;
	return EDGE_OK;
}

static enum edge_err times_judge(int64_t *this_s, int64_t *next_s,
				 const X509_CRL *crl, int64_t now_s)
{
	if (!time_take(this_s, X509_CRL_get0_lastUpdate(crl)) ||
	    !time_take(next_s, X509_CRL_get0_nextUpdate(crl)) ||
	    *this_s > now_s + AHEAD_S || *this_s >= *next_s)
		return EDGE_EFORMAT;
	return *next_s > now_s ? EDGE_OK : EDGE_EOLDER;
}

/* A part of the issuer's lists says by which names it goes. */
static bool is_for(const ISSUING_DIST_POINT *idp, const char *url)
{
	const DIST_POINT_NAME *where = idp->distpoint;
	char name[EDGE_CRL_URL_LEN];

	if (!where)
		return true;
	if (where->type != 0)
		return false;
	for (int i = 0; i < sk_GENERAL_NAME_num(where->name.fullname); i++)
		if (url_take(name,
			     sk_GENERAL_NAME_value(where->name.fullname, i)) &&
		    strcmp(name, url) == 0)
			return true;
	return false;
}

struct scope {
	bool users_only, cas_only;
};

static enum edge_err scope_judge(struct scope *out, const X509_CRL *crl,
				 const char *url)
{
	ISSUING_DIST_POINT *idp;
	enum edge_err err = EDGE_EDENIED;
	int critical;

	idp = X509_CRL_get_ext_d2i(crl, NID_issuing_distribution_point,
				   &critical, NULL);
	if (!idp)
		return critical == -1 ? EDGE_OK : EDGE_EDENIED;
	if (!idp->onlysomereasons && !idp->indirectCRL && !idp->onlyattr &&
	    !(idp->onlyuser && idp->onlyCA) && is_for(idp, url)) {
		out->users_only = idp->onlyuser != 0;
		out->cas_only = idp->onlyCA != 0;
		err = EDGE_OK;
	}
	ISSUING_DIST_POINT_free(idp);
	return err;
}

/* RFC 5280 5.2, 5.3: what is critical and not understood makes a list useless;
 * so a delta's mark does, and an entry for another issuer's certificate. */
static enum edge_err extensions_judge(X509_CRL *crl)
{
	STACK_OF(X509_REVOKED) *entries = X509_CRL_get_REVOKED(crl);

	if (X509_CRL_get_ext_by_NID(crl, NID_delta_crl, -1) >= 0)
		return EDGE_EDENIED;
	for (int at = -1;
	     (at = X509_CRL_get_ext_by_critical(crl, 1, at)) >= 0;) {
		const ASN1_OBJECT *what =
			X509_EXTENSION_get_object(X509_CRL_get_ext(crl, at));

		if (OBJ_obj2nid(what) != NID_issuing_distribution_point)
			return EDGE_EDENIED;
	}
	for (int i = 0; i < sk_X509_REVOKED_num(entries); i++)
		if (X509_REVOKED_get_ext_by_critical(
			    sk_X509_REVOKED_value(entries, i), 1, -1) >= 0)
			return EDGE_EDENIED;
	return EDGE_OK;
}

static int hash_order(const void *a, const void *b)
{
	const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

/* NULL: no memory. */
static struct edge_crl *serials_take(X509_CRL *crl, const uint8_t *key)
{
	STACK_OF(X509_REVOKED) *entries = X509_CRL_get_REVOKED(crl);
	const int count = sk_X509_REVOKED_num(entries);
	const size_t n = count > 0 ? (size_t)count : 0;
	struct edge_crl *l = malloc(sizeof(*l) + n * sizeof(l->serials[0]));

	if (!l)
		return NULL;
	*l = (struct edge_crl){.count = n};
	for (size_t i = 0; i < n; i++)
		l->serials[i] = serial_hash(
			X509_REVOKED_get0_serialNumber(
				sk_X509_REVOKED_value(entries, (int)i)),
			key);
	qsort(l->serials, n, sizeof(l->serials[0]), hash_order);
	return l;
}

enum edge_err edge_crl_decode(struct edge_crl **out, struct edge_slice body,
			      const struct edge_crl_judge *j)
{
	X509_CRL *crl = list_read(body);
	struct scope scope = {0};
	struct edge_crl *l;
	int64_t this_s, next_s;
	enum edge_err err = EDGE_EFORMAT;

	if (!crl)
		goto out;
	err = signature_judge(crl, j);
	if (!err)
		err = times_judge(&this_s, &next_s, crl, j->now_s);
	if (!err)
		err = extensions_judge(crl);
	if (!err)
		err = scope_judge(&scope, crl, j->url);
	if (err)
		goto out;
	l = serials_take(crl, j->key);
	err = EDGE_ENOMEM;
	if (!l)
		goto out;
	l->this_s = this_s;
	l->next_s = next_s;
	l->users_only = scope.users_only;
	l->cas_only = scope.cas_only;
	*out = l;
	err = EDGE_OK;
out:
	X509_CRL_free(crl);
	ERR_clear_error();
	return err;
}

void edge_crl_free(struct edge_crl *l)
{
	free(l);
}

bool edge_crl_has(const struct edge_crl *l, uint64_t serial)
{
	return bsearch(&serial, l->serials, l->count, sizeof(serial),
		       hash_order);
}

bool edge_crl_same(const struct edge_crl *a, const struct edge_crl *b)
{
	return a->count == b->count && a->users_only == b->users_only &&
	       a->cas_only == b->cas_only &&
	       !memcmp(a->serials, b->serials,
		       a->count * sizeof(a->serials[0]));
}
