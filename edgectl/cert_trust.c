/* Reads bundles and lists with OpenSSL; hands on numbers only. */
#include "edgectl/cert_trust.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static FILE *open_file(const char *path, char *why, size_t cap)
{
	FILE *f = fopen(path, "re");

	if (!f)
		snprintf(why, cap, "%s: %s", path, strerror(errno));
	return f;
}

enum edge_err ctl_cert_count(size_t *out, const char *path, char *why,
			     size_t why_cap)
{
	FILE *f = open_file(path, why, why_cap);
	size_t count = 0;
	X509 *x;

	if (!f)
		return EDGE_ENOTFOUND;
	while ((x = PEM_read_X509_AUX(f, NULL, NULL, NULL))) {
		X509_free(x);
		count++;
	}
	ERR_clear_error(); /* the end of the file is one */
	fclose(f);
	if (!count) {
		snprintf(why, why_cap, "%s: no PEM certificate in it", path);
		return EDGE_EFORMAT;
	}
	*out = count;
	return EDGE_OK;
}

static bool end_of(int64_t *out, const X509_CRL *crl)
{
	const ASN1_TIME *next = X509_CRL_get0_nextUpdate(crl);
	ASN1_TIME *zero = ASN1_TIME_set(NULL, 0);
	int days = 0, seconds = 0;
	bool ok = next && zero &&
		  ASN1_TIME_diff(&days, &seconds, zero, next) == 1;

	ASN1_TIME_free(zero);
	if (ok)
		*out = (int64_t)days * 86400 + seconds;
	return ok;
}

enum edge_err ctl_cert_crl_ends(int64_t *out, const char *path, char *why,
				size_t why_cap)
{
	FILE *f = open_file(path, why, why_cap);
	X509_CRL *crl;
	bool ok;

	if (!f)
		return EDGE_ENOTFOUND;
	crl = PEM_read_X509_CRL(f, NULL, NULL, NULL);
	if (!crl && !fseek(f, 0, SEEK_SET))
		crl = d2i_X509_CRL_fp(f, NULL);
	ok = crl && end_of(out, crl);
	X509_CRL_free(crl);
	ERR_clear_error();
	fclose(f);
	if (!ok)
		snprintf(why, why_cap,
			 "%s: no revocation list that says when it ends", path);
	return ok ? EDGE_OK : EDGE_EFORMAT;
}
