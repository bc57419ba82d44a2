/* The current topology, for the names that certificates must carry. */
#ifndef EDGECTL_CERT_TOPOLOGY_H
#define EDGECTL_CERT_TOPOLOGY_H

#include "edgectl/cert_names.h"
#include "edgectl/ctl.h"
#include "topology/topology.h"

/** NULL: none imported, or not readable; reported as a warning that says what
 * goes without it. */
const struct topo *ctl_cert_topology(struct ctl *c, const char *without);
/** The names for a new certificate of that use; that of A/V authentication has
 * none to carry and gets the pool's. What is missing is reported. */
enum ctl_exit ctl_cert_wanted(struct ctl *c, enum edge_cert_use use,
			      struct ctl_cert_names *out);

#endif
