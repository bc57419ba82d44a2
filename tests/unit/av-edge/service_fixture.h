/* What the tests of the service need: an A/V topology, settings. */
#ifndef TESTS_UNIT_AV_EDGE_SERVICE_FIXTURE_H
#define TESTS_UNIT_AV_EDGE_SERVICE_FIXTURE_H

#include "common/config.h"
#include "topology/topology.h"

/** edge01 of topo_fixture_pool with its A/V side: outside 198.51.100.41 (told
 * as 203.0.113.41) at 3478 and 443, relayed 50000-59999, inside 172.25.33.10;
 * edge02 is 203.0.113.42. */
struct topo service_fixture_topo(void);
/** All of its doors at 127.0.0.1, each at a port that was free just now. */
void service_fixture_loopback(struct topo *t);
/** A counted snapshot of it; topo_drop. */
const struct topo *service_fixture_snapshot(const struct topo *t);
/** Settings of av-edge from text; the test fails when they do not do. */
struct edge_config *service_fixture_config(const char *text);

#endif
