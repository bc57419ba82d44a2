/* Every Edge machine of a document with its addresses: which is this host? */
#ifndef TOPOLOGY_MACHINES_H
#define TOPOLOGY_MACHINES_H

#include <stdbool.h>

#include "common/addr.h"
#include "topology/finding.h"

enum {
	TOPO_MACHINES_MAX = 64, /* ours: Edge machines of one document */
	TOPO_MACHINE_ADDRS = 8, /* ours: internal, three external, IPv6 twins */
	TOPO_MACHINE_NAME = 256,
};

struct topo_machine {
	char fqdn[TOPO_MACHINE_NAME], pool[TOPO_MACHINE_NAME];
	struct edge_addr addrs[TOPO_MACHINE_ADDRS]; /* port 0, each once */
	size_t addr_count;
};

struct topo_machines {
	struct topo_machine v[TOPO_MACHINES_MAX];
	size_t count, left_out; /* without address, or of no valid name */
};

/** Of an export or a document; what it lacks else does not matter here.
 * @param f  takes what the reader finds */
EDGE_MUST_CHECK enum edge_err topo_machines_read(struct topo_machines *out,
						 struct edge_slice source,
						 struct topo_findings *f);
/** By name; case and a trailing dot do not count. NULL: there is none. */
const struct topo_machine *topo_machines_named(const struct topo_machines *m,
					       const char *fqdn);
/** How many of its addresses are among these. */
size_t topo_machine_here(const struct topo_machine *m,
			 const struct edge_addr *local, size_t count);
/** The one whose addresses all are here. NULL: *found tells how many are. */
const struct topo_machine *topo_machines_find(const struct topo_machines *m,
					      const struct edge_addr *local,
					      size_t count, size_t *found);

#endif
