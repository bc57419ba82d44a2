/* An edge host's network by hand: ext with the outside, int with the inside. */
#ifndef TESTS_UNIT_EDGECTL_NET_WORLD_H
#define TESTS_UNIT_EDGECTL_NET_WORLD_H

#include "edgectl/net_plan.h"
#include "tests/support/topo_doc.h"

enum { NET_EXT = 2, NET_INT = 3 };

struct net_world {
	struct topo_doc doc; /* 02-edge-pool-director, its HOSTS */
	struct ctl_net_view view;
	struct ctl_net_wants wants;
	struct ctl_net_plan plan;
};

/** Addresses and links alone, as after installation. */
void net_world_init(struct net_world *w);
void net_world_fini(struct net_world *w);
/** All that the plan wants is there. */
void net_world_complete(struct net_world *w);

void net_addr(struct net_world *w, const char *at, unsigned bits, int link);
/** net "default" or "10.0.0.0/8"; via NULL: on the link. */
struct ctl_net_route *net_route(struct net_world *w, uint32_t table,
				const char *net, const char *via, int link);
void net_rule(struct net_world *w, const char *from, uint32_t priority,
	      uint32_t table);
/** Takes away the routes of a table that have that net; the number of them. */
unsigned net_forget(struct net_world *w, uint32_t table, const char *net);
struct edge_addr net_at(const char *text);
/** Plans; the ids found, "NET-001 NET-003". */
const char *net_ids(struct net_world *w);
/** The lines to be done, one a line; those by people as "by hand: ...". */
const char *net_todo(struct net_world *w);

#endif
