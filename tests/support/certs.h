/* Throw-away authorities and certificates in a temporary folder. */
#ifndef TESTS_SUPPORT_CERTS_H
#define TESTS_SUPPORT_CERTS_H

#include <stdbool.h>
#include <stddef.h>

struct certs; /* a folder; each thing in it has a name */

enum cert_eku {
	CERT_EKU_NONE,
	CERT_EKU_SERVER,
	CERT_EKU_CLIENT,
	CERT_EKU_MAIL
};

/* Zero-initialised: P-256, SHA-256, valid now, self-signed, no SAN, no EKU. */
struct cert_spec {
	const char *issuer;  /* name of an earlier one; NULL: self-signed */
	const char *cn;	     /* NULL: the name */
	const char *san;     /* "DNS:a,DNS:b,IP:1.2.3.4"; NULL: none */
	const char *raw_dns; /* one dNSName taken as raw_dns_len bytes */
	size_t raw_dns_len;
	const char *cdp;  /* "URI:http://a/b,URI:..." or a section of conf */
	const char *conf; /* openssl.cnf text for cdp; NULL: none */
	enum cert_eku eku;
	bool is_ca;
	int rsa_bits;		/* 0: P-256 */
	bool is_ed25519;	/* wants an issuer */
	const char *digest;	/* NULL: SHA256 */
	int from_days, to_days; /* from now; both 0: -1 .. 30 */
	bool cannot_revoke;	/* a CA whose key usage lacks cRLSign */
};

/* A revocation list; zero-initialised: SHA-256, nobody, PEM, ten days old. */
struct list_spec {
	const char *ca;	     /* name of an earlier one */
	const char *signer;  /* whose key signs it; NULL: ca's */
	const char *revoked; /* name of an earlier one; NULL: nobody */
	unsigned fillers;    /* so many serials more */
	int this_s, next_s;  /* from now; this_s 0: -10 days */
	bool has_no_next, as_der;
	const char *digest; /* NULL: SHA256 */
	const char *idp;    /* "critical,onlyuser:TRUE,fullname:URI:..." */
	bool is_delta;
	bool has_critical_entry; /* an entry extension nobody knows */
};

/** All of these end the test program when they fail. */
struct certs *certs_new(void);
void certs_free(struct certs *c); /* removes the folder */
/** Writes NAME.pem (with what is below a root above it) and NAME.key. */
void certs_make(struct certs *c, const char *name, const struct cert_spec *s);
/** A list of ca's, holding the serial of revoked (NULL: nobody). */
void certs_revoke(struct certs *c, const char *ca, const char *file,
		  const char *revoked, int next_update_days, bool as_der);
/** Writes the list into the file. */
void certs_list(struct certs *c, const char *file, const struct list_spec *s);
/** Put the text into a file of the folder. */
void certs_write(struct certs *c, const char *file, const char *text);
/** FOLDER/file; lives as long as c. */
const char *certs_path(struct certs *c, const char *file);
/** An authority "ca" and a leaf "edge" for sip.contoso.com, as most want. */
void certs_make_usual(struct certs *c);

#endif
