/* The packets' way: client to peer and back. Nothing here allocates but what
 * a permission or a flow takes, and nothing waits. */
#include <string.h>

#include "av-edge/policy.h"
#include "av-edge/ports.h"
#include "av-edge/relay_state.h"

enum { MS_A_S = 1000, BITS_A_BYTE = 8 };

/* -- who may be a peer ----------------------------------------------------- */

enum ave_reason ave_relay_allows(const struct ave_relay *r,
				 const struct edge_addr *peer)
{
	return ave_policy_judge(r->view->policy, peer);
}

/* AV 6.6: its own relayed address would feed it for ever. */
static bool is_itself(const struct ave_alloc *a, const struct edge_addr *peer)
{
	const struct ave_relayed *d = &a->relayed[ave_family(peer)];

	return d->is_open &&
	       (edge_addr_eq(peer, &d->told) || edge_addr_eq(peer, &d->at));
}

/* A port of our range where no relayed address is: whoever else listens on this
 * host is no peer. */
static bool is_idle(const struct ave_alloc *a, const struct edge_addr *peer)
{
	const struct ave_relay *r = a->relay;
	const struct ave_shared *s = r->plan.shared;
	const unsigned f = ave_family(peer);

	if (!edge_addr_same_ip(peer, &r->view->relay_told[f]) &&
	    !edge_addr_same_ip(peer, &r->view->relay_at[f]))
		return false;
	return ave_ports_is_idle(a->is_tcp ? s->tcp : s->udp, peer->family,
				 peer->port);
}

enum ave_reason ave_relay_judge(const struct ave_alloc *a,
				const struct edge_addr *peer)
{
	if (!peer->family)
		return AVE_PEER_DENIED;
	if (!a->relayed[ave_family(peer)].is_open)
		return AVE_FAMILY;
	if (is_itself(a, peer) || is_idle(a, peer))
		return AVE_PEER_DENIED;
	return ave_relay_allows(a->relay, peer);
}

static enum ave_reason let_in(struct ave_relay *r, struct ave_alloc *a,
			      const struct edge_addr *peer)
{
	const uint64_t until =
		r->now_ms + ave_relay_limit(r, AVE_LIMIT_PERMISSION_S) * MS_A_S;
	enum edge_err err = ave_permissions_put(
		&a->permissions, peer, r->now_ms, until,
		(uint32_t)ave_relay_limit(r, AVE_LIMIT_PERMISSIONS));

	if (err)
		return err == EDGE_ELIMIT ? AVE_PEER_LIMIT : AVE_INTERNAL;
	if (a->is_tcp)
		ave_relay_tcp_permitted(r, a, peer);
	/* a dialect that was told of a peer may have ended it */
	return a->is_gone ? AVE_EXPIRED : AVE_FINE;
}

enum ave_reason ave_relay_permit(struct ave_relay *r, struct ave_alloc *a,
				 const struct edge_addr *peer)
{
	enum ave_reason why;

	if (peer->port)
		why = ave_relay_judge(a, peer);
	else if (peer->family && !a->relayed[ave_family(peer)].is_open)
		why = AVE_FAMILY;
	else
		why = ave_policy_judge_ip(r->view->policy, peer);
	return why ? why : let_in(r, a, peer);
}

/* -- where packets go ------------------------------------------------------ */

struct edge_addr ave_relay_outward(const struct ave_relay *r,
				   const struct edge_addr *peer)
{
	const unsigned f = ave_family(peer);
	struct edge_addr to = *peer;

	if (edge_addr_same_ip(peer, &r->view->relay_told[f]))
		memcpy(to.ip, r->view->relay_at[f].ip, sizeof(to.ip));
	return to;
}

struct edge_addr ave_relay_inward(const struct ave_relay *r,
				  const struct edge_addr *from)
{
	const unsigned f = ave_family(from);
	struct edge_addr peer = *from;

	if (edge_addr_same_ip(from, &r->view->relay_at[f]))
		memcpy(peer.ip, r->view->relay_told[f].ip, sizeof(peer.ip));
	return peer;
}

static struct ave_flow *flow_to(struct ave_alloc *a,
				const struct edge_addr *peer, uint16_t channel)
{
	for (uint32_t i = 0; i < a->flows.count; i++)
		if (a->flows.v[i].channel == channel &&
		    edge_addr_eq(&a->flows.v[i].peer, peer))
			return &a->flows.v[i];
	return NULL;
}

void ave_relay_unflow(struct ave_alloc *a, struct ave_flow *flow)
{
	ave_relay_fast_drop(a, flow);
	ave_flows_remove(&a->flows, flow);
}

/* What has ended makes room. */
static void sweep(struct ave_alloc *a, uint64_t now_ms)
{
	for (uint32_t i = a->flows.count; i--;)
		if (a->flows.v[i].until_ms <= now_ms)
			ave_relay_unflow(a, &a->flows.v[i]);
}

