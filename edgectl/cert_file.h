/* A certificate and its key as they lie on disk, said in plain values. */
#ifndef EDGECTL_CERT_FILE_H
#define EDGECTL_CERT_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"
#include "common/slice.h"
#include "edgectl/cert_names.h"

struct ctl_cert {
	char subject[256], issuer[256];
	char key_type[32]; /* "RSA 2048", "EC P-256", "ED25519" */
	char spki_sha256[65];
	char sha256[65];	  /* of the whole certificate */
	char chain_fault[160];	  /* "": leads to a trusted root */
	int64_t days_left;	  /* negative: expired */
	int64_t begins_s, ends_s; /* wall */
	char not_after[32];	  /* UTC */
	bool is_begun, has_eku, server_auth, client_auth, has_wildcard;
	bool has_key, key_matches;
	struct ctl_cert_names names; /* DNS subjectAltNames, as written */
};

struct ctl_cert_pair { /* bytes; zero-initialised is empty */
	uint8_t *chain, *key;
	size_t chain_len, key_len;
};

struct ctl_cert_files {
	const char *chain; /* leaf first */
	const char *key;   /* NULL: not known */
	const char *roots; /* PEM file; NULL: the system's */
	bool skips_chain;  /* nobody asks whether it leads to a root */
	/* what was read of chain and key before, so that it is what is judged;
	 * NULL: they are read here */
	const struct ctl_cert_pair *pair;
	struct edge_slice roots_pem; /* the same of roots, unless empty */
};

/**
 * Read chain and key, and verify the chain unless that is skipped.
 * @param why    which file, what is wrong
 * @return EDGE_ENOTFOUND, EDGE_EFORMAT, EDGE_ENOMEM; a key that is not there
 *         or not readable is has_key false with why filled
 */
EDGE_MUST_CHECK enum edge_err ctl_cert_read(struct ctl_cert *out,
					    const struct ctl_cert_files *files,
					    int64_t now_s, char *why,
					    size_t why_cap);

#endif
