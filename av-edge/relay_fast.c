/* Established flows that something below the sockets serves: which, how long,
 * and what they have used. */
#include "av-edge/fast.h"
#include "av-edge/relay_state.h"

enum {
	EVERY_MS = 200, /* ours: how often the relay looks after them */
	BITS_A_BYTE = 8,
	CHANNEL_HEAD = 4, /* RFC 8656 §12.4; counted toward the client */
};

static const struct ave_fast *fast_of(const struct ave_relay *r)
{
	return r->plan.fast;
}

static struct ave_fast_rate rate_of(const struct ave_relay *r)
{
	return (struct ave_fast_rate){
		.kbit = ave_relay_limit(r, AVE_LIMIT_BANDWIDTH_KBIT),
		.burst = ave_relay_limit(r, AVE_LIMIT_BANDWIDTH_BURST),
	};
}

/* -- what they have used --------------------------------------------------- */

static struct ave_fast_use since(const struct ave_fast_use *now,
				 const struct ave_fast_use *before)
{
	return (struct ave_fast_use){
		.to_peer = now->to_peer - before->to_peer,
		.to_peer_bytes = now->to_peer_bytes - before->to_peer_bytes,
		.to_client = now->to_client - before->to_client,
		.to_client_bytes =
			now->to_client_bytes - before->to_client_bytes,
	};
}

static void count_to_peer(struct ave_relay *r, struct ave_alloc *a,
			  struct ave_flow *flow, const struct ave_fast_use *u)
{
	r->counts.to_peer += u->to_peer;
	r->counts.to_peer_bytes += u->to_peer_bytes;
	r->counts.fast_to_peer += u->to_peer;
	a->to_peer += u->to_peer;
	a->to_peer_bytes += u->to_peer_bytes;
	flow->to_peer += u->to_peer;
	flow->to_peer_bytes += u->to_peer_bytes;
	a->last_ms = a->last_client_ms = r->now_ms;
	if (a->dialect->lives_by_use)
		ave_relay_prolong(r, a, &flow->peer);
}

static void count_to_client(struct ave_relay *r, struct ave_alloc *a,
			    struct ave_flow *flow, const struct ave_fast_use *u)
{
	const uint64_t heads = flow->channel ? u->to_client * CHANNEL_HEAD : 0;

	r->counts.to_client += u->to_client;
	r->counts.to_client_bytes += u->to_client_bytes + heads;
	r->counts.fast_to_client += u->to_client;
	a->to_client += u->to_client;
	a->to_client_bytes += u->to_client_bytes + heads;
	flow->to_client += u->to_client;
	flow->to_client_bytes += u->to_client_bytes;
	a->last_ms = r->now_ms;
}

/* What passed below pays as well: what is left is for the sockets. */
static void count(struct ave_alloc *a, struct ave_flow *flow,
		  struct ave_fast_use now)
{
	struct ave_relay *r = a->relay;
	const struct ave_fast_use u = since(&now, &flow->used);

	flow->used = now;
	ave_relay_fill(r, a);
	a->credit -=
		(int64_t)(u.to_peer_bytes + u.to_client_bytes) * BITS_A_BYTE;
	if (u.to_peer)
		count_to_peer(r, a, flow, &u);
	if (u.to_client)
		count_to_client(r, a, flow, &u);
}

void ave_relay_fast_count(struct ave_alloc *a)
{
	const struct ave_relay *r = a->relay;

	for (uint32_t i = 0; i < a->flows.count; i++) {
		struct ave_flow *flow = &a->flows.v[i];

		if (flow->fast)
			count(a, flow,
			      fast_of(r)->use(r->plan.fast_self, flow->fast));
	}
}

void ave_relay_fast_spend(struct ave_alloc *a, size_t len)
{
	const struct ave_relay *r = a->relay;

	fast_of(r)->spend(r->plan.fast_self, a->pool, len, r->now_ms);
}

/* -- which, and how long --------------------------------------------------- */

static uint64_t least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* As the packets' way asks: the flow both ways, the permission inward. */
static struct ave_fast_until until_of(struct ave_alloc *a,
				      const struct ave_flow *flow)
{
	const struct ave_relay *r = a->relay;
	const struct ave_permission *p =
		ave_permissions_find(&a->permissions, &flow->peer, r->now_ms);
	const uint64_t both =
		least(flow->until_ms, least(a->expires_ms, a->until_ms));

	return (struct ave_fast_until){
		.to_peer_ms = both,
		.to_client_ms = p ? least(both, p->until_ms) : 0,
	};
}