static enum ave_reason add_flow(struct ave_flow **out, struct ave_alloc *a,
				const struct ave_flow *init, uint32_t max)
{
	enum edge_err err;

	sweep(a, a->relay->now_ms);
	err = ave_flows_add(out, &a->flows, init, max);
	return err == EDGE_OK	    ? AVE_FINE
	       : err == EDGE_ELIMIT ? AVE_PEER_LIMIT
				    : AVE_INTERNAL;
}

/* NOLINTNEXTLINE(readability-function-size): what a flow is made of */
enum ave_reason ave_relay_flow(struct ave_flow **out, struct ave_alloc *a,
			       const struct edge_addr *peer, uint16_t channel,
			       uint64_t until_ms, uint32_t max)
{
	struct ave_relay *r = a->relay;
	const struct ave_relayed *d = &a->relayed[ave_family(peer)];
	const struct ave_flow init = {
		.client = a->leg.client,
		.server = a->leg.server,
		.relayed = d->at,
		.peer = *peer,
		.to = ave_relay_outward(r, peer),
		.channel = channel,
		.wire = d->wire,
		.until_ms = until_ms,
	};
	struct ave_flow *flow = flow_to(a, peer, channel);
	enum ave_reason why = ave_relay_judge(a, peer);

	if (!why)
		why = let_in(r, a, peer);
	if (why)
		return why;
	if (!flow)
		return add_flow(out, a, &init, max);
	flow->until_ms = until_ms;
	*out = flow;
	return AVE_FINE;
}

/* -- how much -------------------------------------------------------------- */

void ave_relay_fill(const struct ave_relay *r, struct ave_alloc *a)
{
	const int64_t burst =
		(int64_t)ave_relay_limit(r, AVE_LIMIT_BANDWIDTH_BURST) *
		BITS_A_BYTE;
	/* kbit/s are bits a millisecond */
	const int64_t rate =
		(int64_t)ave_relay_limit(r, AVE_LIMIT_BANDWIDTH_KBIT);
	const uint64_t past = r->now_ms - a->credit_ms;

	a->credit_ms = r->now_ms;
	if (past >= (uint64_t)((burst - a->credit) / rate) + 1)
		a->credit = burst;
	else
		a->credit += (int64_t)past * rate;
	if (a->credit > burst)
		a->credit = burst;
}

static bool pay(const struct ave_relay *r, struct ave_alloc *a, size_t len)
{
	const int64_t bits = (int64_t)len * BITS_A_BYTE;

	if (a->pool) /* what has passed below has paid from the same */
		ave_relay_fast_count(a);
	if (a->credit < bits)
		ave_relay_fill(r, a);
	if (a->credit < bits)
		return false;
	a->credit -= bits;
	if (a->pool)
		ave_relay_fast_spend(a, len);
	return true;
}

void ave_relay_count_to_peer(struct ave_relay *r, struct ave_alloc *a,
			     size_t len)
{
	r->counts.to_peer++;
	r->counts.to_peer_bytes += len;
	a->to_peer++;
	a->to_peer_bytes += len;
	a->last_ms = a->last_client_ms = r->now_ms;
}

static void count_to_client(struct ave_relay *r, struct ave_alloc *a,
			    size_t len)
{
	r->counts.to_client++;
	r->counts.to_client_bytes += len;
	a->to_client++;
	a->to_client_bytes += len;
	a->last_ms = r->now_ms;
}

/* -- client to peer -------------------------------------------------------- */

static enum ave_reason send_datagram(struct ave_relay *r, struct ave_alloc *a,
				     const struct edge_addr *peer,
				     struct edge_slice bytes)
{
	const struct edge_addr to = ave_relay_outward(r, peer);
	const struct ave_relayed *d = &a->relayed[ave_family(peer)];
	const size_t len = edge_slice_len(bytes);

	if (!d->is_open)
		return AVE_FAMILY;
	if (!pay(r, a, len))
		return AVE_BANDWIDTH;
	r->plan.net->pass_to_peer(r->plan.net_self, d->wire, &to, bytes);
	ave_relay_count_to_peer(r, a, len);
	return AVE_FINE;
}

static enum ave_reason send_to(struct ave_relay *r, struct ave_alloc *a,
			       const struct edge_addr *peer,
			       struct edge_slice bytes)
{
	return a->is_tcp ? ave_relay_tcp_send(r, a, peer, bytes)
			 : send_datagram(r, a, peer, bytes);
}

enum ave_reason ave_relay_to_peer(struct ave_relay *r, struct ave_alloc *a,
				  const struct edge_addr *peer,
				  struct edge_slice bytes)
{
	enum ave_reason why = ave_relay_judge(a, peer);

