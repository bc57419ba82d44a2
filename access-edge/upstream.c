/* Connections to next-hop members: opened on need, checked, watched. */
#include "access-edge/upstream.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "access-edge/events.h"
#include "access-edge/limits.h"
#include "access-edge/linktab.h"
#include "access-edge/listener.h"
#include "access-edge/probe.h"
#include "access-edge/proxy.h"
#include "common/crypto.h"

enum { CONNS = 4, NAME_LEN = 254, HOLD_TICK_MS = 20, POOLS = 64 };

struct pool;

struct acc_upstream { /* one member, on this shard */
	struct acc_upstreams *set;
	struct pool *pool; /* NULL: retired, closes when nothing is owed */
	unsigned index;
	uint64_t id; /* hash of the member's name */
	char member[NAME_LEN], pool_name[NAME_LEN];
	const struct topo_host *host; /* of the current snapshot */
	uint16_t port;
	size_t next_addr;
	struct acc_link *links[CONNS];
	unsigned outstanding;
	struct acc_txn_queue waiting;
	struct edge_timer probe;
};

struct pool { /* one Registrar cluster of the snapshot */
	const struct topo_cluster *cluster;
	unsigned count;
	bool is_down;
	struct acc_hop hops[ACC_MEMBERS];
	struct acc_upstream *ups[ACC_MEMBERS];
};

struct acc_upstreams {
	struct acc_shard *shard;
	size_t pool_count;
	struct pool *pools[POOLS];
	struct acc_txn_queue held;
	size_t held_count;
	struct edge_timer hold_timer;
	struct edge_bucket all, unsigned_share;
};

static uint64_t now_of(const struct acc_upstreams *u)
{
	return edge_loop_now_ms(u->shard->loop);
}

/* -- pools of the snapshot ---------------------------------------------- */

static void on_probe_due(struct edge_timer *t, uint64_t now_ms);

static void start_probe(struct acc_upstream *up, uint64_t in_ms)
{
	edge_wheel_start(edge_loop_wheel(up->set->shard->loop), &up->probe,
			 now_of(up->set) + in_ms, on_probe_due);
}

static uint64_t id_of(const char *fqdn)
{
	static const uint8_t key[16] = {'m', 'e', 'm', 'b', 'e', 'r'};

	return edge_siphash(key, edge_slice_str(fqdn)) | 1;
}

static struct acc_upstream *make_member(struct acc_upstreams *u)
{
	struct acc_upstream *up = calloc(1, sizeof(*up));

	if (!up)
		return NULL;
	up->set = u;
	up->next_addr = edge_random_u32();
	TAILQ_INIT(&up->waiting);
	return up;
}

static bool is_idle(const struct acc_upstream *up)
{
	for (int i = 0; i < CONNS; i++)
		if (up->links[i])
			return false;
	return TAILQ_EMPTY(&up->waiting);
}

/* The same member in the old pools, taken out of them. */
static struct acc_upstream *take_old(struct pool **old, size_t count,
				     const struct topo_host *h, uint16_t port,
				     struct acc_hop *hop)
{
	for (size_t p = 0; p < count; p++)
		for (unsigned i = 0; i < old[p]->count; i++) {
			struct acc_upstream *up = old[p]->ups[i];

			if (!up || strcmp(up->member, h->fqdn) != 0 ||
			    up->port != port)
				continue;
			*hop = old[p]->hops[i];
			old[p]->ups[i] = NULL;
			return up;
		}
	return NULL;
}

static void retire(struct acc_upstream *up)
{
	up->pool = NULL;
	up->host = NULL;
	edge_wheel_stop(&up->probe);
	for (int i = 0; i < CONNS; i++)
		if (up->links[i] && LIST_EMPTY(&up->links[i]->asking))
			acc_link_finish(up->links[i]);
	if (is_idle(up))
		edge_loop_defer_free(up->set->shard->loop, up, free);
}

