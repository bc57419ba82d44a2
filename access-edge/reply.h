/* The way back: responses, failures, and what a transaction still owes. */
#ifndef ACCESS_EDGE_REPLY_H
#define ACCESS_EDGE_REPLY_H

#include "access-edge/txn.h"

/** A whole response came from there (its link may be another shard's). */
void acc_reply_message(struct acc_shard *s, const struct acc_source *from,
		       struct edge_slice raw, size_t head_len);
/** Answer the asker with a refusal of ours; the transaction ends (INVITE:
 * waits for its ACK). */
void acc_reply_fail(struct acc_txn *x, enum acc_reason reason);
/** Same, with attributes for the inside's ms-diagnostics. */
void acc_reply_fail_for(struct acc_txn *x, enum acc_reason reason,
			const char *detail);
/** The asker wants no answer any more: CANCEL as soon as that is allowed. */
void acc_reply_cancel(struct acc_txn *x);
/** Timers of a written transaction, by its method. */
void acc_reply_expect(struct acc_txn *x);
/** Read the request of a transaction again onto the desk; false: cannot. */
bool acc_reply_recall(struct acc_txn *x, struct acc_desk *desk);

#endif
