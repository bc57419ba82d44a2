/* The current topology, for the names that certificates must carry. */
#ifndef EDGECTL_CERT_TOPOLOGY_H
#define EDGECTL_CERT_TOPOLOGY_H

#include "edgectl/ctl.h"
#include "topology/topology.h"

/** NULL: none imported, or not readable; reported as a warning that says what
 * goes without it. */
const struct topo *ctl_cert_topology(struct ctl *c, const char *without);

#endif
