/* Our streams to partners: one a pair of domains for stanzas, one a question
 * about a key; AE 6.3. */
#ifndef ACCESS_EDGE_XMPP_OUT_H
#define ACCESS_EDGE_XMPP_OUT_H

#include "access-edge/xmpp_link.h"
#include "access-edge/xmpp_parcel.h"

/** Send a stanza of own to a domain of a partner, on the stream there is or a
 * new one; what cannot be sent comes back to its gateway. p is taken over. */
void acc_xmpp_out_send(struct acc_xmpp_core *c, const char *own,
		       struct edge_slice domain, struct acc_xmpp_parcel *p);

/* A partner's key, to be held against what his domain's server says. */
struct acc_xmpp_question {
	edge_handle asker; /* the stream it came on */
	const struct edge_addr *source;
	const struct acc_xmpp_who *who;
	const char *own;
	struct edge_slice stream_id, key; /* copied */
};
/** acc_xmpp_in_verdict tells, maybe before this returns; asked names the
 * question by then. An error: nobody is asked. */
EDGE_MUST_CHECK enum edge_err
acc_xmpp_out_verify(struct acc_xmpp_core *c, const struct acc_xmpp_question *q,
		    edge_handle *asked);
/** New topology: the link's partner is looked up again, or it ends. */
void acc_xmpp_out_topology(struct acc_xmpp_link *l);

#endif
