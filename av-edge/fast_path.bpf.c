/* Established media flows, passed on where packets come in: what the workers
 * have put in the maps, and nothing else. All other packets go to the sockets.
 */
#include <stdbool.h>
#include <stddef.h>

#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/udp.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "av-edge/fast_path_map.h"

#define INLINE static __always_inline

enum {
	IP_HEAD = 20,
	UDP_HEAD = 8,
	IP_FRAGMENT = 0x3fff, /* offset, and more to come */
	MST_LEAST = 28,	      /* header and cookie attribute, AV 1.2 */
	MST_HEAD = 20,
	CSUM_WORDS = 6,
};

/* Sizes are set before loading. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, struct fast_key);
	__type(value, uint32_t); /* slot << 1 | enum fast_dir */
} fast_keys SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, uint32_t);
	__type(value, struct fast_slot);
} fast_slots SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, uint32_t);
	__type(value, struct fast_pool);
} fast_pools SEC(".maps");

/* A UDP datagram's headers: copies, as what follows moves the frame's start. */
struct packet {
	struct ethhdr eth;
	struct iphdr ip;
	struct udphdr udp;
	uint32_t head;	  /* the first four bytes of payload, network order */
	uint32_t payload; /* [bytes] */
	bool has_head;
	bool is_mst; /* looks like MS-TURN control */
};

/* One whole datagram in one plain IPv4 packet for this host; the rest is not
 * for here. */
INLINE bool parse(struct packet *p, const struct xdp_md *ctx)
{
	const uint8_t *at = (void *)(long)ctx->data;
	const uint8_t *end = (void *)(long)ctx->data_end;
	const struct ethhdr *eth = (const void *)at;
	const struct iphdr *ip = (const void *)(eth + 1);
	const struct udphdr *udp = (const void *)(ip + 1);
	const uint8_t *payload = (const void *)(udp + 1);
	uint32_t len;

	if (payload > end || eth->h_proto != bpf_htons(ETH_P_IP) ||
	    (eth->h_dest[0] & 1) || ip->version != 4 ||
	    ip->ihl * 4 != IP_HEAD || ip->protocol != IPPROTO_UDP ||
	    (ip->frag_off & bpf_htons(IP_FRAGMENT)) || ip->ttl <= 1)
		return false;
	len = bpf_ntohs(udp->len);
	if (len < UDP_HEAD || bpf_ntohs(ip->tot_len) != len + IP_HEAD ||
	    len > end - (const uint8_t *)udp)
		return false;
	p->eth = *eth;
	p->ip = *ip;
	p->udp = *udp;
	p->payload = len - UDP_HEAD;
	p->has_head = payload + 4 <= end && p->payload >= 4;
	if (p->has_head)
		__builtin_memcpy(&p->head, payload, 4);
	p->is_mst = false;
	if (payload + MST_LEAST <= end && p->payload >= MST_LEAST)
		p->is_mst = !(payload[0] & 0xc0) &&
			    payload[2] * 256u + payload[3] ==
				    p->payload - MST_HEAD &&
			    payload[20] == 0x00 && payload[21] == 0x0f &&
			    payload[22] == 0x00 && payload[23] == 0x04 &&
			    payload[24] == 0x72 && payload[25] == 0xc6 &&
			    payload[26] == 0x4b && payload[27] == 0xc6;
	return true;
}

/* ChannelData has its channel in the key; AV 1.2, rules 2 and 3. */
INLINE const uint32_t *find(const struct packet *p)
{
	struct fast_key k = {
		.source = p->ip.saddr,
		.target = p->ip.daddr,
		.source_port = p->udp.source,
		.target_port = p->udp.dest,
	};
	const uint32_t number = bpf_ntohl(p->head) >> 16;
	const uint32_t *found;

	if (p->has_head && (number & 0xc000) == 0x4000) {
		k.channel = (uint16_t)number;
		found = bpf_map_lookup_elem(&fast_keys, &k);
		if (found)
			return found;
		k.channel = 0;
	}
	return bpf_map_lookup_elem(&fast_keys, &k);
}