static enum edge_err add_member(struct acc_upstreams *u, struct pool *p,
				const struct topo_host *h, struct pool **old,
				size_t old_count)
{
	unsigned i = p->count;
	struct acc_upstream *up = take_old(old, old_count, h, p->cluster->port,
					   &p->hops[i]);

	if (!up)
		up = make_member(u);
	if (!up)
		return EDGE_ENOMEM;
	up->pool = p;
	up->index = i;
	up->host = h;
	up->port = p->cluster->port;
	up->id = id_of(h->fqdn);
	memcpy(up->member, h->fqdn, strnlen(h->fqdn, NAME_LEN - 1) + 1);
	memcpy(up->pool_name, p->cluster->fqdn,
	       strnlen(p->cluster->fqdn, NAME_LEN - 1) + 1);
	p->ups[i] = up;
	p->count++;
	if (p->cluster->is_next_hop)
		start_probe(up, 0);
	return EDGE_OK;
}

static enum edge_err make_pool(struct acc_upstreams *u,
			       const struct topo_cluster *c, struct pool **old,
			       size_t old_count)
{
	struct pool *p = calloc(1, sizeof(*p));
	enum edge_err err = EDGE_OK;

	if (!p)
		return EDGE_ENOMEM;
	p->cluster = c;
	u->pools[u->pool_count++] = p;
	for (size_t i = 0; i < c->member_count && !err; i++)
		if (c->members[i].addr_count && p->count < ACC_MEMBERS)
			err = add_member(u, p, &c->members[i], old, old_count);
	if (!err && !p->count && c->pool.addr_count) /* a balancer's address */
		err = add_member(u, p, &c->pool, old, old_count);
	return err;
}

enum edge_err acc_upstreams_topology(struct acc_upstreams *u)
{
	const struct topo *t = u->shard->view.topo;
	struct pool *old[POOLS];
	size_t old_count = u->pool_count;
	enum edge_err err = EDGE_OK;

	memcpy(old, u->pools, sizeof(old));
	u->pool_count = 0;
	for (size_t i = 0; i < t->registrar_count && i < POOLS && !err; i++)
		err = make_pool(u, &t->registrars[i], old, old_count);
	for (size_t p = 0; p < old_count; p++) {
		for (unsigned i = 0; i < old[p]->count; i++)
			if (old[p]->ups[i])
				retire(old[p]->ups[i]);
		free(old[p]);
	}
	return err;
}

static struct pool *find_pool(struct acc_upstreams *u,
			      const struct topo_cluster *c)
{
	for (size_t i = 0; i < u->pool_count; i++)
		if (strcmp(u->pools[i]->cluster->fqdn, c->fqdn) == 0)
			return u->pools[i];
	return NULL;
}

/* -- health ------------------------------------------------------------- */

static void publish(struct acc_upstream *up)
{
	struct acc_shard *s = up->set->shard;
	struct pool *p = up->pool;
	bool any = false;

	if (!p || !p->cluster->is_next_hop)
		return;
	atomic_store_explicit(&s->gauges.member_health[up->index],
			      (uint8_t)p->hops[up->index].health,
			      memory_order_relaxed);
	for (unsigned i = 0; i < p->count; i++)
		any |= p->hops[i].health != ACC_HOP_DOWN;
	if (p->is_down == !any)
		return;
	p->is_down = !any;
	acc_listener_throttle(s->listener[ACC_LISTEN_CLIENT], p->is_down);
	if (p->is_down)
		edge_event(ACC_EV_POOL_DOWN, "pool=%s", p->cluster->fqdn);
}

static void failed(struct acc_upstream *up, const char *why)
{
	struct acc_hop *h;

	if (!up->pool)
		return;
	h = &up->pool->hops[up->index];
	acc_hop_failed(h, now_of(up->set));
	acc_shard_count(up->set->shard, ACC_STAT_HOP_FAILED);
	edge_event(ACC_EV_HOP_FAILED, "member=%s state=%s reason=%s",
		   up->member,
		   h->health == ACC_HOP_DOWN ? "down" : "suspect", why);
	publish(up);
	if (up->pool->cluster->is_next_hop)
		start_probe(up, h->retry_at_ms > now_of(up->set)
					? h->retry_at_ms - now_of(up->set)
					: 1000);
}

