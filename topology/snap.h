/* topology.snap: sorted facts, `key<TAB>value`, one a line; both ways. */
#ifndef TOPOLOGY_SNAP_H
#define TOPOLOGY_SNAP_H

#include "common/slice.h"
#include "topology/topology.h"

#define TOPO_SNAP_MAGIC "lync-edge-snapshot 1"

enum {
	TOPO_SNAP_BYTES_MAX = 4 * 1024 * 1024, /* ours [bytes] */
	TOPO_SNAP_LIST_MAX = 4096,	       /* ours: items of one list */
	TOPO_SNAP_ADDRS_MAX = 64,	       /* TO 3.3: of one name */
	TOPO_SNAP_RUNNING_MAX = 999,	       /* ours: three digits in a key */
};

/**
 * Facts -> snapshot, held once (topo_drop frees it).
 * Keys strictly ascending; unknown keys are ignored; a missing or malformed
 * fact is EDGE_EFORMAT and why (may be NULL) names its line and key.
 */
EDGE_MUST_CHECK enum edge_err topo_snap_decode(const struct topo **out,
					       struct edge_slice snap,
					       uint64_t seq, char *why,
					       size_t why_cap);
/**
 * Snapshot -> facts, all of them but seq, heap, NUL-terminated.
 * encode(decode(b)) == b for what this function wrote.
 */
EDGE_MUST_CHECK enum edge_err topo_snap_encode(char **text, size_t *len,
					       const struct topo *t);

#endif
