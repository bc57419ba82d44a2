/* Whole-document rules (TO 1.10), then draft -> snapshot (TO 1.7). */
#ifndef TOPOLOGY_CHECK_H
#define TOPOLOGY_CHECK_H

#include "topology/draft.h"
#include "topology/finding.h"
#include "topology/hosts.h"

/* An address of this machine, when the machine is the edge host itself. */
struct topo_local_addr {
	struct edge_addr addr;
	unsigned prefix; /* length of its connected subnet [bits] */
};

struct topo_check_plan {
	const char *self;		/* machine FQDN */
	const struct topo_hosts *hosts; /* NULL: no HOSTS rule is applied */
	const char *sha256; /* hex of the import bytes; NULL: not known */
	bool lab;	    /* loopback, same subnet: warnings */
	bool allow_draft;   /* TOPO-DOC-002 is a warning */
	const struct topo_local_addr *local; /* NULL: TOPO-NET-005 skipped */
	size_t local_count;
};

/**
 * Apply every rule behind the reader, report all.
 * EDGE_OK when nothing above a warning was found, EDGE_EFORMAT otherwise.
 * Without plan->local a connected subnet is taken to be a /24 (or /64).
 */
EDGE_MUST_CHECK enum edge_err topo_check(const struct topo_draft *d,
					 const struct topo_check_plan *plan,
					 struct topo_findings *f);

/**
 * The snapshot of a checked document for the machine plan->self.
 * @param text  heap, NUL-terminated, the caller frees
 * EDGE_ENOTFOUND: self or next hop is not in the document; EDGE_ELIMIT: a
 * table of the snapshot would be too long, named by a finding.
 */
EDGE_MUST_CHECK enum edge_err
topo_snap_build(char **text, size_t *len, const struct topo_draft *d,
		const struct topo_check_plan *plan, struct topo_findings *f);

#endif
