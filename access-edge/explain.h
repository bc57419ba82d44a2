/* PURE: what would be decided on a message, and why; AE 2.8, 3.6. */
#ifndef ACCESS_EDGE_EXPLAIN_H
#define ACCESS_EDGE_EXPLAIN_H

#include "access-edge/route.h"

enum acc_direction {
	ACC_ANY_DIRECTION, /* asked: as the domains say */
	ACC_FROM_PARTNER,
	ACC_TO_A_PARTNER,
	ACC_OF_A_USER, /* remote; signed in, or anonymous */
};

struct acc_question {
	const char *from, *to; /* "carol@fabrikam.com", with or without sip: */
	/* FROM_PARTNER: names in the certificate, comma list; TO_A_PARTNER:
	 * whom the SRV record of the domain names. NULL: whose it would be */
	const char *peer;
	const char *route; /* TO_A_PARTNER: the provider that ms-edge-route
			      names (split domain), or NULL */
	const char *method;
	enum acc_direction direction;
};

enum {
	ACC_EXPLAIN_LEN = 2048, /* ours: of the message that is judged */
	ACC_EXPLAIN_PEER = 512, /* ours: of all names of a peer */
	ACC_EXPLAIN_NAMES = 16, /* ours: names of a peer */
};

struct acc_explained {
	enum acc_direction direction;
	enum acc_role role;	     /* of who is outside; COUNT: nobody */
	struct acc_verdict link;     /* FROM_PARTNER: of the connection */
	struct acc_verdict message;  /* no steps: the connection is refused */
	struct acc_destination goes; /* TO_A_PARTNER that may pass */
	char peer[ACC_EXPLAIN_PEER]; /* it was judged with */
	bool is_peer_assumed;	     /* it was not asked about */
	/* a domain whose SRV record was taken to lead to that peer without
	 * asking, or empty */
	struct edge_slice srv_assumed;
};

struct acc_explain_room { /* for the message that is judged */
	struct edge_sip_arena *arena;
	struct edge_sip_msg *msg;
	char text[ACC_EXPLAIN_LEN];
};

/**
 * @param room  what steps show points into it, into out and into the snapshot
 * @return EDGE_EFORMAT: from, to, method, peer or route cannot stand where
 *         they belong; EDGE_ELIMIT: they do not fit
 */
EDGE_MUST_CHECK enum edge_err acc_explain(struct acc_explained *out,
					  const struct acc_view *v,
					  struct acc_explain_room *room,
					  const struct acc_question *q);
const char *acc_direction_name(enum acc_direction d);
/** The verdict that decides: the link's when it is refused, or the
 * message's. */
const struct acc_verdict *acc_explained_verdict(const struct acc_explained *x);
/** Would the same become of it, by the same rights? */
bool acc_explained_same(const struct acc_explained *a,
			const struct acc_explained *b);

#endif