/* A slot may have become another flow's since it was found. */
INLINE bool is_of(const struct fast_way *w, const struct packet *p)
{
	return w->from.source == p->ip.saddr && w->from.target == p->ip.daddr &&
	       w->from.source_port == p->udp.source &&
	       w->from.target_port == p->udp.dest;
}

/* Hardware addresses; there is no memcmp here. */
INLINE bool differ(const uint8_t *a, const uint8_t *b)
{
	uint8_t d = 0;

#pragma unroll
	for (int i = 0; i < ETH_ALEN; i++)
		d |= a[i] ^ b[i];
	return d;
}

/* Where the sender is: answers go back there. */
INLINE void learn(struct fast_seen *s, const struct packet *p, uint64_t now)
{
	if (differ(s->far, p->eth.h_source))
		__builtin_memcpy(s->far, p->eth.h_source, ETH_ALEN);
	if (differ(s->near, p->eth.h_dest))
		__builtin_memcpy(s->near, p->eth.h_dest, ETH_ALEN);
	if (s->at_ns != now)
		s->at_ns = now;
}

/* What the sockets have not sent yet shall not be overtaken: a way begins in a
 * lull, or when there was none for long. */
INLINE bool is_begun(struct fast_seen *s)
{
	uint64_t now, last;

	if (s->is_begun)
		return true;
	now = bpf_ktime_get_ns();
	last = s->last_ns;
	s->last_ns = now;
	if (!last) {
		s->first_ns = now;
		return false;
	}
	if (now < last + FAST_LULL_NS && now - s->first_ns < FAST_WAIT_NS)
		return false;
	s->is_begun = 1;
	return true;
}

/* Over its bandwidth: the worker says so. */
INLINE bool pay(uint32_t index, uint64_t len, uint64_t now)
{
	struct fast_pool *p = bpf_map_lookup_elem(&fast_pools, &index);
	uint64_t paid, floor;

	if (!p)
		return false;
	floor = now > p->burst_ns ? now - p->burst_ns : 0;
	paid = p->paid_ns;
	if (paid < floor &&
	    __sync_val_compare_and_swap(&p->paid_ns, paid, floor) == paid)
		paid = floor;
	if (paid > now)
		return false;
	__sync_fetch_and_add(&p->paid_ns,
			     len * p->ns_per_byte >> FAST_NS_SHIFT);
	return true;
}

INLINE uint16_t fold(uint32_t sum)
{
	sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)((sum & 0xffff) + (sum >> 16));
}

/* What the checksum covers that is not the same afterwards. */
INLINE void words(uint32_t w[CSUM_WORDS], const struct packet *p, uint32_t head)
{
	w[0] = p->ip.saddr;
	w[1] = p->ip.daddr;
	w[2] = (uint32_t)p->udp.dest << 16 | p->udp.source;
	w[3] = p->udp.len;
	w[4] = p->udp.len; /* once more, in the pseudo header */
	w[5] = head;
}

/* A sender on this very machine leaves the sum to a card that it never sees: it
 * has that of the pseudo header alone. Such a datagram goes on without one, as
 * IPv4 allows. */
INLINE bool is_unsummed(const struct packet *p)
{
	uint32_t w[4] = {p->ip.saddr, p->ip.daddr, p->udp.len,
			 bpf_htonl(IPPROTO_UDP)};

	return !p->udp.check ||
	       p->udp.check ==
		       fold((uint32_t)bpf_csum_diff(0, 0, w, sizeof(w), 0));
}

INLINE uint16_t summed(const struct packet *was, const struct packet *is,
		       uint32_t head_was, uint32_t head_is)
{
	uint32_t from[CSUM_WORDS], to[CSUM_WORDS];
	uint16_t sum;

	words(from, was, head_was);
	words(to, is, head_is);
	sum = (uint16_t)~fold((uint32_t)bpf_csum_diff(
		from, sizeof(from), to, sizeof(to), (uint16_t)~was->udp.check));
	return sum ? sum : 0xffff;
}

/* How a datagram leaves. */
struct leaving {
	const struct fast_way *way;
	const struct fast_seen *back; /* where its receiver is */
	uint32_t head_was, head_is;   /* ChannelData's; 0: there is none */
	int more;		      /* bytes that it grows by */
};

