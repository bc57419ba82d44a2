/* The pools of the snapshot and their members, as one shard knows them. */
#include "access-edge/upstream_pool.h"

#include <stdlib.h>
#include <string.h>

#include "access-edge/limits.h"
#include "common/crypto.h"

uint64_t acc_upstreams_now(const struct acc_upstreams *u)
{
	return edge_loop_now_ms(u->shard->loop);
}

void acc_pool_probe(struct acc_upstream *up, uint64_t in_ms)
{
	edge_wheel_start(edge_loop_wheel(up->set->shard->loop), &up->probe,
			 acc_upstreams_now(up->set) + in_ms,
			 acc_upstream_on_probe);
}

uint64_t acc_pool_member_id(const char *fqdn)
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
	acc_txn_queue_init(&up->waiting);
	return up;
}

bool acc_pool_is_idle(const struct acc_upstream *up)
{
	for (int i = 0; i < ACC_UPSTREAM_CONNS; i++)
		if (up->links[i])
			return false;
	return up->waiting.count == 0;
}

/* The same member in the old pools, taken out of them. */
static struct acc_upstream *take_old(struct acc_pool **old, size_t count,
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

void acc_pool_let_go(struct acc_upstream *up)
{
	if (up->pool)
		return;
	for (int i = 0; i < ACC_UPSTREAM_CONNS; i++)
		if (up->links[i] && LIST_EMPTY(&up->links[i]->asking))
			acc_link_finish(up->links[i]); /* and back here */
	if (!acc_pool_is_idle(up) || up->is_buried)
		return;
	up->is_buried = true;
	edge_loop_defer_free(up->set->shard->loop, up, free);
}

static void retire(struct acc_upstream *up)
{
	up->pool = NULL;
	up->host = NULL;
	edge_wheel_stop(&up->probe);
	acc_pool_let_go(up);
}

/* What is known of the members, said anew for their new places. */
static void publish_all(struct acc_upstreams *u)
{
	for (size_t p = 0; p < u->pool_count; p++)
		for (unsigned i = 0; i < u->pools[p]->count; i++)
			acc_pool_publish(u->pools[p]->ups[i]);
}

static enum edge_err add_member(struct acc_upstreams *u, struct acc_pool *p,
				const struct topo_host *h,
				struct acc_pool **old, size_t old_count)
{
	unsigned i = p->count;
	struct acc_upstream *up =
		take_old(old, old_count, h, p->cluster->port, &p->hops[i]);

	if (!up)
		up = make_member(u);
	if (!up)
		return EDGE_ENOMEM;
	up->pool = p;
	up->index = i;
	up->host = h;
	memset(up->addr_rests_ms, 0, sizeof(up->addr_rests_ms));
	up->port = p->cluster->port;
	up->id = acc_pool_member_id(h->fqdn);
	memcpy(up->member, h->fqdn,
	       strnlen(h->fqdn, ACC_UPSTREAM_NAME - 1) + 1);
	memcpy(up->pool_name, p->cluster->fqdn,
	       strnlen(p->cluster->fqdn, ACC_UPSTREAM_NAME - 1) + 1);
	p->ups[i] = up;
	p->count++;
	if (p->cluster->is_next_hop)
		acc_pool_probe(up, 0);
	return EDGE_OK;
}

static enum edge_err make_pool(struct acc_upstreams *u,
			       const struct topo_cluster *c,
			       struct acc_pool **old, size_t old_count)
{
	struct acc_pool *p = calloc(1, sizeof(*p));
	enum edge_err err = EDGE_OK;

	if (!p)
		return EDGE_ENOMEM;
	p->cluster = c;
	u->pools[u->pool_count++] = p;
	if (acc_hop_is_balanced(c))
		return add_member(u, p, &c->pool, old, old_count);
	for (size_t i = 0; i < c->member_count && !err; i++)
		if (c->members[i].addr_count && p->count < ACC_MEMBERS)
			err = add_member(u, p, &c->members[i], old, old_count);
	return err;
}

enum edge_err acc_upstreams_topology(struct acc_upstreams *u)
{
	const struct topo *t = u->shard->view.topo;
	struct acc_pool *old[ACC_POOLS];
	size_t old_count = u->pool_count;
	enum edge_err err = EDGE_OK;

	memcpy(old, u->pools, sizeof(old));
	u->pool_count = 0;
	for (size_t i = 0; i < t->registrar_count && i < ACC_POOLS && !err; i++)
		err = make_pool(u, &t->registrars[i], old, old_count);
	for (size_t p = 0; p < old_count; p++) {
		for (unsigned i = 0; i < old[p]->count; i++)
			if (old[p]->ups[i])
				retire(old[p]->ups[i]);
		free(old[p]);
	}
	publish_all(u);
	return err;
}

struct acc_pool *acc_pool_find(struct acc_upstreams *u,
			       const struct topo_cluster *c)
{
	for (size_t i = 0; i < u->pool_count; i++)
		if (strcmp(u->pools[i]->cluster->fqdn, c->fqdn) == 0)
			return u->pools[i];
	return NULL;
}

/* -- the set ------------------------------------------------------------ */

enum edge_err acc_upstreams_new(struct acc_upstreams **out, struct acc_shard *s)
{
	struct acc_upstreams *u = calloc(1, sizeof(*u));
	uint32_t rate, share;
	uint8_t key[16];
	enum edge_err err;

	if (!u)
		return EDGE_ENOMEM;
	u->shard = s;
	acc_txn_queue_init(&u->held);
	rate = (uint32_t)(acc_shard_limit(s, ACC_LIMIT_NEXT_HOP_RATE) /
			  s->shared->shard_count);
	share = (uint32_t)(rate * acc_shard_limit(s, ACC_LIMIT_UNSIGNED_SHARE) /
			   100);
	edge_bucket_init(&u->all, rate ? rate : 1, rate ? rate : 1,
			 acc_upstreams_now(u));
	share = share ? share : 1;
	edge_bucket_init(&u->unsigned_free, share - share / 2,
			 share - share / 2, acc_upstreams_now(u));
	edge_bucket_init(&u->unsigned_kept, share / 2, share / 2,
			 acc_upstreams_now(u));
	edge_random(key, sizeof(key));
	acc_share_init(&u->share, key);
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
	edge_wheel_stop(&u->overload_timer);
	for (size_t p = 0; p < u->pool_count; p++) {
		for (unsigned i = 0; i < u->pools[p]->count; i++) {
			edge_wheel_stop(&u->pools[p]->ups[i]->probe);
			free(u->pools[p]->ups[i]);
		}
		free(u->pools[p]);
	}
	free(u);
}
