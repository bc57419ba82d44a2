/* PURE: nothing of the inside leaves toward partners: routes and contacts are
 * sealed on the way out and opened on the way in. */
#ifndef ACCESS_EDGE_HIDE_H
#define ACCESS_EDGE_HIDE_H

#include "access-edge/route_token.h"
#include "common/sip/edit.h"

/* URI parameter with what is sealed, behind ";lr" or in a Contact. */
#define ACC_HIDDEN_PARAM "ms-hidden"

/**
 * A request of the inside: its Record-Route lines go; own entry and theirs,
 * nearest first, are sealed into out ("" when there is nothing to be found
 * again: own is NULL). EDGE_ELIMIT: too long.
 */
EDGE_MUST_CHECK enum edge_err acc_hide_routes(struct edge_sip_edit *e,
					      const struct acc_view *v,
					      const struct edge_sip_msg *m,
					      const char *own,
					      char out[ACC_SEALED_LEN]);
/** An answer of the inside: what stands above our entry for the partner is
 * sealed into that. Without such an entry all Record-Route lines go. */
EDGE_MUST_CHECK enum edge_err
acc_hide_answer_routes(struct edge_sip_edit *e, const struct acc_view *v,
		       const struct edge_sip_msg *m);
/* The request that a partner's answer belongs to. */
struct acc_asked {
	const struct edge_sip_msg *request; /* as it came; NULL: not known */
	edge_handle peer; /* the connection it was written to */
};
/** An answer of a partner that makes a dialog: what our entry holds stands
 * below it again. EDGE_EAUTH: that entry is not the last, not as it was sent,
 * or holds what another request had recorded. */
EDGE_MUST_CHECK enum edge_err
acc_show_answer_routes(struct edge_sip_edit *e, const struct acc_view *v,
		       const struct edge_sip_msg *m,
		       const struct acc_asked *asked);
/** "Leave through the edge" (AE 2.4 ms-edge-route) is no word of the outside,
 * which the inside would repeat to us: it is cut out of Record-Route. */
void acc_hide_edge_routes(struct edge_sip_edit *e,
			  const struct edge_sip_msg *m);
/** Contacts that lead inside, or tell of it, become ones that lead here. */
EDGE_MUST_CHECK enum edge_err acc_hide_contacts(struct edge_sip_edit *e,
						const struct acc_view *v,
						const struct edge_sip_msg *m);
/** Display names of From and To, and the reason phrase, that tell of the
 * inside: none, and that of the status. */
void acc_hide_words(struct edge_sip_edit *e, const struct acc_view *v,
		    const struct edge_sip_msg *m);
/** What is sealed in a URI of ours. EDGE_ENOTFOUND: nothing; EDGE_EAUTH: it was
 * not sealed here, was changed, or is something else. */
EDGE_MUST_CHECK enum edge_err acc_hidden_of(const struct acc_view *v,
					    enum acc_hidden what,
					    const struct edge_sip_uri *u,
					    char out[ACC_HIDDEN_LEN]);

#endif
