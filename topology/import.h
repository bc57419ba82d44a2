/* From bytes to a checked snapshot: the pipeline of an import (TO 4.3). */
#ifndef TOPOLOGY_IMPORT_H
#define TOPOLOGY_IMPORT_H

#include "common/crypto.h"
#include "topology/check.h"
#include "topology/finding.h"
#include "topology/topology.h"

struct topo_import_plan {
	const char *self; /* machine FQDN */
	bool lab, allow_draft;
	bool check_routes; /* HOSTS-005; only on the edge host itself */
	const struct topo_local_addr *local; /* NULL: TOPO-NET-005 skipped */
	size_t local_count;
};

struct topo_import { /* what came out; heap */
	char *snap;
	size_t snap_len;
	const struct topo *topo; /* the snapshot, decoded again */
	char source_sha256[2 * EDGE_SHA256_LEN + 1];
	char snap_sha256[2 * EDGE_SHA256_LEN + 1];
	char hosts_sha256[2 * EDGE_SHA256_LEN + 1]; /* "": no HOSTS */
};

/**
 * Unzip, read, check against the HOSTS given with it, build, decode again.
 * @param source  export bytes: a zip or a document
 * @param hosts   HOSTS bytes; p NULL: none (then no HOSTS rule is applied)
 * @param f       takes every finding, also TOPO-ZIP-001 and HOSTS-001..005
 * @return EDGE_EFORMAT when a finding refuses it
 */
EDGE_MUST_CHECK enum edge_err
topo_import_build(struct topo_import **out, struct edge_slice source,
		  struct edge_slice hosts, const struct topo_import_plan *plan,
		  struct topo_findings *f);
void topo_import_free(struct topo_import *i); /* NULL is fine */

/** SHA-256 in hex. */
void topo_import_hash(char out[2 * EDGE_SHA256_LEN + 1], struct edge_slice in);

#endif
