/* Set Active Destination: one peer's packets go bare both ways; AV 1.14. */
#include "av-edge/mst_caller.h"

/* The new one and, until it is there, the old one. */
enum { FLOWS = 2 };

static void answer(const struct mst_request *q)
{
	const struct mst_own *o = mst_own_of(q);
	struct mst_answer a;

	mst_answer_begin(&a, MST_SET_ACTIVE_OK, q->msg->tid);
	if (mst_has(q->msg, MST_SEQUENCE))
		mst_put_sequence(&a.w, o->connection,
				 q->msg->v[MST_SEQUENCE].number);
	mst_answer_send(&a, q, o->mac);
}

static void forget_others(struct ave_alloc *a, const struct edge_addr *peer)
{
	for (uint32_t i = a->flows.count; i-- > 0;)
		if (!edge_addr_eq(&a->flows.v[i].peer, peer))
			ave_relay_unflow(a, &a->flows.v[i]);
}

/* The old destination stays unless the new one is there. */
static enum ave_reason set(const struct mst_request *q)
{
	struct ave_flow *flow;
	const struct edge_addr *peer = &q->msg->v[MST_DESTINATION].addr;
	enum ave_reason why;

	if (!mst_has(q->msg, MST_DESTINATION))
		return AVE_MALFORMED;
	why = ave_relay_flow(&flow, q->alloc, peer, 0, UINT64_MAX, FLOWS);
	if (!why)
		forget_others(q->alloc, peer);
	return why;
}

/* Without an allocation only a token says who it is. */
static void of_stranger(const struct mst_request *q)
{
	struct mst_caller c;
	enum ave_reason why =
		q->msg->fault ? AVE_MALFORMED : mst_caller_know(&c, q);

	if (why) {
		ave_relay_drop(q->relay, why);
		return;
	}
	if (ave_relay_may_answer(q->relay, q->leg, AVE_RATE_CHALLENGE))
		mst_refuse(q, c.mac, AVE_NO_ALLOCATION);
	else
		ave_relay_drop(q->relay, AVE_RATE);
	mst_caller_fini(&c);
}

static void of_owner(const struct mst_request *q)
{
	const struct mst_own *o = mst_own_of(q);
	struct edge_slice before =
		mst_reply_find(&o->last, q->msg, ave_relay_now_ms(q->relay));
	enum ave_reason why;

	if (before.p != before.end) {
		ave_relay_answer(q->relay, q->leg, before);
		return;
	}
	why = mst_caller_may(q);
	if (why == AVE_REPLAY) {
		ave_relay_drop(q->relay, why);
		return;
	}
	if (!why)
		why = set(q);
	if (why)
		mst_refuse(q, o->mac, why);
	else
		answer(q);
}

void mst_set_active(const struct mst_request *q)
{
	enum ave_reason why;

	if (!q->alloc) {
		of_stranger(q);
		return;
	}
	why = q->msg->fault ? AVE_MALFORMED : mst_caller_owns(q);
	if (why)
		mst_refuse(q, NULL, why);
	else
		of_owner(q);
}