static void worked(struct acc_upstream *up)
{
	struct acc_hop *h;

	if (!up->pool)
		return;
	h = &up->pool->hops[up->index];
	if (h->health != ACC_HOP_UP)
		edge_event(ACC_EV_HOP_UP, "member=%s", up->member);
	acc_hop_worked(h);
	publish(up);
}

/* -- connections -------------------------------------------------------- */

static unsigned conns_wanted(const struct acc_upstreams *u)
{
	unsigned n = u->shard->view.topo->access.tls_count /
		     u->shard->shared->shard_count;

	return n < 1 ? 1 : n > CONNS ? CONNS : n;
}

static enum edge_err connect_one(struct acc_upstream *up, int slot)
{
	const struct topo_host *h = up->host;
	struct edge_addr to;
	enum edge_err err;

	if (!h || !h->addr_count)
		return EDGE_ENOTFOUND;
	to = h->addrs[up->next_addr++ % h->addr_count];
	to.port = up->port;
	err = acc_link_dial(&up->links[slot], up->set->shard, up, &to,
			    up->member);
	if (err)
		failed(up, edge_err_str(err));
	return err;
}

/* An open connection with room, else the beginning of one, else a busy one. */
static enum acc_pick connection(struct acc_upstream *up, struct acc_link **out)
{
	struct acc_link *busy = NULL;
	unsigned wanted = conns_wanted(up->set);
	bool connecting = false;

	for (unsigned i = 0; i < wanted; i++) {
		struct acc_link *l = up->links[i];

		if (!l) {
			if (connecting || busy)
				continue;
			if (connect_one(up, (int)i))
				return ACC_PICK_NONE;
			connecting = true;
		} else if (l->state != ACC_LINK_OPEN) {
			connecting = true;
		} else if (!edge_conn_above_high_water(l->conn)) {
			*out = l;
			return ACC_PICK_READY;
		} else {
			busy = l;
		}
	}
	if (!busy)
		return ACC_PICK_WAIT;
	*out = busy;
	return ACC_PICK_READY;
}

/* -- choosing ----------------------------------------------------------- */

static int known_member(const struct pool *p, uint64_t id, uint64_t tried,
			uint64_t now)
{
	for (unsigned i = 0; id && i < p->count; i++)
		if (!(tried & 1ull << i) && p->ups[i]->id == id &&
		    acc_hop_may_try(&p->hops[i], now))
			return (int)i;
	return -1;
}

/* acc_hop_choose works on a cluster's members; those without address are not
 * in the pool, so the pool's own list is handed over. */
static int hashed_member(const struct pool *p, const struct acc_pick_plan *plan,
			 uint64_t tried, uint64_t now)
{
	struct topo_host members[ACC_MEMBERS];
	struct topo_cluster c = *p->cluster;

	for (unsigned i = 0; i < p->count; i++)
		members[i] = *p->ups[i]->host;
	c.members = members;
	c.member_count = p->count;
	return acc_hop_choose(&c, p->hops, plan->from_uri, tried, now);
}

static bool is_full(struct acc_upstreams *u, const struct acc_upstream *up,
		    bool is_unsigned)
{
	uint64_t window = acc_shard_limit(u->shard, ACC_LIMIT_NEXT_HOP_WINDOW);
	uint64_t share = acc_shard_limit(u->shard, ACC_LIMIT_UNSIGNED_SHARE);

	if (is_unsigned)
		window = window * share / 100;
	if (up->outstanding >= (window ? window : 1))
		return true;
	if (is_unsigned && edge_bucket_wait_ms(&u->unsigned_share, now_of(u)))
		return true;
	return edge_bucket_wait_ms(&u->all, now_of(u)) != 0;
}

enum acc_pick acc_upstream_pick(struct acc_upstreams *u,
				const struct acc_pick_plan *plan,
				struct acc_picked *out)
{
	struct pool *p = find_pool(u, plan->cluster);
	uint64_t tried = plan->tried, now = now_of(u);

