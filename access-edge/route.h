/* PURE: (snapshot, message, source) -> where it goes; AE 2.6, 2.9. */
#ifndef ACCESS_EDGE_ROUTE_H
#define ACCESS_EDGE_ROUTE_H

#include "common/sip/msg.h"
#include "access-edge/destination.h"
#include "access-edge/route_token.h"

enum acc_to {
	ACC_TO_DROP,	 /* reason says why */
	ACC_TO_ANSWER,	 /* with reason's status */
	ACC_TO_SELF,	 /* OPTIONS or keep-alive for us: 200 from here */
	ACC_TO_NEXT_HOP, /* cluster; member when a Route named one */
	ACC_TO_CLIENT,	 /* client connection cid */
	ACC_TO_PARTNER,	 /* destination */
};

struct acc_decision {
	enum acc_to to;
	enum acc_reason reason;
	struct acc_verdict verdict; /* how it came to that */
	struct acc_destination partner;
	edge_handle client;
	const struct topo_cluster *cluster;
	const struct topo_host *member; /* NULL: any healthy one */
	bool in_dialog;			/* To tag and valid own token */
	bool record_route;		/* dialog-forming or REGISTER */
	unsigned pop;	   /* own Route entries to remove, from the top */
	bool replace_ruri; /* strict-route repair, AE 9.2 16.4 */
	struct edge_sip_uri last_route; /* then the new Request-URI */
	/* opened of what a partner brings back (hide.h); "": nothing */
	char hidden[ACC_HIDDEN_LEN], ruri[ACC_HIDDEN_LEN];
	unsigned routes_at; /* in hidden: behind our own entry; 0: none */
};

/**
 * Decide on a request that passed acc_guard_request. From USR: next Route
 * entries (after ours) may only be the next-hop cluster or another Registrar
 * cluster, port from the topology (DESIGN 10). From INT: own token -> client;
 * else ms-received-cid in the Request-URI, whose host:port the caller checks
 * against the link; a token with another boot or dead cid is CLIENT_GONE at
 * delivery. From INT with a partner's token, ms-edge-route or a domain that is
 * not ours: to that partner. Includes acc_domain_check.
 */
void acc_route_decide(struct acc_decision *out, const struct acc_view *v,
		      const struct edge_sip_msg *m,
		      const struct acc_source *from);

/** May that request make a dialog, so that its routes are recorded? */
bool acc_route_forms_dialog(const struct edge_sip_msg *m);

#endif
