/* Connections to next-hop members: opened on need, checked, watched. */
#include "access-edge/upstream_pool.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "access-edge/events.h"
#include "access-edge/limits.h"
#include "access-edge/linktab.h"
#include "access-edge/listener.h"
#include "access-edge/probe.h"
#include "access-edge/proxy.h"

enum {
	TURNED_AWAY_MS = 5000, /* ours: closed sooner and mute [ms] */
	ADDR_REST_MS = 30000,  /* TO 3.4: an address that failed [ms] */
	DISTRUST_MS = 600000,  /* AE 4.4: events of 14428 [ms] */
};

/* -- health ------------------------------------------------------------- */

void acc_pool_publish(struct acc_upstream *up)
{
	struct acc_shard *s = up->set->shard;
	struct acc_pool *p = up->pool;
	bool any = false;

	if (!p || !p->cluster->is_next_hop)
		return;
	atomic_store_explicit(&s->gauges.member_health[up->index],
			      (uint8_t)p->hops[up->index].health,
			      memory_order_relaxed);
	for (unsigned i = 0; i < p->count; i++)
		any |= p->hops[i].health != ACC_HOP_DOWN;
	acc_listener_throttle(s->listener[ACC_LISTEN_CLIENT], !any);
	if (p->is_down == !any)
		return;
	p->is_down = !any;
	if (p->is_down)
		edge_event(ACC_EV_POOL_DOWN, "pool=%s", p->cluster->fqdn);
}

static void failed(struct acc_upstream *up, const char *why)
{
	struct acc_hop *h;

	if (!up->pool)
		return;
	h = &up->pool->hops[up->index];
	acc_hop_failed(h, acc_upstreams_now(up->set));
	acc_shard_count(up->set->shard, ACC_STAT_HOP_FAILED);
	edge_event(ACC_EV_HOP_FAILED, "member=%s state=%s reason=%s",
		   up->member, h->health == ACC_HOP_DOWN ? "down" : "suspect",
		   why);
	acc_pool_publish(up);
	if (up->pool->cluster->is_next_hop)
		acc_pool_probe(up, h->retry_at_ms > acc_upstreams_now(up->set)
					   ? h->retry_at_ms -
						     acc_upstreams_now(up->set)
					   : 1000);
}

static bool is_up(const struct acc_upstream *up)
{
	return !up->pool || up->pool->hops[up->index].health == ACC_HOP_UP;
}

static void worked(struct acc_upstream *up)
{
	edge_event(ACC_EV_HOP_UP, "member=%s", up->member);
	acc_hop_worked(&up->pool->hops[up->index]);
	up->pool->failure = ACC_REASON_OK;
	acc_pool_publish(up);
}

/* -- connections -------------------------------------------------------- */

static unsigned conns_wanted(const struct acc_upstreams *u)
{
	const struct topo *t = u->shard->view.topo;
	unsigned n = (t->proxy.tls_count ? t->proxy.tls_count
					 : t->access.tls_count) /
		     u->shard->shared->shard_count;

	return n < 1 ? 1 : n > ACC_UPSTREAM_CONNS ? ACC_UPSTREAM_CONNS : n;
}

/* TO 3.4: in turn, past those that failed of late; all have: in turn. */
static size_t next_address(struct acc_upstream *up)
{
	uint64_t now = acc_upstreams_now(up->set);
	size_t count = up->host->addr_count, first = up->next_addr % count;

	for (size_t n = 0; n < count; n++) {
		size_t i = (first + n) % count;

		if (i >= ACC_UPSTREAM_ADDRS || up->addr_rests_ms[i] <= now) {
			up->next_addr = i + 1;
			return i;
		}
	}
	up->next_addr = first + 1;
	return first;
}

static enum edge_err connect_one(struct acc_upstream *up, unsigned slot)
{
	const struct topo_host *h = up->host;
	struct edge_addr to;
	enum edge_err err;

	if (!h || !h->addr_count)
		return EDGE_ENOTFOUND;
	to = h->addrs[next_address(up)];
	to.port = up->port;
	err = acc_link_dial(&up->links[slot], up->set->shard,
			    &(struct acc_dial){
				    .kind = ACC_LINK_UPSTREAM,
				    .dialler = &acc_upstream_dialler,
				    .upstream = up,
				    .to = &to,
				    .name = up->member,
			    });
	if (err)
		failed(up, edge_err_str(err));
	return err;
}

/* An open connection with room; else a busy one, and the beginning of one more
 * where there may be more (AE 2.9). */
static enum acc_pick connection(struct acc_upstream *up, struct acc_link **out)
{
	struct acc_link *busy = NULL;
	unsigned wanted = conns_wanted(up->set), empty = wanted;
	bool connecting = false;

