/* The relay of one worker: allocations, and what passes between their ends. No
 * socket, no clock, no log in here. */
#ifndef AV_EDGE_RELAY_H
#define AV_EDGE_RELAY_H

#include "av-edge/grant.h"
#include "av-edge/leg.h"
#include "av-edge/net.h"
#include "av-edge/packet.h"
#include "av-edge/reason.h"
#include "av-edge/view.h"
#include "common/err.h"

struct ave_alloc;
struct ave_dialect;
struct ave_fast;
struct ave_flow;
struct ave_relay; /* owner and thread: one worker */
struct ave_ports;
struct edge_stock;
struct edge_tally;

/* What the workers share; any thread, outlives the relays. */
struct ave_shared {
	struct ave_ports *udp, *tcp; /* relayed ports in use */
	struct edge_tally *users;    /* allocations by pseudonym */
	struct edge_tally *sources;  /* allocations by client address */
};

enum ave_dialect_kind { AVE_DIALECT_MS, AVE_DIALECT_RFC, AVE_DIALECTS };

struct ave_relay_plan {
	const struct ave_net *net;
	void *net_self;
	const struct ave_fast *fast; /* NULL: all goes by sockets */
	void *fast_self;
	/* by enum ave_dialect_kind; NULL: not served */
	const struct ave_dialect *dialects[AVE_DIALECTS];
	const struct ave_shared *shared;
	const struct ave_view *view; /* until ave_relay_look */
	unsigned worker, workers;    /* 0..15, of 1..16: rates are shared out */
	uint64_t now_ms;	     /* monotonic */
};

EDGE_MUST_CHECK enum edge_err ave_relay_new(struct ave_relay **out,
					    const struct ave_relay_plan *p);
/** Releases every allocation: all is given back. NULL is fine. */
void ave_relay_free(struct ave_relay *r);
/** Once a batch, before its packets: the time, and what is due by it. */
void ave_relay_tick(struct ave_relay *r, uint64_t now_ms, int64_t wall_s);
/** A new view from the next packet on; the old one is not used any more. */
void ave_relay_look(struct ave_relay *r, const struct ave_view *v);

/** A datagram at a server socket. */
void ave_relay_datagram(struct ave_relay *r, const struct ave_leg *leg,
			struct ave_packet pkt);

/* What was cut from a stream, AV 1.4 and 3.2. */
enum ave_cut {
	AVE_CUT_MST_CONTROL, /* frame 02, without its four bytes */
	AVE_CUT_MST_DATA,    /* frame 03, the same */
	AVE_CUT_RFC_MESSAGE, /* whole, as classified by its two top bits */
	AVE_CUT_RFC_CHANNEL, /* ChannelData without its padding */
};
/** One message of a stream. false: the stream must be closed (1.4, 1.17); the
 * caller does it and then calls ave_relay_client_gone. */
bool ave_relay_message(struct ave_relay *r, const struct ave_leg *leg,
		       enum ave_cut cut, struct ave_packet pkt);
/** The stream has ended: its allocation ends with it. */
void ave_relay_client_gone(struct ave_relay *r, const struct ave_leg *leg);

/** From a relayed socket; tag as given to open_udp. */
void ave_relay_peer_datagram(struct ave_relay *r, uint64_t tag,
			     const struct edge_addr *from,
			     struct ave_packet pkt);
/* Connections of peers; tag as given to open_tcp or dial. Accepted ones are not
 * read until the relay says so. */
void ave_relay_peer_accepted(struct ave_relay *r, uint64_t tag, uint32_t peer,
			     const struct edge_addr *from);
void ave_relay_peer_connected(struct ave_relay *r, uint64_t tag, uint32_t peer);
void ave_relay_peer_bytes(struct ave_relay *r, uint64_t tag, uint32_t peer,
			  struct ave_packet pkt);
void ave_relay_peer_closed(struct ave_relay *r, uint64_t tag, uint32_t peer);
/** The stream takes data again, or is full: its peers are read or not. */
void ave_relay_client_full(struct ave_relay *r, const struct ave_leg *leg,
			   bool is_full);

struct ave_relay_counts {
	uint64_t to_peer, to_peer_bytes, to_client, to_client_bytes;
	uint64_t fast_to_peer, fast_to_client; /* of those, by ave_fast */
	uint64_t allocated, released, challenged;
	uint64_t reasons[AVE_REASONS]; /* dropped or refused */
	uint32_t allocations;	       /* live */
};
/** How many allocations have clients at that server socket; looks at each. */
uint32_t ave_relay_at_wire(const struct ave_relay *r, uint32_t wire);
/** Thread: the worker's; copy it to where others read. */
const struct ave_relay_counts *ave_relay_count(const struct ave_relay *r);

/* ---- for the dialects: what a request asks of the core. ---- */

/*
 * What returns an enum ave_reason counts nothing: who was asked tells
 * ave_relay_drop. Only the reason of a verdict is counted by the relay.
 */

/** Refusals: ALLOCATED, DRAINING, FAMILY, RATE, TABLE_FULL, USER_LIMIT,
 * SOURCE_LIMIT, RESERVATION, NO_PORT, NO_SOCKET, INTERNAL. */
