/* CreatePermission, ChannelBind, Send; RFC 8656 §10-12. */
#include "av-edge/policy.h"
#include "av-edge/rfc_request.h"

/* Those of the request, whose ports say nothing: RFC 8656 §10.2. */
static bool next_peer(const struct rfc_request *q, size_t *at,
		      struct edge_addr *peer)
{
	if (!rfc_next_addr(q->msg, RFC_XOR_PEER, at, peer))
		return false;
	peer->port = 0;
	return true;
}

/* Was it named before, nearer to the beginning? */
static bool is_again(const struct rfc_request *q, const struct edge_addr *peer,
		     size_t end)
{
	struct edge_addr other;

	for (size_t at = 0; next_peer(q, &at, &other) && at < end;)
		if (edge_addr_same_ip(&other, peer))
			return true;
	return false;
}

/* Those who have no permission yet need a place each. */
static bool have_places(const struct rfc_request *q)
{
	struct ave_permissions *p = &q->alloc->permissions;
	const uint64_t now_ms = ave_relay_now_ms(q->relay);
	uint64_t taken = ave_permissions_live(p, now_ms);
	struct edge_addr peer;

	for (size_t at = 0; taken <= rfc_limit(q, AVE_LIMIT_PERMISSIONS) &&
			    next_peer(q, &at, &peer);)
		taken += !ave_permissions_find(p, &peer, now_ms) &&
			 !is_again(q, &peer, at);
	return taken <= rfc_limit(q, AVE_LIMIT_PERMISSIONS);
}

/* All or none: RFC 8656 §10.2. */
static enum ave_reason may_all(const struct rfc_request *q)
{
	const struct ave_policy *policy = ave_relay_view(q->relay)->policy;
	struct edge_addr peer;
	enum ave_reason why = AVE_FINE;

	for (size_t at = 0; !why && next_peer(q, &at, &peer);)
		why = q->alloc->relayed[peer.family == AF_INET6].is_open
			      ? ave_policy_judge_ip(policy, &peer)
			      : AVE_FAMILY;
	return why || have_places(q) ? why : AVE_PEER_LIMIT;
}

static enum ave_reason permit_all(const struct rfc_request *q)
{
	struct edge_addr peer;
	enum ave_reason why = AVE_FINE;

	for (size_t at = 0; !why && next_peer(q, &at, &peer);)
		why = ave_relay_permit(q->relay, q->alloc, &peer);
	return why;
}

bool rfc_create_permission(const struct rfc_request *q)
{
	enum ave_reason why = AVE_MALFORMED;

	if (rfc_asks(q, RFC_XOR_PEER))
		why = may_all(q);
	if (!why)
		why = permit_all(q);
	if (why)
		rfc_refuse(q, why);
	else
		rfc_agree(q);
	return true;
}

/* ---- ChannelBind ---- */

static enum ave_reason bind_channel(const struct rfc_request *q)
{
	uint64_t now_ms = ave_relay_now_ms(q->relay), number;
	struct ave_alloc *a = q->alloc;
	const struct edge_addr *peer = &q->msg->v[RFC_XOR_PEER].addr;
	struct ave_flow *flow;

	if (!rfc_asks(q, RFC_CHANNEL_NUMBER) || !rfc_asks(q, RFC_XOR_PEER))
		return AVE_MALFORMED;
	number = q->msg->v[RFC_CHANNEL_NUMBER].number;
	if (a->is_tcp || number < RFC_CHANNEL_FIRST ||
	    number > RFC_CHANNEL_LAST)
		return AVE_MALFORMED;
	flow = ave_flows_by_channel(&a->flows, (uint16_t)number, now_ms);
	if (flow && !edge_addr_eq(&flow->peer, peer))
		return AVE_CHANNEL_TAKEN;
	flow = ave_flows_by_peer(&a->flows, peer, now_ms);
	if (flow && flow->channel != number)
		return AVE_CHANNEL_TAKEN;
	return ave_relay_flow(&flow, a, peer, (uint16_t)number,
			      now_ms + rfc_limit(q, AVE_LIMIT_CHANNEL_S) * 1000,
			      (uint32_t)rfc_limit(q, AVE_LIMIT_CHANNELS));
}

bool rfc_channel_bind(const struct rfc_request *q)
{
	enum ave_reason why = bind_channel(q);

	if (why)
		rfc_refuse(q, why);
	else
		rfc_agree(q);
	return true;
}

/* ---- Send ---- */

static enum ave_reason send_it(const struct rfc_request *q)
{
	const struct rfc_msg *m = q->msg;

	if (!q->alloc)
		return AVE_NO_ALLOCATION;
	if (m->mandatory_count)
		return AVE_UNKNOWN_ATTR;
	if (m->is_faulty || q->alloc->is_tcp || !rfc_has(m, RFC_XOR_PEER) ||
	    !rfc_has(m, RFC_DATA))
		return AVE_MALFORMED;
	return ave_relay_to_peer(q->relay, q->alloc, &m->v[RFC_XOR_PEER].addr,
				 m->v[RFC_DATA].bytes);
}

void rfc_send(const struct rfc_request *q)
{
	enum ave_reason why = send_it(q);

	if (why)
		ave_relay_drop(q->relay, why);
}