	for (unsigned i = 0; i < wanted; i++) {
		struct acc_link *l = up->links[i];

		if (!l) {
			empty = i < empty ? i : empty;
		} else if (l->state != ACC_LINK_OPEN) {
			connecting = true;
		} else if (!edge_conn_above_high_water(l->conn)) {
			*out = l;
			return ACC_PICK_READY;
		} else {
			busy = l;
		}
	}
	if (!connecting && empty < wanted)
		connecting = connect_one(up, empty) == EDGE_OK;
	if (busy)
		*out = busy;
	return busy	    ? ACC_PICK_READY
	       : connecting ? ACC_PICK_WAIT
			    : ACC_PICK_NONE;
}

/* -- choosing ----------------------------------------------------------- */

static int known_member(const struct acc_pool *p, uint64_t id, uint64_t tried,
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
static int hashed_member(const struct acc_pool *p,
			 const struct acc_pick_plan *plan, uint64_t tried,
			 uint64_t now)
{
	struct topo_host members[ACC_MEMBERS];
	struct topo_cluster c = *p->cluster;

	for (unsigned i = 0; i < p->count; i++)
		members[i] = *p->ups[i]->host;
	c.members = members;
	c.member_count = p->count;
	return acc_hop_choose(&c, p->hops, plan->from_uri, tried, now);
}

enum acc_pick acc_upstream_pick(struct acc_upstreams *u,
				const struct acc_pick_plan *plan,
				struct acc_picked *out)
{
	struct acc_pool *p = acc_pool_find(u, plan->cluster);
	uint64_t tried = plan->tried, now = acc_upstreams_now(u);

	for (unsigned n = 0; p && n < p->count; n++) {
		enum acc_pick pick;
		int i = known_member(
			p,
			plan->member ? acc_pool_member_id(plan->member->fqdn)
				     : 0,
			tried, now);

		if (i < 0)
			i = known_member(p, plan->sticky, tried, now);
		if (i < 0)
			i = hashed_member(p, plan, tried, now);
		if (i < 0)
			return ACC_PICK_NONE;
		out->up = p->ups[i];
		if (acc_upstream_is_full(u, out->up, plan->from))
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

/* -- window ------------------------------------------------------------- */

void acc_upstream_begin(struct acc_upstream *up, struct acc_txn *x)
{
	acc_upstream_spend(up->set, &x->from);
	x->window = up;
	up->outstanding++;
	up->unsigned_outstanding += acc_upstream_is_stranger(&x->from);
}

void acc_upstream_end(struct acc_txn *x)
{
	struct acc_upstream *up = x->window;

	if (!up)
		return;
	x->window = NULL;
	up->outstanding--;
	up->unsigned_outstanding -= acc_upstream_is_stranger(&x->from);
}

void acc_upstream_answered(struct acc_link *l)
{
	if (l->upstream)
		acc_pool_let_go(l->upstream);
}

enum acc_reason acc_upstream_why_none(struct acc_upstreams *u,
				      const struct acc_pick_plan *plan)
{
	const struct acc_pool *p = acc_pool_find(u, plan->cluster);

	if (p && p->failure != ACC_REASON_OK &&
	    (plan->tried || p->failure == ACC_REASON_NEXT_HOP_TLS))
		return p->failure;
	return ACC_REASON_NEXT_HOP_DOWN;
}

/* -- what links tell ---------------------------------------------------- */

static void distrust(struct acc_link *l, const char *why)
{
	struct acc_upstream *up = l->upstream;
	const struct edge_peer *p = edge_conn_peer(l->conn);
	uint64_t now = acc_upstreams_now(up->set);

	l->is_distrusted = true;
	up->distrusted++;
	if (up->distrust_told_ms && now - up->distrust_told_ms < DISTRUST_MS)
		return;
	edge_event(ACC_EV_HOP_TLS,
		   "lync=14428 errid=1010 member=%s san=%s reason=%s count=%u",
		   up->member, p->name_count ? p->names[0] : "-", why,
		   up->distrusted);
	up->distrust_told_ms = now;
	up->distrusted = 0;
}

static bool is_right(struct acc_link *l)
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
	distrust(l, why);
	return false;
}

/* One that has failed is up again only when it has said something: who means to
 * turn us away may do so after the handshake. */
static void heard(struct acc_link *l)
{
	if (!is_up(l->upstream))
		worked(l->upstream);
}

/* Row of the address that the connection goes to; NULL: not this snapshot's. */
static uint64_t *rest_of(const struct acc_link *l)
{
	struct acc_upstream *up = l->upstream;

	for (size_t i = 0;
	     up->host && i < up->host->addr_count && i < ACC_UPSTREAM_ADDRS;
	     i++)
		if (edge_addr_same_ip(&up->host->addrs[i], &l->source.remote))
			return &up->addr_rests_ms[i];
	return NULL;
}

static void secured(struct acc_link *l)
{
	struct acc_upstream *up = l->upstream;
	uint64_t *rest = rest_of(l);
	struct acc_txn_queue ready;
	struct acc_txn *x;

	if (rest)
		*rest = 0;
	if (up->pool && up->pool->cluster->is_next_hop)
		acc_pool_probe(up, is_up(up)
					   ? acc_shard_limit(up->set->shard,
							     ACC_LIMIT_PROBE_MS)
					   : 0);
	acc_txn_queue_init(&ready);
	acc_txn_queue_move(&ready, &up->waiting);
	while ((x = acc_txn_queue_first(&ready))) {
		acc_txn_unqueue(x);
		acc_proxy_resume(x);
	}
}

static bool any_open(const struct acc_upstream *up)
{
	for (int i = 0; i < ACC_UPSTREAM_CONNS; i++)
		if (up->links[i])
			return true;
	return false;
}

static void release(struct acc_link *l, void *arg)
{
	(void)arg;
	acc_link_release_for_hop(l);
}

static void drained(struct acc_link *l)
{
	acc_linktab_each(l->shard->links, release, NULL);
}

/* The member turned us away: no connection, or one that ended without a word.
 * (TLS 1.3 tells a refused certificate after the handshake.) */
static bool was_turned_away(const struct acc_link *l)
{
	return !l->opened ||
	       (!l->heard && edge_loop_now_ms(l->shard->loop) - l->opened_ms <
				     TURNED_AWAY_MS);
}

/* TO 3.4: a bad address is skipped, the member has others. */
static bool tries_another_address(struct acc_link *l, const char *why)
{
	struct acc_upstream *up = l->upstream;
	uint64_t now = acc_upstreams_now(up->set), *rest = rest_of(l);
	char text[EDGE_ADDR_STRLEN];

	if (!rest)
		return false;
	*rest = now + ADDR_REST_MS;
	for (size_t i = 0; i < up->host->addr_count; i++) {
		if (i < ACC_UPSTREAM_ADDRS && up->addr_rests_ms[i] > now)
			continue;
		edge_addr_print(&l->source.remote, text);
		edge_event(ACC_EV_HOP_ADDR, "member=%s address=%s reason=%s",
			   up->member, text, why);
		return any_open(up) || connect_one(up, 0) == EDGE_OK;
	}
	return false;
}

static enum acc_reason failure_of(const struct acc_link *l)
{
	if (l->is_distrusted)
		return ACC_REASON_NEXT_HOP_TLS;
	return l->never_connected ? ACC_REASON_NEXT_HOP_CONNECT
				  : ACC_REASON_NEXT_HOP_HANDSHAKE;
}

static void give_up_waiting(struct acc_upstream *up)
{
	struct acc_txn_queue lost;
	struct acc_txn *x;

	acc_txn_queue_init(&lost);
	acc_txn_queue_move(&lost, &up->waiting);
	while ((x = acc_txn_queue_first(&lost))) {
		acc_txn_unqueue(x);
		if (up->pool)
			acc_proxy_next_member(x, up->index);
		else /* retired: its index means nothing any more */
			acc_proxy_resume(x);
	}
}

static void lost(struct acc_link *l, const char *why)
{
	struct acc_upstream *up = l->upstream;

	for (int i = 0; i < ACC_UPSTREAM_CONNS; i++)
		if (up->links[i] == l)
			up->links[i] = NULL;
	if (l->shard->is_ending) {
		acc_pool_let_go(up);
		return;
	}
	drained(l); /* who waited for this queue reads again */
	if (!l->is_counted && was_turned_away(l)) {
		if (up->pool && tries_another_address(l, why))
			return;
		if (up->pool)
			up->pool->failure = failure_of(l);
		failed(up, why);
	} else if (up->pool && up->pool->cluster->is_next_hop)
		acc_pool_probe(up, 0); /* dial again at once */
	if (!any_open(up))
		give_up_waiting(up);
	acc_pool_let_go(up);
}

/* -- probes ------------------------------------------------------------- */

void acc_upstream_on_probe(struct edge_timer *t, uint64_t now_ms)
{
	struct acc_upstream *up =
		(struct acc_upstream *)(void *)((char *)t -
						offsetof(struct acc_upstream,
							 probe));
	struct acc_link *l = NULL;
	struct acc_hop *h;

	if (!up->pool)
		return;
	h = &up->pool->hops[up->index];
	if (!acc_hop_may_try(h, now_ms)) {
		acc_pool_probe(up, h->retry_at_ms - now_ms);
		return;
	}
	acc_pool_probe(up, acc_shard_limit(up->set->shard, ACC_LIMIT_PROBE_MS));
	if (connection(up, &l) == ACC_PICK_READY && LIST_EMPTY(&l->asking) &&
	    (!is_up(up) || now_ms - l->heard_ms >= 1000))
		acc_probe_send(l, up->member);
}

void acc_upstream_silent(struct acc_link *l)
{
	failed(l->upstream, "no answer to OPTIONS");
	l->is_counted = true;
	acc_link_close(l);
}

const struct acc_dialler acc_upstream_dialler = {
	.is_right = is_right,
	.distrust = distrust,
	.secured = secured,
	.heard = heard,
	.lost = lost,
	.drained = drained,
};
