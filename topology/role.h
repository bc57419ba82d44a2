/* Inside check and derive: which rows of a draft are ours. */
#ifndef TOPOLOGY_ROLE_H
#define TOPOLOGY_ROLE_H

#include "topology/draft.h"

enum { TOPO_ROLE_PARTNERS_MAX = 999 }; /* ours: providers, XMPP partners */

struct topo_role { /* any of them NULL when the document lacks it */
	const struct topo_draft_service *edge;
	const struct topo_draft_cluster *cluster;
	const struct topo_draft_machine *machine;
	const struct topo_draft_service *hop; /* the Registrar depended on */
	const struct topo_draft_cluster *hop_cluster;
};

bool topo_role_is(const struct topo_draft_service *s, const char *role);
/** Next EdgeServer from s on, s included; NULL at the end. */
const struct topo_draft_service *
topo_role_edge(const struct topo_draft_service *s);
/** The Registrar dependency of an EdgeServer; NULL: it has none. */
const struct topo_draft_dep *topo_role_hop(const struct topo_draft *d,
					   const struct topo_draft_service *e);
struct topo_role topo_role_find(const struct topo_draft *d, const char *self);
/** Primary SipServer port (Mtls) of a Registrar, or NULL. */
const struct topo_draft_port *
topo_role_sip_port(const struct topo_draft_service *registrar);
/** Replica port of the cluster an EdgeServer is on, or NULL. */
const struct topo_draft_port *
topo_role_replica_port(const struct topo_draft *d,
		       const struct topo_draft_service *edge);
/** Of an EdgeServer, a row that is served: those of XMPP only with a partner
 * (AE 6.1: an empty list means off). NULL: absent or not served. */
const struct topo_draft_port *
topo_role_served_port(const struct topo_draft *d,
		      const struct topo_draft_service *edge,
		      enum topo_port_kind kind);
/** The first XMPP partner that is not left out; NULL: there is none. */
const struct topo_draft_xmpp *topo_role_xmpp(const struct topo_draft *d);
/** Why an XMPP partner is left out; NULL: it is not. AE 6.2. */
const char *topo_role_xmpp_fault(const struct topo_draft *d,
				 const struct topo_draft_xmpp *p);
/** Has a the lower SiteId of the two: TO 1.8. */
bool topo_role_site_before(const struct topo_draft *d,
			   const struct topo_draft_service *a,
			   const struct topo_draft_service *b);
bool topo_role_is_default(const struct topo_draft_dep *dep);

#endif