static bool may_be_fast(const struct ave_alloc *a, const struct ave_flow *flow)
{
	return !ave_leg_is_stream(&a->leg) && !a->is_tcp && !a->is_marked &&
	       a->relayed[ave_family(&flow->relayed)].is_open &&
	       flow->to_peer + flow->to_client &&
	       flow->until_ms > a->relay->now_ms;
}

/* How much of a burst has been used [bytes] */
static uint64_t missing(const struct ave_relay *r, const struct ave_alloc *a)
{
	const int64_t burst = (int64_t)rate_of(r).burst * BITS_A_BYTE;

	return burst > a->credit ? (uint64_t)(burst - a->credit) / BITS_A_BYTE
				 : 0;
}

static bool has_pool(struct ave_alloc *a)
{
	const struct ave_relay *r = a->relay;
	const struct ave_fast *f = fast_of(r);

	if (a->pool)
		return true;
	if (f->open_pool(r->plan.fast_self, &a->pool))
		return false;
	f->set_pool(r->plan.fast_self, a->pool, rate_of(r));
	ave_relay_fill(r, a); /* one bucket: it begins as full as this one */
	f->spend(r->plan.fast_self, a->pool, missing(r, a), r->now_ms);
	return true;
}

static void put(struct ave_alloc *a, struct ave_flow *flow)
{
	const struct ave_relay *r = a->relay;
	const struct ave_fast_way w = {
		.client = flow->client,
		.server = flow->server,
		.relayed = flow->relayed,
		.peer = flow->to,
		.channel = flow->channel,
		.side = a->leg.side,
		.pool = a->pool,
	};

	flow->used = (struct ave_fast_use){0};
	/* no room, or another's addresses: the sockets serve it, and the next
	 * look may find otherwise */
	if (fast_of(r)->put(r->plan.fast_self, &flow->fast, &w))
		flow->fast = 0;
}

static void look_at(struct ave_alloc *a, struct ave_flow *flow)
{
	const struct ave_relay *r = a->relay;

	if (!flow->fast && may_be_fast(a, flow) && has_pool(a))
		put(a, flow);
	if (flow->fast && !may_be_fast(a, flow))
		ave_relay_fast_drop(a, flow);
	if (flow->fast)
		fast_of(r)->until(r->plan.fast_self, flow->fast,
				  until_of(a, flow));
}

void ave_relay_fast_look(struct ave_alloc *a)
{
	if (!fast_of(a->relay))
		return;
	ave_relay_fast_count(a);
	for (uint32_t i = 0; i < a->flows.count; i++)
		look_at(a, &a->flows.v[i]);
}

void ave_relay_fast_judge(struct ave_alloc *a)
{
	const struct ave_relay *r = a->relay;

	if (a->pool)
		fast_of(r)->set_pool(r->plan.fast_self, a->pool, rate_of(r));
	ave_relay_fast_look(a);
}

static void look_after(void *thing, void *arg)
{
	(void)arg;
	ave_relay_fast_look(thing);
}

void ave_relay_fast_tick(struct ave_relay *r)
{
	if (!fast_of(r) || r->now_ms - r->fast_ms < EVERY_MS)
		return;
	r->fast_ms = r->now_ms;
	edge_handles_each(r->allocs, look_after, NULL);
}

/* -- the end ----------------------------------------------------------------
 */

void ave_relay_fast_drop(struct ave_alloc *a, struct ave_flow *flow)
{
	const struct ave_relay *r = a->relay;
	const uint32_t id = flow->fast;

	if (!id)
		return;
	flow->fast = 0;
	count(a, flow, fast_of(r)->drop(r->plan.fast_self, id));
}

void ave_relay_fast_end(struct ave_alloc *a)
{
	const struct ave_relay *r = a->relay;

	for (uint32_t i = 0; i < a->flows.count; i++)
		ave_relay_fast_drop(a, &a->flows.v[i]);
	if (a->pool)
		fast_of(r)->close_pool(r->plan.fast_self, a->pool);
	a->pool = 0;
}