	if (why)
		return why;
	if (!ave_permissions_find(&a->permissions, peer, r->now_ms))
		return AVE_NO_PERMISSION;
	return send_to(r, a, peer, bytes);
}

enum ave_reason ave_relay_send(struct ave_relay *r, struct ave_alloc *a,
			       const struct edge_addr *peer,
			       struct edge_slice bytes)
{
	enum ave_reason why = ave_relay_judge(a, peer);

	if (!why)
		why = let_in(r, a, peer);
	return why || !edge_slice_len(bytes) ? why : send_to(r, a, peer, bytes);
}

/* The flow that the dialect has just found, if it is that. */
static struct ave_flow *last_flow(struct ave_alloc *a)
{
	return a->flows.last < a->flows.count ? &a->flows.v[a->flows.last]
					      : NULL;
}

/* AV 1.16: bare packets prolong both, the allocation and the permission; one
 * that had lapsed while the client was silent is given anew. Its flow lives:
 * nobody has denied the peer since. */
void ave_relay_prolong(struct ave_relay *r, struct ave_alloc *a,
		       const struct edge_addr *peer)
{
	struct ave_permission *p =
		ave_permissions_find(&a->permissions, peer, r->now_ms);

	if (p)
		p->until_ms =
			r->now_ms +
			ave_relay_limit(r, AVE_LIMIT_PERMISSION_S) * MS_A_S;
	else
		(void)let_in(r, a, peer);
	a->expires_ms = r->now_ms + (uint64_t)a->lifetime_s * MS_A_S;
}

static enum ave_reason to_flow(struct ave_relay *r, struct ave_alloc *a,
			       const struct ave_verdict *v)
{
	struct ave_flow *flow = last_flow(a);
	const bool is_flow =
		flow && (v->to == &flow->peer || v->to == &flow->to);
	const struct edge_addr *peer = is_flow ? &flow->peer : v->to;
	enum ave_reason why = send_to(r, a, peer, v->bytes);

	if (why)
		return why;
	if (a->dialect->lives_by_use)
		ave_relay_prolong(r, a, peer);
	if (is_flow) {
		flow->to_peer++;
		flow->to_peer_bytes += edge_slice_len(v->bytes);
	}
	return AVE_FINE;
}

static enum ave_reason to_client(struct ave_relay *r, struct ave_alloc *a,
				 struct edge_slice bytes)
{
	r->plan.net->pass_to_client(r->plan.net_self, &a->leg, bytes);
	count_to_client(r, a, edge_slice_len(bytes));
	return AVE_FINE;
}

enum ave_reason ave_relay_from_client(struct ave_relay *r, struct ave_alloc *a,
				      struct ave_packet pkt)
{
	const struct ave_verdict v = a->dialect->from_client(a, pkt);

	switch (v.what) {
	case AVE_DO_TO_PEER:
		return to_flow(r, a, &v);
	case AVE_DO_TO_CLIENT:
		return to_client(r, a, v.bytes);
	case AVE_DO_CONTROL:
		a->dialect->control(r, &a->leg, a, pkt);
		return AVE_FINE;
	case AVE_DO_DROP:
		break;
	}
	return v.why;
}

/* -- peer to client -------------------------------------------------------- */

enum ave_reason ave_relay_from_peer(struct ave_relay *r, struct ave_alloc *a,
				    const struct edge_addr *from,
				    struct ave_packet pkt)
{
	const struct ave_verdict v = a->dialect->from_peer(a, from, pkt);
	struct ave_flow *flow = last_flow(a);

	if (v.what != AVE_DO_TO_CLIENT)
		return v.why;
	if (flow && edge_addr_eq(&flow->peer, from)) {
		flow->to_client++;
		flow->to_client_bytes += pkt.len;
	}
	return to_client(r, a, v.bytes);
}

static enum ave_reason take_datagram(struct ave_relay *r, uint64_t tag,
				     const struct edge_addr *from,
				     struct ave_packet pkt)
{
	const struct edge_addr peer = ave_relay_inward(r, from);
	struct ave_alloc *a = ave_tagged(r, tag);

	if (!a)
		return AVE_NO_ALLOCATION;
	if (!ave_permissions_find(&a->permissions, &peer, r->now_ms))
		return AVE_NO_PERMISSION;
	if (!pay(r, a, pkt.len))
		return AVE_BANDWIDTH;
	return ave_relay_from_peer(r, a, &peer, pkt);
}

void ave_relay_peer_datagram(struct ave_relay *r, uint64_t tag,
			     const struct edge_addr *from,
			     struct ave_packet pkt)
{
	enum ave_reason why = take_datagram(r, tag, from, pkt);

	if (why)
		ave_relay_drop(r, why);
}
