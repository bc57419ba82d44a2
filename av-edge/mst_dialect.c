/* MS-TURN as the relay sees it. */
#include <string.h>

#include "av-edge/mst_request.h"

enum { UDP_MOST = 65507 /* payload of a datagram over IPv4 [bytes] */ };

/* Shared Secret and what only a server says are not for us, nor is what
 * nobody has heard of; AV 1.5, 1.17: not a word, not even a close. */
static bool handle(const struct mst_request *q)
{
	switch (q->msg->type) {
	case MST_ALLOCATE:
		return mst_allocate(q);
	case MST_SEND:
		mst_send(q);
		break;
	case MST_SET_ACTIVE:
		mst_set_active(q);
		break;
	default:
		ave_relay_drop(q->relay, AVE_FORBIDDEN_TYPE);
		break;
	}
	return true;
}

static bool control(struct ave_relay *r, const struct ave_leg *leg,
		    struct ave_alloc *a, struct ave_packet pkt)
{
	struct mst_msg m;
	struct mst_request q = {r, leg, a, &m};
	const bool is_padded = a && mst_own_of(&q)->is_padded;

	if (mst_msg_decode_as(&m, edge_slice(pkt.p, pkt.len), is_padded) !=
	    EDGE_OK) {
		ave_relay_drop(r, AVE_MALFORMED);
		return false;
	}
	return handle(&q);
}

static struct ave_verdict drop(enum ave_reason why)
{
	return (struct ave_verdict){.what = AVE_DO_DROP, .why = why};
}

static struct ave_verdict from_client(struct ave_alloc *a,
				      struct ave_packet pkt)
{
	struct ave_flow *flow =
		ave_flows_by_channel(&a->flows, 0, ave_relay_now_ms(a->relay));

	if (!flow)
		return drop(AVE_NO_DESTINATION);
	return (struct ave_verdict){
		.what = AVE_DO_TO_PEER,
		.to = &flow->peer,
		.bytes = edge_slice(pkt.p, pkt.len),
	};
}

/* On a stream its frame's head stands before it. */
static struct ave_verdict to_client(const struct ave_alloc *a, uint8_t frame,
				    struct ave_packet pkt)
{
	if (ave_leg_is_stream(&a->leg)) {
		pkt.p -= MST_FRAME_HEAD;
		mst_frame_head(pkt.p, frame, (uint16_t)pkt.len);
		pkt.len += MST_FRAME_HEAD;
	}
	return (struct ave_verdict){
		.what = AVE_DO_TO_CLIENT,
		.bytes = edge_slice(pkt.p, pkt.len),
	};
}

static struct ave_verdict indicate(struct ave_alloc *a,
				   const struct edge_addr *from,
				   struct ave_packet pkt)
{
	uint8_t head[MST_INDICATION_MAX], tid[MST_TID_LEN];
	size_t len;

	mst_own_take_tid(a->own, tid);
	len = mst_indication(head, tid, from, pkt.len);
	if (len + pkt.len > UDP_MOST)
		return drop(AVE_TOO_LONG);
	pkt.p -= len;
	pkt.len += len;
	memcpy(pkt.p, head, len);
	return to_client(a, MST_FRAME_CONTROL, pkt);
}

/* A peer may not speak as if it were this relay: what looks like control is
 * never passed bare (AV 1.14). */
static struct ave_verdict from_peer(struct ave_alloc *a,
				    const struct edge_addr *from,
				    struct ave_packet pkt)
{
	if (!ave_flows_by_peer(&a->flows, from, ave_relay_now_ms(a->relay)) ||
	    mst_is(edge_slice(pkt.p, pkt.len)))
		return indicate(a, from, pkt);
	return to_client(a, MST_FRAME_DATA, pkt);
}

static void forget(struct ave_alloc *a)
{
	mst_own_free(a->own);
	a->own = NULL;
}

const struct ave_dialect mst_dialect = {
	.name = "MS-TURN",
	.lives_by_use = true,
	.control = control,
	.from_client = from_client,
	.from_peer = from_peer,
	.forget = forget,
};
