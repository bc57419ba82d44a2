/* Keys, and names as OpenSSL wants them written. */
#include "edgectl/cert_make.h"

#include <fcntl.h>
#include <limits.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "topology/file.h"

enum { RSA_BITS = 2048 /* TO 5.1: RSA 2048+ recommended */ };

EVP_PKEY *ctl_cert_make_key(const char *type)
{
	if (!strcmp(type, "p256"))
		return EVP_EC_gen("P-256");
	return EVP_RSA_gen(RSA_BITS);
}

int ctl_cert_no_password(char *buf, int size, int rwflag, void *arg)
{
	(void)buf;
	(void)size;
	(void)rwflag;
	(void)arg;
	return -1;
}

EVP_PKEY *ctl_cert_parse_key(struct edge_slice pem)
{
	const size_t len = edge_slice_len(pem);
	BIO *bio = len <= INT_MAX ? BIO_new_mem_buf(pem.p, (int)len) : NULL;
	EVP_PKEY *key = NULL;

	if (bio)
		key = PEM_read_bio_PrivateKey(bio, NULL, ctl_cert_no_password,
					      NULL);
	BIO_free(bio);
	ERR_clear_error(); /* none in it is an answer */
	return key;
}

enum edge_err ctl_cert_write_key(const char *path, const EVP_PKEY *key)
{
	BIO *bio = BIO_new(BIO_s_secmem());
	enum edge_err err = EDGE_ENOMEM;
	char *p;
	long len;

	if (bio && PEM_write_bio_PKCS8PrivateKey(bio, key, NULL, NULL, 0, NULL,
						 NULL) == 1) {
		len = BIO_get_mem_data(bio, &p);
		err = topo_file_create(
			AT_FDCWD, path, 0600,
			edge_slice(p, len > 0 ? (size_t)len : 0));
	}
	BIO_free(bio);
	return err;
}

char *ctl_cert_alt_names(const struct ctl_cert_names *n)
{
	size_t cap = n->count * (CTL_CERT_NAME + 5) + 1, len = 0;
	char *text = malloc(cap);

	for (size_t i = 0; text && i < n->count; i++)
		len += (size_t)snprintf(text + len, cap - len, "%sDNS:%s",
					i ? "," : "", n->v[i]);
	return text;
}