	for (unsigned n = 0; p && n < p->count; n++) {
		enum acc_pick pick;
		int i = known_member(
			p, plan->member ? id_of(plan->member->fqdn) : 0, tried,
			now);

		if (i < 0)
			i = known_member(p, plan->sticky, tried, now);
		if (i < 0)
			i = hashed_member(p, plan, tried, now);
		if (i < 0)
			return ACC_PICK_NONE;
		out->up = p->ups[i];
		if (is_full(u, out->up, plan->is_unsigned))
			return ACC_PICK_FULL;
		pick = connection(out->up, &out->link);
		if (pick != ACC_PICK_NONE)
			return pick;
		tried |= 1ull << i;
	}
	return ACC_PICK_NONE;
}

void acc_upstream_wait(struct acc_upstream *up, struct acc_txn *x)
{
	acc_txn_queue(x, &up->waiting);
}

uint64_t acc_upstream_id(const struct acc_upstream *up)
{
	return up->id;
}

unsigned acc_upstream_index(const struct acc_upstream *up)
{
	return up->index;
}

/* -- window, rate, holding ---------------------------------------------- */

void acc_upstream_begin(struct acc_upstream *up, struct acc_txn *x)
{
	struct acc_upstreams *u = up->set;

	(void)edge_bucket_take(&u->all, now_of(u));
	if (x->from.role == ACC_ROLE_USR && !x->from.signed_in)
		(void)edge_bucket_take(&u->unsigned_share, now_of(u));
	x->window = up;
	up->outstanding++;
}

void acc_upstream_end(struct acc_txn *x)
{
	struct acc_upstream *up = x->window;

	if (!up)
		return;
	x->window = NULL;
	up->outstanding--;
	if (up->pool || up->outstanding)
		return;
	for (int i = 0; i < CONNS; i++) /* retired, nothing owed any more */
		if (up->links[i] && up->links[i]->state == ACC_LINK_OPEN &&
		    LIST_EMPTY(&up->links[i]->asking))
			acc_link_finish(up->links[i]);
}

static struct acc_upstreams *of_hold_timer(struct edge_timer *t)
{
	return (struct acc_upstreams *)(void *)((char *)t -
		offsetof(struct acc_upstreams, hold_timer));
}

static void on_hold_tick(struct edge_timer *t, uint64_t now_ms)
{
	struct acc_upstreams *u = of_hold_timer(t);
	struct acc_txn_queue again;
	struct acc_txn *x;

	TAILQ_INIT(&again);
	while ((x = TAILQ_FIRST(&u->held)))
		acc_txn_queue(x, &again);
	u->held_count = 0;
	while ((x = TAILQ_FIRST(&again))) {
		acc_txn_unqueue(x);
		acc_proxy_resume(x);
	}
	if (!TAILQ_EMPTY(&u->held))
		edge_wheel_start(edge_loop_wheel(u->shard->loop), t,
				 now_ms + HOLD_TICK_MS, on_hold_tick);
}

void acc_upstream_hold(struct acc_upstreams *u, struct acc_txn *x)
{
	acc_shard_count(u->shard, ACC_STAT_HELD);
	acc_txn_queue(x, &u->held);
	u->held_count++;
	if (!edge_timer_running(&u->hold_timer))
		edge_wheel_start(edge_loop_wheel(u->shard->loop),
				 &u->hold_timer, now_of(u) + HOLD_TICK_MS,
				 on_hold_tick);
}

size_t acc_upstream_held(const struct acc_upstreams *u)
{
	return u->held_count;
}

/* -- what links tell ---------------------------------------------------- */

bool acc_upstream_is_right(struct acc_link *l)
{
	const struct acc_upstream *up = l->upstream;
	const struct edge_peer *p = edge_conn_peer(l->conn);
	const char *why = edge_peer_fault_str(p->fault);

	if (p->fault == EDGE_PEER_FINE) {
		if (edge_peer_has_name(p, up->member) ||
		    edge_peer_has_name(p, up->pool_name))
			return true;
		why = edge_peer_fault_str(EDGE_PEER_NAME);
	}
	edge_event(ACC_EV_HOP_TLS, "lync=14428 errid=1010 member=%s san=%s "
		   "reason=%s", up->member,
		   p->name_count ? p->names[0] : "-", why);
	return false;
}

