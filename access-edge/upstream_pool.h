/* The pools of the snapshot and their members, as one shard knows them. */
#ifndef ACCESS_EDGE_UPSTREAM_POOL_H
#define ACCESS_EDGE_UPSTREAM_POOL_H

#include "access-edge/share.h"
#include "access-edge/upstream.h"

struct acc_pool;

enum {
	ACC_UPSTREAM_CONNS = 4,
	ACC_UPSTREAM_NAME = 254,
	ACC_UPSTREAM_ADDRS = 64, /* TO 3.3: of one name */
	ACC_POOLS = 64
};

struct acc_upstream { /* one member, on this shard */
	struct acc_upstreams *set;
	struct acc_pool *pool; /* NULL: retired, closes when nothing is owed */
	bool is_buried;	       /* retired, and freed when the turn ends */
	unsigned index;
	uint64_t id; /* hash of the member's name */
	char member[ACC_UPSTREAM_NAME], pool_name[ACC_UPSTREAM_NAME];
	const struct topo_host *host; /* of the current snapshot */
	uint16_t port;
	size_t next_addr;
	uint64_t addr_rests_ms[ACC_UPSTREAM_ADDRS]; /* failed: not before */
	struct acc_link *links[ACC_UPSTREAM_CONNS];
	unsigned outstanding, unsigned_outstanding;
	uint64_t distrust_told_ms; /* AE 4.4, 14428; 0: never */
	unsigned distrusted;	   /* since then */
	struct acc_txn_queue waiting;
	struct edge_timer probe;
};

struct acc_pool { /* one Registrar cluster of the snapshot */
	const struct topo_cluster *cluster;
	unsigned count;
	bool is_down;
	enum acc_reason failure; /* the last one of a member; OK: none */
	struct acc_hop hops[ACC_MEMBERS];
	struct acc_upstream *ups[ACC_MEMBERS];
};

struct acc_upstreams {
	struct acc_shard *shard;
	size_t pool_count;
	struct acc_pool *pools[ACC_POOLS];
	struct acc_txn_queue held;
	struct edge_timer hold_timer;
	struct edge_timer overload_timer;	/* runs: refusing of late */
	uint64_t overload_ms, overload_refused; /* last one; how many */
	/* AE 5: rate for all; strangers' share of it, one half for anybody,
	 * the other for sources that have not asked much lately */
	struct edge_bucket all, unsigned_free, unsigned_kept;
	struct acc_share share;
};

/** Pool of that cluster in the current snapshot; NULL when unknown. */
struct acc_pool *acc_pool_find(struct acc_upstreams *u,
			       const struct topo_cluster *c);
/** Name of a member for the life of the process. */
uint64_t acc_pool_member_id(const char *fqdn);
/** No connection, nobody waiting. */
bool acc_pool_is_idle(const struct acc_upstream *up);
/** Dial or probe that member after a while. */
void acc_pool_probe(struct acc_upstream *up, uint64_t in_ms);
/** Say how the member does: gauges, throttle, event when the pool is down. */
void acc_pool_publish(struct acc_upstream *up);
/** A retired member whose last transaction is over closes its connections. */
void acc_pool_let_go(struct acc_upstream *up);
/** The probe's timer; upstream.c. */
void acc_upstream_on_probe(struct edge_timer *t, uint64_t now_ms);
/** Window of the member or rate toward the next hop used up? */
bool acc_upstream_is_full(const struct acc_upstreams *u,
			  const struct acc_upstream *up,
			  const struct acc_source *from);
uint64_t acc_upstreams_now(const struct acc_upstreams *u);

#endif
