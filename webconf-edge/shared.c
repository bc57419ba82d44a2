/* What the desk and all shards see: thread-safe parts, or fixed at start. */
#include "webconf-edge/shared.h"

enum {
	/* ours: the longest frame inside (16 KiB and its head), or a client's
	   opening (4 KiB) with what it may send behind it (16 KiB), fits also
	   with the smallest queues [bytes] */
	IN_LEAST = 24 * 1024,
};

uint64_t wce_limit(const struct wce_shared *s, enum wce_limit which)
{
	return atomic_load_explicit(&s->limits[which], memory_order_relaxed);
}

struct edge_conn_plan wce_conn_plan(const struct wce_shared *s,
				    struct edge_loop *loop)
{
	const uint32_t queue = (uint32_t)wce_limit(s, WCE_LIMIT_QUEUE);

	return (struct edge_conn_plan){
		.loop = loop,
		.in_cap = queue > IN_LEAST ? queue : IN_LEAST,
		.out_cap = queue,
		.high_water = queue / 4 * 3, /* WC 4.5: 48 of 64 KiB */
		.low_water = queue / 4,
		.handshake_ms = (uint32_t)wce_limit(s, WCE_LIMIT_HANDSHAKE_MS),
		.stall_ms = (uint32_t)wce_limit(s, WCE_LIMIT_STALL_MS),
		.probing = &s->probing,
		.has_secrets = true,
	};
}
