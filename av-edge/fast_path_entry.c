/* A flow as the program in the kernel reads it. */
#include "av-edge/fast_path_entry.h"

#include <arpa/inet.h>
#include <string.h>

enum {
	NS_A_MS = FAST_NS_A_MS,
	BITS_A_BYTE = 8,
};

static uint32_t ip_of(const struct edge_addr *a)
{
	uint32_t ip;

	memcpy(&ip, a->ip, sizeof(ip));
	return ip;
}

static struct fast_key key_of(const struct edge_addr *from,
			      const struct edge_addr *to, uint16_t channel)
{
	return (struct fast_key){
		.source = ip_of(from),
		.target = ip_of(to),
		.source_port = htons(from->port),
		.target_port = htons(to->port),
		.channel = channel,
	};
}

static void leave(struct fast_way *w, const struct edge_addr *from,
		  const struct edge_addr *to)
{
	w->source = ip_of(from);
	w->target = ip_of(to);
	w->source_port = htons(from->port);
	w->target_port = htons(to->port);
}

static void pass(struct fast_way *w, const struct ave_fast_device *in,
		 const struct ave_fast_device *out)
{
	w->in = in->index;
	w->out = out->index;
	w->mtu = out->mtu;
}

static bool is_plain(const struct edge_addr *a)
{
	return a->family == AF_INET && a->port;
}

enum edge_err ave_fast_entry(struct fast_slot *out,
			     const struct ave_fast_way *w,
			     const struct ave_fast_device devices[AVE_SIDES],
			     uint32_t pool)
{
	static const struct ave_fast_device nowhere = {0};
	const struct ave_fast_device *client = &devices[w->side];
	const struct ave_fast_device *peer = &devices[AVE_OUTSIDE];
	struct fast_way *to_peer = &out->way[FAST_TO_PEER];
	struct fast_way *to_client = &out->way[FAST_TO_CLIENT];

	if (!is_plain(&w->client) || !is_plain(&w->server) ||
	    !is_plain(&w->relayed) || !is_plain(&w->peer) || !client->index ||
	    !peer->index)
		return EDGE_ERANGE;
	if (edge_addr_same_ip(&w->peer, &w->relayed))
		peer = &nowhere;
	*out = (struct fast_slot){.pool = pool, .channel = w->channel};
	to_peer->from = key_of(&w->client, &w->server, w->channel);
	leave(to_peer, &w->relayed, &w->peer);
	pass(to_peer, client, peer);
	to_client->from = key_of(&w->peer, &w->relayed, 0);
	leave(to_client, &w->server, &w->client);
	pass(to_client, peer, client);
	return EDGE_OK;
}

uint64_t ave_fast_ns(uint64_t ms)
{
	return ms < UINT64_MAX / NS_A_MS ? ms * NS_A_MS : UINT64_MAX;
}

/* kbit/s are bits a millisecond. */
void ave_fast_pool_fill(struct fast_pool *p, struct ave_fast_rate rate)
{
	const uint64_t bit_ns = (uint64_t)NS_A_MS << FAST_NS_SHIFT;

	p->burst_ns = rate.burst * BITS_A_BYTE * NS_A_MS / rate.kbit;
	p->ns_per_byte = BITS_A_BYTE * bit_ns / rate.kbit;
}

/* As the program pays, which may do so at the same time. */
void ave_fast_pool_spend(struct fast_pool *p, uint64_t bytes, uint64_t now_ns)
{
	const uint64_t floor = now_ns > p->burst_ns ? now_ns - p->burst_ns : 0;
	uint64_t paid = __atomic_load_n(&p->paid_ns, __ATOMIC_RELAXED);

	if (paid < floor)
		__atomic_compare_exchange_n(&p->paid_ns, &paid, floor, false,
					    __ATOMIC_RELAXED, __ATOMIC_RELAXED);
	__atomic_fetch_add(&p->paid_ns, bytes * p->ns_per_byte >> FAST_NS_SHIFT,
			   __ATOMIC_RELAXED);
}
