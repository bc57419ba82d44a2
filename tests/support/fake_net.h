/* A relay without sockets: what it sends is kept, what comes is made up, and
 * time passes when it is told to. */
#ifndef TESTS_SUPPORT_FAKE_NET_H
#define TESTS_SUPPORT_FAKE_NET_H

#include "av-edge/dialect.h"
#include "av-edge/net.h"
#include "av-edge/relay.h"

enum { FAKE_SENT = 256, FAKE_BYTES = 2048, FAKE_SOCKETS = 64 };

enum fake_kind {
	FAKE_TO_CLIENT, /* passed */
	FAKE_TOLD,	/* told to a client */
	FAKE_TO_PEER,	/* datagram */
	FAKE_WRITTEN,	/* to a peer's connection */
	FAKE_DIALLED,
	FAKE_JOINED,
	FAKE_CLIENT_CLOSED,
	FAKE_PEER_CLOSED, /* by us */
};

/* One thing the relay did. */
struct fake_sent {
	enum fake_kind what;
	struct ave_leg leg;  /* client's */
	struct edge_addr at; /* relayed address as bound */
	struct edge_addr to; /* peer's */
	uint32_t peer;	     /* connection */
	bool is_reset;
	uint8_t bytes[FAKE_BYTES];
	size_t len;
};

/* A relayed address or a connection of a peer. */
struct fake_socket {
	struct edge_addr at, to;
	uint64_t tag;
	uint32_t name; /* 0: free */
	bool is_tcp, is_connection, is_read;
};

struct fake_net {
	struct ave_relay *relay;
	struct ave_view view; /* change it before start, or look again */
	struct ave_shared shared;
	struct ave_policy *policy;
	const struct ave_fast *fast; /* before start; NULL: none */
	void *fast_self;
	uint64_t now_ms;
	int64_t wall_s;
	struct fake_sent sent[FAKE_SENT]; /* since the last _clear */
	size_t sent_count;
	struct fake_socket socket[FAKE_SOCKETS];
	uint32_t names;
	unsigned clients_stopped; /* streams not read now */
	unsigned stories[3];	  /* by enum ave_story_kind */
	enum ave_reason last_why; /* of the last story */
	uint8_t dscp;		  /* of the last relayed socket marked */
	const char *integrity;	  /* the same */
	/* what the next calls answer; EDGE_OK without */
	enum edge_err open_err, dial_err, write_err, join_err;
	struct edge_addr waiting; /* who is to be accepted; family 0: nobody */
	unsigned open_failures;	  /* so often, then it goes well */
};

/**
 * A view with the default limits: relayed addresses are bound at 192.0.2.31
 * and 2001:db8::31, told as 203.0.113.31 and 2001:db8:1::31, ports 50000 to
 * 59999; a member at 203.0.113.41. No ring, no realm: the caller's.
 */
void fake_net_init(struct fake_net *n);
void fake_net_start(struct fake_net *n, const struct ave_dialect *ms,
		    const struct ave_dialect *rfc);
/** Ends the relay; fails unless all it took was given back. */
void fake_net_stop(struct fake_net *n);

struct edge_addr fake_addr(const char *ip, uint16_t port);
/** A client outside: at the external A/V address' 3478, or 443 for a stream. */
struct ave_leg fake_client(const char *ip, uint16_t port);
struct ave_leg fake_stream(const char *ip, uint16_t port);

/** What a client sends; bytes are copied to where there is room around. */
void fake_net_datagram(struct fake_net *n, const struct ave_leg *leg,
		       struct edge_slice bytes);
bool fake_net_message(struct fake_net *n, const struct ave_leg *leg,
		      enum ave_cut cut, struct edge_slice bytes);
/** A datagram for a relayed address, named as it is bound or told. */
void fake_net_peer(struct fake_net *n, const struct edge_addr *relayed,
		   const struct edge_addr *from, struct edge_slice bytes);
/** Somebody connects to a relayed TCP address; its name. */
uint32_t fake_net_connect(struct fake_net *n, const struct edge_addr *relayed,
			  const struct edge_addr *from);
/** A dialled connection is there, says something, ends. */
void fake_net_connected(struct fake_net *n, uint32_t peer);
void fake_net_bytes(struct fake_net *n, uint32_t peer, struct edge_slice bytes);
void fake_net_closed(struct fake_net *n, uint32_t peer);
/** What was sent to peers at relayed addresses of ours arrives there. */
void fake_net_hairpin(struct fake_net *n);

/** The only thing, or the last one, of that kind; fails when there is none. */
const struct fake_sent *fake_net_last(const struct fake_net *n,
				      enum fake_kind what);
size_t fake_net_count(const struct fake_net *n, enum fake_kind what);
void fake_net_clear(struct fake_net *n);
/** Time passes, in steps. */
void fake_net_pass(struct fake_net *n, uint64_t ms);
uint64_t fake_net_reasons(const struct fake_net *n, enum ave_reason why);
size_t fake_net_sockets(const struct fake_net *n); /* open, of all kinds */
const struct fake_socket *fake_net_socket(const struct fake_net *n,
					  uint32_t name);

#endif
