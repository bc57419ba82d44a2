/* What an operator hands in: a signed bundle, or a bare export. */
#ifndef TOPOLOGY_BUNDLE_H
#define TOPOLOGY_BUNDLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"
#include "common/slice.h"

enum {
	TOPO_BUNDLE_NAME = 256,
	TOPO_SECRETS_MAX = 16384,     /* ours: two keyrings [bytes] */
	TOPO_BUNDLE_SIGNERS_MAX = 64, /* ours: pinned operator keys */
};

struct topo_blob { /* heap, or p NULL: not there */
	uint8_t *p;
	size_t len;
};

/*
 * A bundle is a folder, or a zip file, that holds `manifest`, `manifest.sig`
 * (64 raw bytes, Ed25519 over the manifest's bytes) and every file the
 * manifest names: one export under any name, `hosts` and `secrets` if any.
 * Everything else is a bare export: published XML, DocItemSet.xml, draft, or
 * the zip that holds a DocItemSet.xml.
 */
struct topo_bundle {
	char name[TOPO_BUNDLE_NAME];   /* last component of the export */
	char signer[TOPO_BUNDLE_NAME]; /* key file; "unsigned" */
	uint64_t seq, created_s;       /* of the manifest; 0: it has none */
	struct topo_blob source, hosts, secrets, manifest, sig;
};

struct topo_bundle_plan {
	const char *path;
	const char *hosts;   /* HOSTS file for a bare export; NULL: none */
	const char *keys;    /* folder of pinned operator keys; NULL: none */
	bool allow_unsigned; /* no signature is wanted; a wrong one still
				refuses when keys are pinned */
};

/**
 * Read everything into memory once, and work on that copy alone.
 * @param why  saw / want, one line
 * @return EDGE_EAUTH (signature, or content that is not what was signed),
 *         EDGE_EFORMAT, EDGE_EDENIED, EDGE_ELIMIT, EDGE_EDUP,
 *         EDGE_ENOTFOUND, EDGE_EUSAGE, EDGE_ENOMEM, EDGE_ESYS
 */
EDGE_MUST_CHECK enum edge_err topo_bundle_read(struct topo_bundle **out,
					       const struct topo_bundle_plan *p,
					       char *why, size_t why_cap);
void topo_bundle_free(struct topo_bundle *b); /* secrets wiped; NULL is fine */

/**
 * The document inside a source: itself, or the DocItemSet.xml of a zip.
 * @param copy  heap when a zip was unpacked, else NULL; the caller frees
 */
EDGE_MUST_CHECK enum edge_err topo_bundle_document(struct edge_slice *out,
						   uint8_t **copy,
						   struct edge_slice source,
						   char *why, size_t why_cap);

struct topo_signing {
	const char *folder, *key; /* key: path of a PEM private key */
	uint64_t seq, created_s;
};
/** Write manifest and manifest.sig into a folder that holds one export and,
 * if any, `hosts` and `secrets`. */
EDGE_MUST_CHECK enum edge_err topo_bundle_sign(const struct topo_signing *s,
					       char *why, size_t why_cap);

#endif
