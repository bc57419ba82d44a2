/* A stanza that is to reach a partner, and whom to tell when it cannot. */
#ifndef ACCESS_EDGE_XMPP_PARCEL_H
#define ACCESS_EDGE_XMPP_PARCEL_H

#include <sys/queue.h>

#include "access-edge/xmpp_item.h"
#include "access-edge/xmpp_reason.h"
#include "common/err.h"
#include "common/handle.h"

struct acc_xmpp_parcel {
	STAILQ_ENTRY(acc_xmpp_parcel) next;
	edge_handle gateway; /* whose it is; 0: ours */
	bool is_answer;	     /* no error may answer it */
	char name[ACC_XMPP_NAME_LEN];
	struct edge_slice from, to, id; /* into memory */
	struct edge_slice bytes;	/* the stanza */
	uint8_t memory[];
};
STAILQ_HEAD(acc_xmpp_parcels, acc_xmpp_parcel);

/** A copy of a stanza. */
EDGE_MUST_CHECK enum edge_err acc_xmpp_parcel_new(struct acc_xmpp_parcel **out,
						  const struct acc_xmpp_item *i,
						  edge_handle gateway);
/** The error that answers a stanza. */
EDGE_MUST_CHECK enum edge_err
acc_xmpp_parcel_bounce(struct acc_xmpp_parcel **out,
		       const struct acc_xmpp_item *i, enum acc_xmpp_reason r);
void acc_xmpp_parcel_free(struct acc_xmpp_parcel *p);

#endif
