/* Bytes to a connection of any shard, and word back when it cannot be. */
#ifndef ACCESS_EDGE_DELIVERY_H
#define ACCESS_EDGE_DELIVERY_H

#include "access-edge/link.h"
#include "access-edge/reason.h"

struct acc_parcel {
	edge_handle to;	      /* link; another shard's is a client's only */
	edge_handle txn;      /* to be told when it fails; 0: nobody */
	bool is_ours;	      /* an ACK or CANCEL of our own: to any link of
				 this shard, also to a slow one */
	struct edge_addr far; /* only to a link with this far end; port 0: any
			       */
	struct edge_slice bytes;
};

/** OK: queued, or handed to the link's shard, which may send UNDELIVERABLE. */
enum acc_reason acc_deliver(struct acc_shard *s, const struct acc_parcel *p);
/** DELIVER came from another shard. */
void acc_deliver_mail(struct acc_shard *s, const struct acc_mail *mail);

#endif
