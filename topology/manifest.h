/* The signed list of an import bundle: sequence, time, files and hashes. */
#ifndef TOPOLOGY_MANIFEST_H
#define TOPOLOGY_MANIFEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/crypto.h"
#include "common/err.h"
#include "common/slice.h"

#define TOPO_MANIFEST_MAGIC "lync-edge-import 1"

enum {
	TOPO_MANIFEST_BYTES_MAX = 8192, /* ours [bytes] */
	TOPO_MANIFEST_FILES_MAX = 8,	/* ours */
	TOPO_MANIFEST_NAME = 128,	/* ours: longest name and NUL */
};

/*
 * lync-edge-import 1
 * seq 7
 * created 2026-07-22T06:00:00Z
 * sha256 <64 hex> export.zip
 * sha256 <64 hex> hosts
 */
struct topo_manifest {
	uint64_t seq, created_s;
	struct {
		char name[TOPO_MANIFEST_NAME];
		uint8_t sha256[EDGE_SHA256_LEN];
	} files[TOPO_MANIFEST_FILES_MAX];
	size_t count;
};

/** May a file of a bundle be called so? No folder, no dot first, no manifest.
 */
bool topo_manifest_name_ok(struct edge_slice name);
/** Strict: these lines in this order, nothing else, every name once.
 * @param why  "line N: ..."; may be NULL */
EDGE_MUST_CHECK enum edge_err topo_manifest_parse(struct topo_manifest *out,
						  struct edge_slice text,
						  char *why, size_t why_cap);
EDGE_MUST_CHECK enum edge_err
topo_manifest_print(char *out, size_t cap, size_t *len,
		    const struct topo_manifest *m);

#endif
