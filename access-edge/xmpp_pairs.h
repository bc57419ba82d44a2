/* PURE: whom a partner's stream may speak for, and to whom; AE 6.3. */
#ifndef ACCESS_EDGE_XMPP_PAIRS_H
#define ACCESS_EDGE_XMPP_PAIRS_H

#include "access-edge/xmpp_jid.h"
#include "access-edge/xmpp_mode.h"
#include "common/handle.h"

enum { ACC_XMPP_PAIRS = 8 /* ours: domains on one stream */ };

/* A domain that speaks to one of ours. */
struct acc_xmpp_pair {
	char domain[ACC_XMPP_DOMAIN_LEN], own[ACC_XMPP_DOMAIN_LEN];
	bool is_proved, is_external;
	edge_handle question; /* the link that asks about it; 0: none */
};

struct acc_xmpp_pairs {
	struct acc_xmpp_pair all[ACC_XMPP_PAIRS];
	size_t count;
};

/** The one there is, or a new one; NULL: too many. */
struct acc_xmpp_pair *acc_xmpp_pairs_add(struct acc_xmpp_pairs *p,
					 const char *domain, const char *own);
/** The one that is asked about; NULL: none. */
struct acc_xmpp_pair *acc_xmpp_pairs_asked(struct acc_xmpp_pairs *p,
					   edge_handle question);
/** Others may move. */
void acc_xmpp_pairs_drop(struct acc_xmpp_pairs *p, struct acc_xmpp_pair *one);
/** What proves that the domain may speak to own: a key that was for both, or a
 * certificate, which is good for all of ours; NULL: nothing. */
const struct acc_xmpp_pair *
acc_xmpp_pairs_speaker(const struct acc_xmpp_pairs *p, const char *domain,
		       const char *own);

#endif