/* Headers as the relay's sockets would write them, but for the time to live:
 * it counts on. */
INLINE void dress(struct packet *p, const struct leaving *l, uint32_t len)
{
	__builtin_memcpy(p->eth.h_dest, l->back->far, ETH_ALEN);
	__builtin_memcpy(p->eth.h_source, l->back->near, ETH_ALEN);
	p->ip.saddr = l->way->source;
	p->ip.daddr = l->way->target;
	p->ip.tot_len = bpf_htons((uint16_t)(len + IP_HEAD + UDP_HEAD));
	p->ip.frag_off = 0;
	p->ip.id = (uint16_t)bpf_get_prandom_u32();
	p->ip.ttl--;
	p->ip.check = 0;
	p->ip.check = (uint16_t)~fold(
		(uint32_t)bpf_csum_diff(0, 0, (void *)&p->ip, IP_HEAD, 0));
	p->udp.source = l->way->source_port;
	p->udp.dest = l->way->target_port;
	p->udp.len = bpf_htons((uint16_t)(len + UDP_HEAD));
}

/* The frame begins at the right place already. */
INLINE bool write(const struct xdp_md *ctx, const struct packet *p,
		  uint32_t head)
{
	uint8_t *at = (void *)(long)ctx->data;
	const uint8_t *end = (void *)(long)ctx->data_end;
	struct ethhdr *eth = (void *)at;
	struct iphdr *ip = (void *)(eth + 1);
	struct udphdr *udp = (void *)(ip + 1);
	uint8_t *payload = (void *)(udp + 1);

	if (payload + FAST_CHANNEL_HEAD > end)
		return false;
	*eth = p->eth;
	*ip = p->ip;
	*udp = p->udp;
	if (head)
		__builtin_memcpy(payload, &head, FAST_CHANNEL_HEAD);
	return true;
}

INLINE int pass_on(struct xdp_md *ctx, const struct packet *was,
		   const struct leaving *l)
{
	struct packet is = *was;

	dress(&is, l, was->payload + (uint32_t)l->more);
	is.udp.check = is_unsummed(was)
			       ? 0
			       : summed(was, &is, l->head_was, l->head_is);
	if (l->more && bpf_xdp_adjust_head(ctx, -l->more))
		return XDP_PASS;
	if (!write(ctx, &is, l->head_is))
		return XDP_ABORTED;
	return (int)bpf_redirect(l->way->out, 0);
}

INLINE void count(struct fast_seen *s, uint32_t bytes)
{
	__sync_fetch_and_add(&s->packets, 1);
	__sync_fetch_and_add(&s->bytes, bytes);
}

/* Take the channel's header off: what is below it. false: it is not what it
 * should be. */
INLINE bool unframe(struct leaving *l, const struct packet *p,
		    const struct fast_slot *s)
{
	const uint32_t head = bpf_ntohl(p->head);

	if (!s->channel)
		return !p->is_mst; /* AV 1.2 rule 1 */
	l->head_was = p->head;
	l->more = -FAST_CHANNEL_HEAD;
	return p->has_head && head >> 16 == s->channel &&
	       (head & 0xffff) == p->payload - FAST_CHANNEL_HEAD;
}

/* Put the channel's header on; what could be taken for a message of the relay's
 * is never bare, AV 1.14. */
INLINE bool frame(struct leaving *l, const struct packet *p,
		  const struct fast_slot *s)
{
	if (!s->channel)
		return !p->is_mst && !l->more;
	l->head_is = bpf_htonl((uint32_t)s->channel << 16 |
			       (p->payload + (uint32_t)l->more));
	l->more += FAST_CHANNEL_HEAD;
	return true;
}

/* The end that it goes to has been heard of, and it is long and short enough.
 */
INLINE bool is_sendable(const struct leaving *l, const struct packet *p,
			uint64_t now)
{
	const uint32_t len = p->payload + (uint32_t)l->more;
	const uint64_t at = l->back->at_ns;

	return at && at + FAST_HOP_S * 1000000000ull >= now &&
	       len + UDP_HEAD + IP_HEAD <= l->way->mtu &&
	       len >= FAST_CHANNEL_HEAD;
}

