/* Inside topo_check: the rules by class, in the order of TO 1.10. */
#ifndef TOPOLOGY_CHECK_RULES_H
#define TOPOLOGY_CHECK_RULES_H

#include "topology/check.h"
#include "topology/role.h"

enum { /* ours: beyond what a vendor tool writes; TO 6.4: 20 members */
       TOPO_CHECK_EDGES_MAX = 256,
       TOPO_CHECK_MEMBERS_MAX = 64, /* machines of an Edge pool */
       TOPO_CHECK_NICS_MAX = 64,    /* interfaces of an Edge machine */
       /* of allowed and blocked domains; longer lists are refused when the
	* snapshot is built */
       TOPO_CHECK_LIST_MAX = 2 * 4096,
};

struct topo_check {
	const struct topo_draft *d;
	const struct topo_check_plan *plan;
	struct topo_findings *f;
	struct topo_role role; /* by plan->self */
	const struct topo_draft_service *edges[TOPO_CHECK_EDGES_MAX];
	size_t edge_count;
	const struct topo_draft_cluster *clusters[TOPO_CHECK_EDGES_MAX];
	size_t cluster_count; /* the Edge pools, each once */
};

/** What lab = yes forgives is a warning then. */
enum topo_level topo_check_lab_level(const struct topo_check *c);
void topo_check_interfaces(struct topo_check *c); /* TOPO-NET-* */
void topo_check_ports(struct topo_check *c);	  /* TOPO-PORT-* */
void topo_check_names(struct topo_check *c);	  /* TOPO-DOM-* */
/* TOPO-FED-*, TOPO-XMPP-* */
void topo_check_federation(struct topo_check *c);

#endif
