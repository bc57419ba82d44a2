/* Transactions: who asked, whom we asked, what is still owed. */
#ifndef ACCESS_EDGE_TXN_H
#define ACCESS_EDGE_TXN_H

#include "access-edge/link.h"
#include "access-edge/rewrite.h"
#include "common/sip/msg.h"

enum acc_txn_state {		      /* AE 2.10 */
		     ACC_TXN_WAITING, /* not yet written: next hop connects, or
					 held */
		     ACC_TXN_TRYING,  /* written, nothing heard */
		     ACC_TXN_PROCEEDING, /* 1xx heard */
		     ACC_TXN_COMPLETED,	 /* non-2xx final sent, ACK awaited
					    (INVITE) */
		     ACC_TXN_ACCEPTED,	 /* 2xx sent, more 2xx may come (INVITE)
					  */
};

TAILQ_HEAD(acc_txn_waiting, acc_txn);

struct acc_txn_queue {
	struct acc_txn_waiting list;
	size_t count;
};

/* Open to the runtime of its shard. Owner: txntab. */
struct acc_txn {
	struct acc_shard *shard;
	edge_handle id;	    /* first half of our branch; also names it */
	uint64_t loop_hash; /* second half */
	uint64_t key;	    /* of the server transaction */
	uint64_t via_sum; /* asked by the inside: what comes back below ours */
	enum acc_txn_state state;
	enum edge_sip_method method;
	struct acc_source from; /* who asked */
	edge_handle to;		/* link it was written to; 0 while waiting */
	bool to_is_remote;	/* that link is another shard's */
	bool is_probe;		/* OPTIONS of our own */
	bool is_one_way; /* waits for a connection only: nothing answers it */
	bool is_for_partner; /* ACC_TO_PARTNER */
	bool hides_via;	     /* its Vias did not go along */
	bool asked_keep_alive, cancelled, cancel_sent, trying_sent;
	bool was_held;	      /* counted once */
	bool proves_identity; /* REGISTER with a final authentication step */
	struct acc_upstream *window; /* whose window counts it, or NULL */
	uint32_t responses;	     /* of a client, so far */
	uint64_t begun_ms;
	struct edge_timer timer;
	LIST_ENTRY(acc_txn) asked;    /* among those its asker asked for */
	LIST_ENTRY(acc_txn) asking;   /* among those its link was asked */
	TAILQ_ENTRY(acc_txn) waiting; /* in *queue */
	struct acc_txn_queue *queue;  /* where it waits, or NULL */
	bool in_asked, in_asking;
	uint64_t tried;		     /* bit per member already failed, */
	const struct topo *tried_in; /* of that snapshot: compared only */
	size_t request_len, request_head_len, sent_len;
	char *request; /* as received; head only once written */
	char *sent;    /* INVITE: head as written, for CANCEL, ACK */
};

EDGE_MUST_CHECK enum edge_err acc_txntab_new(struct acc_txntab **out,
					     struct acc_shard *s, size_t cap);
void acc_txntab_free(struct acc_txntab *t);
size_t acc_txntab_count(const struct acc_txntab *t);

/** Key of the server transaction (RFC 3261 17.2.3 with and without branch);
 * the cid is always part of it. ACK and CANCEL give their INVITE's. */
uint64_t acc_txn_key(const struct acc_txntab *t, const struct edge_sip_msg *m,
		     edge_handle cid);
struct acc_txn *acc_txn_find_key(const struct acc_txntab *t, uint64_t key);
/** acc_guard_via_sum with this table's key. */
uint64_t acc_txn_via_sum(const struct acc_txntab *t,
			 const struct edge_sip_msg *m, size_t skip);
struct acc_txn *acc_txn_find(const struct acc_txntab *t, edge_handle id);

/* What a transaction begins with. */
struct acc_txn_plan {
	struct acc_link *from; /* who asks; NULL: a probe of our own */
	const struct edge_sip_msg *msg;
	size_t head_len;
	uint64_t key;
};

/** New, in WAITING; keeps a copy of the whole request. EDGE_ELIMIT: table or
 * link full. */
EDGE_MUST_CHECK enum edge_err acc_txn_new(struct acc_txn **out,
					  struct acc_txntab *t,
					  const struct acc_txn_plan *p);
/** Was written to link `to` (remote: another shard's, NULL link). */
void acc_txn_written(struct acc_txn *x, edge_handle to, struct acc_link *link,
		     struct edge_slice sent, size_t sent_head_len);
/** Its asker is gone: no answer is owed any more. */
void acc_txn_orphan(struct acc_txn *x);
/** The link it was written to is gone. */
void acc_txn_unask(struct acc_txn *x);
/** Forget it; all lists are left first. */
void acc_txn_free(struct acc_txn *x);
void acc_txn_timer(struct acc_txn *x, uint64_t in_ms,
		   void (*fn)(struct edge_timer *t, uint64_t now_ms));
struct acc_txn *acc_txn_of_timer(struct edge_timer *t);
void acc_txn_queue_init(struct acc_txn_queue *q);
/** Wait at the end of a queue; leaving is by acc_txn_unqueue or free. */
void acc_txn_queue(struct acc_txn *x, struct acc_txn_queue *q);
void acc_txn_unqueue(struct acc_txn *x);
/** All of one queue to the end of another, in order. */
void acc_txn_queue_move(struct acc_txn_queue *to, struct acc_txn_queue *from);
struct acc_txn *acc_txn_queue_first(const struct acc_txn_queue *q);
/** Those written to links of other shards, for LINK_GONE. */
void acc_txn_each_remote(struct acc_txntab *t, edge_handle cid,
			 void (*fn)(struct acc_txn *x));

/** The handle and hash halves of one of our branches. */
bool acc_txn_branch_parse(struct edge_slice branch, edge_handle *id,
			  uint64_t *loop_hash);

#endif