void acc_upstream_secured(struct acc_link *l)
{
	struct acc_upstream *up = l->upstream;
	struct acc_txn *x;

	worked(up);
	if (up->pool && up->pool->cluster->is_next_hop)
		start_probe(up, acc_shard_limit(up->set->shard,
						ACC_LIMIT_PROBE_MS));
	while ((x = TAILQ_FIRST(&up->waiting))) {
		acc_txn_unqueue(x);
		acc_proxy_resume(x);
	}
}

static bool any_open(const struct acc_upstream *up)
{
	for (int i = 0; i < CONNS; i++)
		if (up->links[i])
			return true;
	return false;
}

void acc_upstream_lost(struct acc_link *l, const char *why)
{
	struct acc_upstream *up = l->upstream;
	struct acc_txn *x;

	for (int i = 0; i < CONNS; i++)
		if (up->links[i] == l)
			up->links[i] = NULL;
	if (!l->opened)
		failed(up, why);
	else if (up->pool && up->pool->cluster->is_next_hop)
		start_probe(up, 0); /* dial again at once */
	while (!any_open(up) && (x = TAILQ_FIRST(&up->waiting))) {
		acc_txn_unqueue(x);
		acc_proxy_next_member(x, up->index);
	}
	if (!up->pool && is_idle(up))
		edge_loop_defer_free(up->set->shard->loop, up, free);
}

static void release(struct acc_link *l, void *arg)
{
	(void)arg;
	acc_link_release_for_hop(l);
}

void acc_upstream_drained(struct acc_link *l)
{
	acc_linktab_each(l->shard->links, release, NULL);
}

/* -- probes ------------------------------------------------------------- */

static void on_probe_due(struct edge_timer *t, uint64_t now_ms)
{
	struct acc_upstream *up = (struct acc_upstream *)(void *)((char *)t -
		offsetof(struct acc_upstream, probe));
	struct acc_link *l = NULL;

	if (!up->pool)
		return;
	start_probe(up, acc_shard_limit(up->set->shard, ACC_LIMIT_PROBE_MS));
	if (!acc_hop_may_try(&up->pool->hops[up->index], now_ms))
		return;
	if (connection(up, &l) == ACC_PICK_READY && LIST_EMPTY(&l->asking) &&
	    now_ms - l->heard_ms >= 1000)
		acc_probe_send(l, up->member);
}

void acc_upstream_silent(struct acc_link *l)
{
	failed(l->upstream, "no answer to OPTIONS");
	acc_link_close(l);
}

/* -- the set ------------------------------------------------------------ */

enum edge_err acc_upstreams_new(struct acc_upstreams **out,
				struct acc_shard *s)
{
	struct acc_upstreams *u = calloc(1, sizeof(*u));
	uint32_t rate, share;
	enum edge_err err;

	if (!u)
		return EDGE_ENOMEM;
	u->shard = s;
	TAILQ_INIT(&u->held);
	rate = (uint32_t)(acc_shard_limit(s, ACC_LIMIT_NEXT_HOP_RATE) /
			  s->shared->shard_count);
	share = (uint32_t)(rate * acc_shard_limit(s, ACC_LIMIT_UNSIGNED_SHARE) /
			   100);
	edge_bucket_init(&u->all, rate ? rate : 1, rate ? rate : 1, now_of(u));
	edge_bucket_init(&u->unsigned_share, share ? share : 1,
			 share ? share : 1, now_of(u));
	err = acc_upstreams_topology(u);
	if (err) {
		acc_upstreams_free(u);
		return err;
	}
	*out = u;
	return EDGE_OK;
}

void acc_upstreams_free(struct acc_upstreams *u)
{
	if (!u)
		return;
	edge_wheel_stop(&u->hold_timer);
	for (size_t p = 0; p < u->pool_count; p++) {
		for (unsigned i = 0; i < u->pools[p]->count; i++) {
			edge_wheel_stop(&u->pools[p]->ups[i]->probe);
			free(u->pools[p]->ups[i]);
		}
		free(u->pools[p]);
	}
	free(u);
}
