/* The files of a TLS recipe as bytes, and what tells them apart. */
#ifndef COMMON_TLS_FILES_H
#define COMMON_TLS_FILES_H

#include "common/crypto.h"
#include "common/tls.h"

enum edge_tls_file_kind {
	EDGE_TLS_CHAIN,
	EDGE_TLS_KEY,
	EDGE_TLS_TRUST,
	EDGE_TLS_CRL,
	EDGE_TLS_FILES
};

/* SHA-256 of each file's bytes; all zero: the recipe names none. */
struct edge_tls_sums {
	uint8_t v[EDGE_TLS_FILES][EDGE_SHA256_LEN];
};

struct edge_tls_files {
	struct {
		const char *path; /* NULL: the recipe names none */
		uint8_t *p;
		size_t len;
	} v[EDGE_TLS_FILES];
	struct edge_tls_sums sums;
};

/** Each is read once, so that what is used is what was told apart.
 * @param why  which file, and the system's word
 * @return EDGE_ETLS, EDGE_ENOMEM */
EDGE_MUST_CHECK enum edge_err
edge_tls_files_read(struct edge_tls_files *out, const struct edge_tls_recipe *r,
		    char *why, size_t why_cap);
void edge_tls_files_fini(struct edge_tls_files *f); /* wiped */
/** "private key": for texts. */
const char *edge_tls_file_name(enum edge_tls_file_kind kind);
/** The same bytes in both, from one kind to another. */
bool edge_tls_sums_eq(const struct edge_tls_sums *a,
		      const struct edge_tls_sums *b,
		      enum edge_tls_file_kind from, enum edge_tls_file_kind to);

#endif
