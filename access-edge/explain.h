/* PURE: what would be decided on a message, and why; AE 2.8, 3.6. */
#ifndef ACCESS_EDGE_EXPLAIN_H
#define ACCESS_EDGE_EXPLAIN_H

#include "access-edge/route.h"

struct acc_question {
	const char *from, *to; /* "carol@fabrikam.com", with or without sip: */
	const char *peer;      /* FQDN in the certificate; NULL: whose it
				  would be */
	const char *method;
};

enum acc_direction {
	ACC_FROM_PARTNER,
	ACC_TO_A_PARTNER,
	ACC_OF_A_USER, /* remote, signed in */
};

struct acc_explained {
	enum acc_direction direction;
	enum acc_role role;	     /* of who is outside */
	struct acc_verdict link;     /* ACC_FROM_PARTNER: of the connection */
	struct acc_verdict message;  /* no steps: the connection is refused */
	struct acc_destination goes; /* ACC_TO_A_PARTNER that may pass */
	char peer[EDGE_DNS_NAME_LEN];
	bool is_srv_assumed; /* that DNS leads to that peer was not asked */
};

/**
 * @param text  room for the message that is judged; what steps show points
 *              into it and into the snapshot
 * @return EDGE_EFORMAT: from, to or method cannot stand in a message;
 *         EDGE_ELIMIT: they do not fit
 */
enum { ACC_EXPLAIN_LEN = 2048 };
EDGE_MUST_CHECK enum edge_err
acc_explain(struct acc_explained *out, const struct acc_view *v,
	    struct edge_sip_arena *arena, struct edge_sip_msg *msg,
	    char text[ACC_EXPLAIN_LEN], const struct acc_question *q);
const char *acc_direction_name(enum acc_direction d);
/** What comes of it: the link's reason, or the message's. */
enum acc_reason acc_explained_reason(const struct acc_explained *x);

#endif
