/* STUN and TURN of the RFCs as the relay sees them. */
#include <string.h>

#include "av-edge/rfc_request.h"

enum { UDP_MOST = 65507 /* payload of a datagram over IPv4 [bytes] */ };

/* What is not in here is not possible. */
static const struct row {
	uint16_t method;
	bool needs_login, needs_allocation;
	bool (*fn)(const struct rfc_request *q);
} rows[] = {
	{RFC_BINDING, false, false, rfc_binding},
	{RFC_ALLOCATE, true, false, rfc_allocate},
	{RFC_REFRESH, true, true, rfc_refresh},
	{RFC_CREATE_PERMISSION, true, true, rfc_create_permission},
	{RFC_CHANNEL_BIND, true, true, rfc_channel_bind},
	{RFC_CONNECT, true, true, rfc_connect},
	{RFC_CONNECTION_BIND, true, false, rfc_connection_bind},
};

static const struct row *row_of(uint16_t method)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (rows[i].method == method)
			return &rows[i];
	return NULL;
}

static enum ave_reason may(const struct rfc_request *q, const struct row *row)
{
	if (q->msg->mandatory_count)
		return AVE_UNKNOWN_ATTR;
	if (!row->needs_allocation)
		return AVE_FINE;
	if (!q->alloc)
		return AVE_NO_ALLOCATION;
	return q->caller->is_holder ? AVE_FINE : AVE_WRONG_USER;
}

static bool admitted(const struct rfc_request *q, const struct row *row)
{
	enum ave_reason why = may(q, row);

	if (!why)
		return row->fn(q);
	rfc_refuse(q, why);
	return true;
}

/* No state, and nothing looked at, before the integrity fits: AV 6.3. */
static bool on_request(const struct rfc_request *q)
{
	const struct row *row = row_of(q->msg->method);
	struct rfc_request known = *q;
	struct rfc_caller c;
	enum ave_reason why;
	bool stays;

	if (!row) {
		ave_relay_drop(q->relay, AVE_FORBIDDEN_TYPE);
		return true;
	}
	if (!row->needs_login)
		return row->fn(q);
	why = q->msg->is_faulty
		      ? AVE_MALFORMED
		      : rfc_caller_admit(&c, q->relay, q->leg,
					 q->alloc ? q->alloc->own : NULL,
					 q->msg);
	if (why)
		return rfc_challenge(q, why);
	known.caller = &c;
	stays = admitted(&known, row);
	rfc_caller_fini(&c);
	return stays;
}

static void on_indication(const struct rfc_request *q)
{
	if (q->msg->method == RFC_SEND)
		rfc_send(q);
	else if (q->msg->method != RFC_BINDING) /* RFC 8489 §6.3.2 */
		ave_relay_drop(q->relay, AVE_FORBIDDEN_TYPE);
}

static bool control(struct ave_relay *r, const struct ave_leg *leg,
		    struct ave_alloc *a, struct ave_packet pkt)
{
	struct rfc_msg m;
	const struct rfc_request q = {r, leg, a, &m, NULL};

	if (rfc_msg_decode(&m, edge_slice(pkt.p, pkt.len)) != EDGE_OK ||
	    !rfc_fingerprint_fits(&m)) {
		ave_relay_drop(r, AVE_MALFORMED);
		return false;
	}
	if (m.cls == RFC_REQUEST)
		return on_request(&q);
	if (m.cls == RFC_INDICATION)
		on_indication(&q);
	else
		ave_relay_drop(r, AVE_FORBIDDEN_TYPE);
	return true;
}

/* ---- media ---- */

static struct ave_verdict drop(enum ave_reason why)
{
	return (struct ave_verdict){.what = AVE_DO_DROP, .why = why};
}

/* ChannelData, AV 3.2: its header is taken off, nothing is moved. */
static struct ave_verdict from_client(struct ave_alloc *a,
				      struct ave_packet pkt)
{
	struct ave_verdict v = {.what = AVE_DO_TO_PEER};
	struct ave_flow *flow;
	uint16_t channel;

	if (rfc_channel_decode(&channel, &v.bytes,
			       edge_slice(pkt.p, pkt.len)) != EDGE_OK)
		return drop(AVE_MALFORMED);
	flow = ave_flows_by_channel(&a->flows, channel,
				    ave_relay_now_ms(a->relay));
	if (!flow)
		return drop(AVE_NO_CHANNEL);
	v.to = &flow->peer;
	return v;
}

/* Zeros up to a multiple of 4, in the room behind the packet. */
static size_t pad(const struct ave_packet *pkt)
{
	size_t more = -pkt->len & 3;

	memset(pkt->p + pkt->len, 0, more);
	return more;
}

static struct ave_verdict to_client(struct ave_packet pkt, size_t head,
				    size_t more)
{
	return (struct ave_verdict){
		.what = AVE_DO_TO_CLIENT,
		.bytes = edge_slice(pkt.p - head, head + pkt.len + more),
	};
}

static struct ave_verdict indicate(const struct ave_alloc *a,
				   const struct edge_addr *from,
				   struct ave_packet pkt)
{
	uint8_t head[RFC_INDICATION_MAX], tid[RFC_TID_LEN];
	size_t len;

	rfc_own_take_tid(rfc_own_of(a), tid);
	len = rfc_indication(head, tid, from, pkt.len);
	if (len + pkt.len + 3 > UDP_MOST)
		return drop(AVE_TOO_LONG);
	memcpy(pkt.p - len, head, len);
	return to_client(pkt, len, pad(&pkt));
}

static struct ave_verdict from_peer(struct ave_alloc *a,
				    const struct edge_addr *from,
				    struct ave_packet pkt)
{
	const struct ave_flow *flow =
		ave_flows_by_peer(&a->flows, from, ave_relay_now_ms(a->relay));

	if (!flow)
		return indicate(a, from, pkt);
	if (pkt.len + RFC_CHANNEL_HEAD > UDP_MOST)
		return drop(AVE_TOO_LONG);
	rfc_channel_head(pkt.p - RFC_CHANNEL_HEAD, flow->channel, pkt.len);
	return to_client(pkt, RFC_CHANNEL_HEAD,
			 ave_leg_is_stream(&a->leg) ? pad(&pkt) : 0);
}

static void forget(struct ave_alloc *a)
{
	rfc_own_free(a->own);
	a->own = NULL;
}

const struct ave_dialect rfc_dialect = {
	.name = "TURN",
	.joins_peers = true,
	.control = control,
	.from_client = from_client,
	.from_peer = from_peer,
	.peer_is = rfc_peer_is,
	.forget = forget,
};