enum ave_reason ave_relay_allocate(struct ave_alloc **out, struct ave_relay *r,
				   const struct ave_leg *leg,
				   const struct ave_dialect *dialect,
				   const struct ave_grant *grant,
				   const struct ave_want *want);
/** Of either dialect; NULL when there is none. */
struct ave_alloc *ave_relay_find(const struct ave_relay *r,
				 const struct ave_leg *leg);
/** The lifetime granted, at most what its token has left; 0: the default. */
uint32_t ave_relay_refresh(struct ave_relay *r, struct ave_alloc *a,
			   uint32_t wanted_s);
/** Its client was heard: MS-TURN's lifetime begins anew (AV 1.16). */
void ave_relay_touch(struct ave_relay *r, struct ave_alloc *a);
/** The sockets have its packets again, until the next look at it: before a
 * client is told that it ends, so that nothing passes behind the answer. */
void ave_relay_fast_end(struct ave_alloc *a);
/** Gives all back and calls forget; its memory stays until the next tick. */
void ave_relay_release(struct ave_relay *r, struct ave_alloc *a,
		       enum ave_reason why);
/** RFC 8656 §8.2: one relayed address ends; the last one ends it all. */
void ave_relay_release_family(struct ave_relay *r, struct ave_alloc *a,
			      uint8_t family);
/** May that address be a peer: AV 6.4. */
enum ave_reason ave_relay_allows(const struct ave_relay *r,
				 const struct edge_addr *peer);
/** Policy, then a permission for the peer's IP for another av.permission_s.
 * port 0: for the IP alone, whatever its ports. FAMILY, PEER_DENIED,
 * PEER_LIMIT, INTERNAL; EXPIRED: peer_is, told of one that waited, ended it. */
enum ave_reason ave_relay_permit(struct ave_relay *r, struct ave_alloc *a,
				 const struct edge_addr *peer);
/** Policy for address and port, a permission, and a flow to the peer in
 * a->flows: the one there is for that peer and channel, prolonged, or a new one
 * of at most max. The caller sees to it that neither channel nor peer is bound
 * otherwise. As ave_relay_permit. */
enum ave_reason ave_relay_flow(struct ave_flow **out, struct ave_alloc *a,
			       const struct edge_addr *peer, uint16_t channel,
			       uint64_t until_ms, uint32_t max);
void ave_relay_unflow(struct ave_alloc *a, struct ave_flow *flow);
/** Payload to a peer that has a permission; bytes lie in a packet. TCP: by the
 * connection to it, which is dialled if there is none. FAMILY, PEER_DENIED,
 * NO_PERMISSION, BANDWIDTH; PEER_LIMIT, PEER_QUEUE, PEER_GONE. */
enum ave_reason ave_relay_to_peer(struct ave_relay *r, struct ave_alloc *a,
				  const struct edge_addr *peer,
				  struct edge_slice bytes);
/** Both in one, the policy asked once; bytes may be none, the port not 0. */
enum ave_reason ave_relay_send(struct ave_relay *r, struct ave_alloc *a,
			       const struct edge_addr *peer,
			       struct edge_slice bytes);
void ave_relay_drop(struct ave_relay *r, enum ave_reason why);

/* Answers to those who have proved nothing yet: so many a second of a network,
 * IPv4 /24 or IPv6 /56 (AV 1.16); inside, of an address. */
enum ave_rate { AVE_RATE_CHALLENGE, AVE_RATE_BINDING, AVE_RATE_ALLOCATE };
enum { AVE_RATES = AVE_RATE_ALLOCATE + 1 };
/** Takes one; false: say nothing, drop with AVE_RATE; a stream ends. */
bool ave_relay_may_answer(struct ave_relay *r, const struct ave_leg *leg,
			  enum ave_rate what);

/* RFC 6062. Connections of an allocation of the RFC dialect that is_tcp wait
 * unread for their join; peer_is tells of each that is there, or failed. */
/** Connect to a peer: *connection is told by peer_is later. PEER_DENIED,
 * FAMILY; CHANNEL_TAKEN: there is one to that peer; PEER_LIMIT, PEER_GONE. */
enum ave_reason ave_relay_connect(uint32_t *connection, struct ave_relay *r,
				  struct ave_alloc *a,
				  const struct edge_addr *peer);
/** Whose connection waits under that number; NULL: none. */
struct ave_alloc *ave_relay_connection(const struct ave_relay *r,
				       uint32_t connection);
/** Stream and connection become one until an end, theirs or the allocation's;
 * answer the client before. */
enum ave_reason ave_relay_join(struct ave_relay *r, const struct ave_leg *leg,
			       uint32_t connection);

/** Memory of a dialect's own beside its allocations: all zero at first, freed
 * with the relay. len is the same each time. NULL: there is none. */
void *ave_relay_own(struct ave_relay *r, enum ave_dialect_kind which,
		    size_t len);

const struct ave_view *ave_relay_view(const struct ave_relay *r);
const struct ave_shared *ave_relay_shared(const struct ave_relay *r);
struct edge_stock *ave_relay_random(struct ave_relay *r);
uint64_t ave_relay_now_ms(const struct ave_relay *r);
int64_t ave_relay_wall_s(const struct ave_relay *r);
/** Send an answer of the dialect's own memory, framed already. */
void ave_relay_answer(struct ave_relay *r, const struct ave_leg *leg,
		      struct edge_slice bytes);

#endif