/* The peer is another's relayed address: from there to its client. */
INLINE struct fast_slot *beyond(const struct fast_way *w, uint64_t now)
{
	const struct fast_key k = {
		.source = w->source,
		.target = w->target,
		.source_port = w->source_port,
		.target_port = w->target_port,
	};
	const uint32_t *found = bpf_map_lookup_elem(&fast_keys, &k);
	const struct fast_way *next;
	struct fast_slot *s;
	uint32_t slot;

	if (!found || !(*found & 1))
		return NULL;
	slot = *found >> 1;
	s = bpf_map_lookup_elem(&fast_slots, &slot);
	if (!s)
		return NULL;
	next = &s->way[FAST_TO_CLIENT];
	if (next->in || now >= next->until_ns ||
	    next->from.source != k.source || next->from.target != k.target ||
	    next->from.source_port != k.source_port ||
	    next->from.target_port != k.target_port)
		return NULL;
	return s;
}

/* Everything that the worker would have asked. */
INLINE int to_peer(struct xdp_md *ctx, const struct packet *p,
		   struct fast_slot *s, uint64_t now)
{
	struct leaving l = {.way = &s->way[FAST_TO_PEER],
			    .back = &s->seen[FAST_TO_CLIENT]};
	struct fast_slot *next = NULL;
	uint32_t bytes;

	if (!unframe(&l, p, s))
		return XDP_PASS;
	bytes = p->payload + (uint32_t)l.more;
	learn(&s->seen[FAST_TO_PEER], p, now);
	if (!l.way->out) {
		next = beyond(l.way, now);
		if (!next || !frame(&l, p, next))
			return XDP_PASS;
		l.way = &next->way[FAST_TO_CLIENT];
		l.back = &next->seen[FAST_TO_PEER];
	}
	if (!is_sendable(&l, p, now) || !is_begun(&s->seen[FAST_TO_PEER]) ||
	    !pay(s->pool, bytes, now) || (next && !pay(next->pool, bytes, now)))
		return XDP_PASS;
	count(&s->seen[FAST_TO_PEER], bytes);
	if (next)
		count(&next->seen[FAST_TO_CLIENT], bytes);
	return pass_on(ctx, p, &l);
}

INLINE int to_client(struct xdp_md *ctx, const struct packet *p,
		     struct fast_slot *s, uint64_t now)
{
	struct leaving l = {.way = &s->way[FAST_TO_CLIENT],
			    .back = &s->seen[FAST_TO_PEER]};

	if (!frame(&l, p, s))
		return XDP_PASS;
	learn(&s->seen[FAST_TO_CLIENT], p, now);
	if (!is_sendable(&l, p, now) || !is_begun(&s->seen[FAST_TO_CLIENT]) ||
	    !pay(s->pool, p->payload, now))
		return XDP_PASS;
	count(&s->seen[FAST_TO_CLIENT], p->payload);
	return pass_on(ctx, p, &l);
}

INLINE int serve(struct xdp_md *ctx, const struct packet *p,
		 struct fast_slot *s, enum fast_dir dir)
{
	const struct fast_way *w = &s->way[dir];
	const uint64_t now = bpf_ktime_get_coarse_ns();

	if (!is_of(w, p) || w->in != ctx->ingress_ifindex || now >= w->until_ns)
		return XDP_PASS;
	return dir == FAST_TO_PEER ? to_peer(ctx, p, s, now)
				   : to_client(ctx, p, s, now);
}

SEC("xdp") int fast_path(struct xdp_md *ctx)
{
	struct packet p = {0};
	const uint32_t *found;
	struct fast_slot *s;
	uint32_t slot;

	if (!parse(&p, ctx))
		return XDP_PASS;
	found = find(&p);
	if (!found)
		return XDP_PASS;
	slot = *found >> 1;
	s = bpf_map_lookup_elem(&fast_slots, &slot);
	if (!s)
		return XDP_PASS;
	if (*found & 1)
		return serve(ctx, &p, s, FAST_TO_CLIENT);
	return serve(ctx, &p, s, FAST_TO_PEER);
}

char fast_license[] SEC("license") = "BSD-2-Clause";
