/* One flow of the A/V benches: a client with its allocation, and its peer. */
#ifndef TESTS_BENCH_AV_FLOW_H
#define TESTS_BENCH_AV_FLOW_H

#include "av-edge/mras_cred.h"
#include "av-edge/mst_auth.h"

enum {
	AV_MESSAGE_MAX = 2048,
	AV_REQUEST_MAX = 512,
	AV_PAYLOAD_MIN = 32,
	AV_PAYLOAD_MAX = 1400,
	AV_FIRST_CHANNEL = 0x4000,
	AV_TCP_PORT = 443,
};

enum av_state {
	AV_IDLE,
	AV_ASK,	   /* Allocate, to be challenged */
	AV_LOGIN,  /* Allocate with what the challenge asks for */
	AV_PERMIT, /* allocated; let the peer in */
	AV_BIND,   /* the short way: channel, active destination */
	AV_READY,
	AV_LEAVE, /* give the allocation back */
	AV_GONE,
	AV_FAILED,
};

struct av_login { /* text for RFC TURN, raw bytes for MS-TURN */
	uint8_t user[128], password[64];
	size_t user_len, password_len;
};

/* Where logins come from: one user for all, or a token each. */
struct av_logins {
	const char *user, *password; /* or NULL */
	struct mras_keys keys;
};

struct av_dialect;

struct av_flow {
	const struct av_dialect *dialect;
	enum av_state state;
	unsigned index;
	int client, peer; /* connected; -1: closed */
	struct edge_addr server, relayed, peer_at;
	struct av_login login;
	char realm[129], nonce[129];
	uint8_t tid[MST_TID_LEN], connection[MST_CONNECTION_LEN];
	uint8_t key[AVE_MD5_KEY_LEN];
	struct mst_mac *mac;
	uint32_t sequence, lifetime_s;
	uint16_t error; /* that ended it; 0: none was said */
	uint8_t *held;	/* of a stream: bytes of a message to come */
	size_t held_len;
	uint8_t asked[AV_REQUEST_MAX]; /* to be said again */
	size_t asked_len;
	uint64_t asked_ns, begun_ns;
};

struct av_dialect {
	const char *name;
	bool is_raw;	/* logs in with raw bytes */
	bool is_stream; /* over TCP, at the server's AV_TCP_PORT */
	/** The request of f's state; 0: nothing is asked, f->state moved on. */
	size_t (*ask)(struct av_flow *f, uint8_t out[AV_MESSAGE_MAX]);
	/** What came before AV_READY, or while it leaves: f->state moves on. */
	void (*answer)(struct av_flow *f, struct edge_slice in);
	/** What the client sends for a payload to the peer. */
	size_t (*frame)(struct av_flow *f, uint8_t out[AV_MESSAGE_MAX],
			struct edge_slice payload);
	/** The payload of what came to the client; empty: it is not one. */
	struct edge_slice (*payload)(const struct av_flow *f,
				     struct edge_slice in);
};

extern const struct av_dialect av_rfc_channel, av_rfc_stream, av_rfc_send,
	av_mst_raw, av_mst_send, av_forward, av_direct;
/** NULL: there is none of that name. */
const struct av_dialect *av_dialect_find(const char *name);

/** A token for that identity, or the user; both as the dialect wants them. */
void av_login_make(struct av_login *out, const struct av_logins *from,
		   const struct av_dialect *d, const char *identity);

/** The first attribute of that number; align 4 or 1. */
bool av_find(struct edge_slice *out, struct edge_slice message, unsigned number,
	     unsigned align);
/** ChannelData of f's channel. */
size_t av_channel_frame(struct av_flow *f, uint8_t out[AV_MESSAGE_MAX],
			struct edge_slice payload);
struct edge_slice av_channel_payload(const struct av_flow *f,
				     struct edge_slice in);

/** Length of the message that a stream of RFC TURN begins with; 0: more bytes
 * are needed to tell. */
size_t av_stream_cut(struct edge_slice in);

/* What a payload carries. */
struct av_stamp {
	uint64_t at_ns;
	uint32_t flow;
	uint8_t round; /* only those of the present one count */
};
void av_stamp_put(uint8_t *payload, const struct av_stamp *s);
bool av_stamp_take(struct av_stamp *out, struct edge_slice payload);

#endif
