/* HOSTS against the topology it was given with: HOSTS-002, -003, -004. */
#ifndef TOPOLOGY_HOSTS_CHECK_H
#define TOPOLOGY_HOSTS_CHECK_H

#include "topology/finding.h"
#include "topology/hosts.h"
#include "topology/topology.h"

/** Warnings: names the edge needs and HOSTS lacks (TO 3.2), names of the
 * managed block that it does not need, inside suffixes that are SIP domains
 * (TO 3.4). A next hop without any address is TOPO-HOP-002, an error. */
void topo_hosts_check(const struct topo_hosts *h, const struct topo *t,
		      struct topo_findings *f);
/** Is the name one that the edge uses: of its pool or of a server it may talk
 * to, whole or its first label alone. */
bool topo_hosts_is_known(const struct topo *t, const char *name);

#endif
