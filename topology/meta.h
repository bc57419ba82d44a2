/* `meta` of a store version: where it came from and what it must hash to. */
#ifndef TOPOLOGY_META_H
#define TOPOLOGY_META_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"
#include "common/slice.h"

#define TOPO_META_MAGIC "lync-edge-meta 1"

enum {
	TOPO_META_BYTES_MAX = 8192, /* ours [bytes] */
	TOPO_META_HEX = 65,	    /* SHA-256 in hex and NUL */
	TOPO_META_WORD = 256,	    /* ours: longest value and NUL */
};

struct topo_meta {
	uint64_t seq;	      /* of the version in this store */
	uint64_t bundle_seq;  /* of its manifest; 0: it had none */
	uint64_t bundle_high; /* highest manifest ever accepted here */
	uint64_t imported_s, created_s; /* wall; created 0: not known */
	char signature[TOPO_META_WORD]; /* GUID of the document */
	char source[TOPO_META_WORD];	/* name of the file it came from */
	char signer[TOPO_META_WORD];	/* key file, or "unsigned" */
	char reason[TOPO_META_WORD];	/* "import", "hosts", "rollback of 3" */
	char by[TOPO_META_WORD];	/* uid and terminal of who did it */
	char self[TOPO_META_WORD];	/* machine it was built for */
	char source_sha256[TOPO_META_HEX];
	char snap_sha256[TOPO_META_HEX];
	char hosts_sha256[TOPO_META_HEX]; /* "" when there is no HOSTS */
};

/** Parse; a missing or unknown word, or one given twice, is an error that
 * why (may be NULL) names. */
EDGE_MUST_CHECK enum edge_err topo_meta_parse(struct topo_meta *out,
					      struct edge_slice text, char *why,
					      size_t why_cap);
/** Values are made printable on the way; EDGE_ELIMIT when cap
 * (TOPO_META_BYTES_MAX is always enough) is too small. */
EDGE_MUST_CHECK enum edge_err
topo_meta_print(char *out, size_t cap, size_t *len, const struct topo_meta *m);
/** Name of its folder: "<seq>-<first 8 of the source's SHA-256>". */
enum { TOPO_VERSION_NAME = 32 };
void topo_meta_folder(char out[TOPO_VERSION_NAME], const struct topo_meta *m);

#endif
