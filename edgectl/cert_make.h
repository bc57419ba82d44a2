/* What requests and certificates of this machine are made of. */
#ifndef EDGECTL_CERT_MAKE_H
#define EDGECTL_CERT_MAKE_H

#include "common/err.h"
#include "common/slice.h"
#include "edgectl/cert_names.h"

struct evp_pkey_st; /* OpenSSL's EVP_PKEY */

/** "rsa" (2048) or "p256"; NULL when it cannot be made. */
struct evp_pkey_st *ctl_cert_make_key(const char *type);
/** For OpenSSL: what is locked is a fault to report, no question to ask. */
int ctl_cert_no_password(char *buf, int size, int rwflag, void *arg);
/** A private key in PEM; NULL when it is none, or locked. */
struct evp_pkey_st *ctl_cert_parse_key(struct edge_slice pem);
/** PKCS #8 without a password, mode 0600. EDGE_EDUP: the file is there. */
EDGE_MUST_CHECK enum edge_err ctl_cert_write_key(const char *path,
						 const struct evp_pkey_st *key);
/** "DNS:a,DNS:b"; heap. Names are DNS names, checked with the topology. */
char *ctl_cert_alt_names(const struct ctl_cert_names *n);

#endif
