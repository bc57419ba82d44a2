/* What the program in the kernel and the workers share: plain memory, read by
 * the C compiler and by the one for BPF. */
#ifndef AV_EDGE_FAST_PATH_MAP_H
#define AV_EDGE_FAST_PATH_MAP_H

#include <stdint.h>

enum fast_dir { FAST_TO_PEER, FAST_TO_CLIENT, FAST_DIRS };

enum {
	FAST_CHANNEL_HEAD = 4,	/* ChannelData's, RFC 8656 §12.4 [bytes] */
	FAST_NS_SHIFT = 10,	/* of fast_pool's ns_per_byte */
	FAST_HOP_S = 30,	/* ours: a next hop is known so long [s] */
	FAST_LULL_NS = 1000000, /* ours: what is with the sockets is through */
	FAST_WAIT_NS = 1000000000, /* ours: or it is overtaken, once */
	FAST_NS_A_MS = 1000000, /* bpf_ktime_get_coarse_ns: CLOCK_MONOTONIC */
};

/* By what a packet is found; addresses and ports in network order. */
struct fast_key {
	uint32_t source, target;
	uint16_t source_port, target_port;
	uint16_t channel; /* host order; 0: no ChannelData */
	uint16_t zero;
};

/* One way of a flow, written by its worker. */
struct fast_way {
	uint64_t until_ns; /* 0: it passes nothing */
	struct fast_key from;
	uint32_t source, target; /* as it leaves */
	uint16_t source_port, target_port;
	/* devices; 0: none, another relayed address of ours is the peer */
	uint32_t in, out;
	uint32_t mtu; /* of out [bytes] */
};

/* The same way as the kernel has seen it. */
struct fast_seen {
	uint64_t packets, bytes;    /* passed on; payload */
	uint64_t at_ns;		    /* of the last that came, passed or not */
	uint8_t far[6], near[6];    /* hardware addresses: its sender's, ours */
	uint32_t is_begun;	    /* before that the sockets have it */
	uint64_t first_ns, last_ns; /* until then: what was left to them */
	uint8_t pad[8];
};

struct fast_slot {
	struct fast_way way[FAST_DIRS];
	uint32_t pool;	  /* index */
	uint16_t channel; /* host order; 0: bare both ways */
	uint8_t pad[10];
	struct fast_seen seen[FAST_DIRS];
};

/* A token bucket for all flows of an allocation: the time until which what
 * has passed is paid for. */
struct fast_pool {
	uint64_t paid_ns;
	uint64_t burst_ns;
	uint64_t ns_per_byte; /* << FAST_NS_SHIFT */
	uint64_t pad[5];
};

_Static_assert(sizeof(struct fast_key) == 16, "no room between");
_Static_assert(sizeof(struct fast_way) == 48, "no room between");
_Static_assert(sizeof(struct fast_seen) == 64, "a line of the cache each");
_Static_assert(sizeof(struct fast_slot) % 8 == 0, "no room between");
_Static_assert(sizeof(struct fast_pool) == 64, "a line of the cache each");

#endif
