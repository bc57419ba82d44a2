/* What the verbs of the family policy share. */
#ifndef EDGECTL_POLICY_H
#define EDGECTL_POLICY_H

#include "edgectl/ctl.h"
#include "topology/topology.h"

struct ctl_policy_source {
	const char *file; /* not imported; NULL: the store's current version */
	const char *self; /* with file: as which machine; NULL: this one */
};

/** Held: topo_drop frees it. Reported when there is none. */
enum ctl_exit ctl_policy_topology(struct ctl *c, const struct topo **out,
				  const struct ctl_policy_source *source);

#endif
