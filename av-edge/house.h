/* What the workers share, made and ended by the control thread. */
#ifndef AV_EDGE_HOUSE_H
#define AV_EDGE_HOUSE_H

#include "av-edge/worker.h"
#include "topology/topology.h"

struct edge_config;

/** Counters, ports and tallies as large as the limits say; worker_count is
 * set. What was made stays for ave_house_close when this fails. */
EDGE_MUST_CHECK enum edge_err ave_house_open(struct ave_house *h,
					     const struct edge_config *c,
					     const struct topo *t);
void ave_house_close(struct ave_house *h); /* no worker runs any more */
/** Relayed ports of the topology from now on; those in use stay in use. */
EDGE_MUST_CHECK enum edge_err ave_house_set_range(struct ave_house *h,
						  const struct topo *t);

struct ave_ports_used {
	size_t udp, tcp;
};
struct ave_ports_used ave_house_ports(const struct ave_house *h);

#endif
