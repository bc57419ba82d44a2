/* Which member of the next hop takes a user, and when to try it again. */
#include "access-edge/hop.h"

enum {
	HOP_DOWN_FAILURES = 2,	    /* AE 2.9 */
	HOP_DOWN_WINDOW_MS = 30000, /* AE 2.9 [ms] */
	HOP_RETRY_FIRST_MS = 5000,  /* AE 2.9: 5 s, 10 s, 20 s, ... [ms] */
	HOP_RETRY_LAST_MS = 300000, /* AE 2.9: 5 min [ms] */
	HOP_SKIP_BITS = 64,	    /* width of the skip set */
};

void acc_hop_failed(struct acc_hop *h, uint64_t now_ms)
{
	bool fresh = h->failures == 0 ||
		     (h->health == ACC_HOP_SUSPECT &&
		      now_ms - h->first_failure_ms > HOP_DOWN_WINDOW_MS);

	if (fresh) {
		h->health = ACC_HOP_SUSPECT;
		h->failures = 1;
		h->first_failure_ms = now_ms;
		h->retry_after_ms = 0;
		return;
	}
	h->failures++;
	if (h->failures < HOP_DOWN_FAILURES)
		return;
	if (h->retry_after_ms == 0)
		h->retry_after_ms = HOP_RETRY_FIRST_MS;
	else if (now_ms >= h->retry_at_ms)
		h->retry_after_ms *= 2;
	else
		return; /* late news of the same outage */
	if (h->retry_after_ms > HOP_RETRY_LAST_MS)
		h->retry_after_ms = HOP_RETRY_LAST_MS;
	h->health = ACC_HOP_DOWN;
	h->retry_at_ms = now_ms + h->retry_after_ms;
}

void acc_hop_worked(struct acc_hop *h)
{
	*h = (struct acc_hop){.health = ACC_HOP_UP};
}

bool acc_hop_may_try(const struct acc_hop *h, uint64_t now_ms)
{
	return h->health != ACC_HOP_DOWN || now_ms >= h->retry_at_ms;
}

static bool has_address(const struct topo_host *h, const struct edge_addr *a)
{
	for (size_t i = 0; i < h->addr_count; i++)
		if (edge_addr_same_ip(&h->addrs[i], a))
			return true;
	return false;
}

bool acc_hop_is_balanced(const struct topo_cluster *c)
{
	for (size_t i = 0; i < c->pool.addr_count; i++)
		for (size_t m = 0; m < c->member_count; m++)
			if (has_address(&c->members[m], &c->pool.addrs[i]))
				return false;
	return c->pool.addr_count != 0;
}

/* FNV-1a over lower case: the same on every member of the pool. */
static uint64_t fold(uint64_t h, struct edge_slice s)
{
	for (; s.p < s.end; s.p++) {
		uint8_t c = *s.p;

		if (c >= 'A' && c <= 'Z')
			c = (uint8_t)(c + ('a' - 'A'));
		h = (h ^ c) * 0x100000001b3u;
	}
	return h;
}

/* Finalizer of MurmurHash3: spreads the last bytes over all bits. */
static uint64_t spread(uint64_t h)
{
	h ^= h >> 33;
	h *= 0xff51afd7ed558ccdu;
	h ^= h >> 33;
	h *= 0xc4ceb9fe1a85ec53u;
	return h ^ (h >> 33);
}

int acc_hop_choose(const struct topo_cluster *c, const struct acc_hop *hops,
		   struct edge_slice from_uri, uint64_t skip, uint64_t now_ms)
{
	uint64_t user = fold(0xcbf29ce484222325u, from_uri);
	uint64_t best_weight = 0;
	int best = -1;

	for (size_t i = 0; i < c->member_count && i < HOP_SKIP_BITS; i++) {
		uint64_t weight;

		if ((skip >> i & 1) != 0 || !acc_hop_may_try(&hops[i], now_ms))
			continue;
		weight = spread(fold(user ^ 0x9e3779b97f4a7c15u,
				     edge_slice_str(c->members[i].fqdn)));
		if (best < 0 || weight > best_weight) {
			best = (int)i;
			best_weight = weight;
		}
	}
	return best;
}
