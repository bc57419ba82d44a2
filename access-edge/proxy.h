/* The journey of a message, ten lines a step. */
#ifndef ACCESS_EDGE_PROXY_H
#define ACCESS_EDGE_PROXY_H

#include "access-edge/txn.h"
#include "common/sip/frame.h"

/** A whole message came on a link of this shard; false: what is to be known of
 * its sender is being asked, and it comes again. */
bool acc_proxy_message(struct acc_link *l, const struct edge_sip_frame *f);
/** Framing is lost or the head is too large: answer when possible. The caller
 * closes the link. */
void acc_proxy_frame_fault(struct acc_link *l, const struct edge_sip_frame *f);

/* The way on, once a waiting transaction's member is ready / gone. */
void acc_proxy_resume(struct acc_txn *x);
void acc_proxy_next_member(struct acc_txn *x, unsigned failed_member);
/** The link a transaction was written to is gone. */
void acc_proxy_asked_gone(struct acc_txn *x);
/** The link that asked is gone. */
void acc_proxy_asker_gone(struct acc_txn *x);

/** Mail from other shards: DELIVER, RESPONSE, UNDELIVERABLE, LINK_GONE. */
void acc_proxy_mail(struct acc_shard *s, const struct acc_mail *mail);

#endif
