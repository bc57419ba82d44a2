/* Relayed TCP addresses and the connections on them (AV 1.15, RFC 6062). */
#ifndef AV_EDGE_PEER_TCP_H
#define AV_EDGE_PEER_TCP_H

#include "av-edge/packet.h"
#include "av-edge/pipe.h"
#include "av-edge/sockets.h"

struct ave_peer;
struct ave_stream;
struct ave_tcp_relay; /* one relayed TCP address: listener and connections */

enum ave_peer_why {
	AVE_PEER_CLOSED,  /* by the peer, or the connection broke */
	AVE_PEER_REFUSED, /* did not connect */
	AVE_PEER_TIMEOUT, /* not connected, or held, for too long */
	AVE_PEER_STALLED, /* does not read */
	AVE_PEER_DISMISSED
};

/* Who owns the relayed addresses; all calls on its thread. */
struct ave_peer_host {
	void (*connected)(struct ave_peer_host *h, struct ave_peer *p);
	/** Somebody connected to us. It is held: nothing is read until
	 * ave_peer_admit; after hold_ms it is reset. */
	void (*accepted)(struct ave_peer_host *h, struct ave_peer *p);
	/** packet has room around it and is valid until return. */
	void (*data)(struct ave_peer_host *h, struct ave_peer *p,
		     const struct ave_packet *packet);
	/** What was written has left, for a half: its writer may go on. */
	void (*drained)(struct ave_peer_host *h, struct ave_peer *p);
	/** It is freed at the end of the turn. */
	void (*gone)(struct ave_peer_host *h, struct ave_peer *p,
		     enum ave_peer_why why);
	struct ave_hub *hub;
	struct edge_handles *peers;  /* of struct ave_peer */
	struct edge_handles *relays; /* of struct ave_tcp_relay */
	uint32_t connect_ms, hold_ms, join_ms, stall_ms;
	uint32_t connect_queue;	 /* written before it is connected [bytes] */
	uint32_t out_cap, chunk; /* chunk: read at once [bytes] */
	uint32_t keep_alive_s;
};

struct ave_peer {
	struct ave_pipe pipe; /* first */
	struct ave_peer_host *host;
	edge_handle id;
	uint64_t tag; /* of the relayed address, or given to dial */
	struct edge_addr remote;
	edge_handle blocks; /* the host's: a stream that waits for it; or 0 */
	bool is_held, is_silent, is_joined, is_dead;
	bool is_cut; /* bytes are missing in what it was sent */
	struct edge_timer timer, stall;
	struct ave_chore burial, cut;
};

/** Listen at the place and dial from it. tag: the owner's own word.
 * EDGE_ESYS, EDGE_ELIMIT, EDGE_ENOMEM. */
EDGE_MUST_CHECK enum edge_err ave_tcp_relay_open(edge_handle *out,
						 struct ave_peer_host *h,
						 const struct ave_place *at,
						 uint64_t tag);
/** Its connections stay. An unknown one is fine. */
void ave_tcp_relay_close(struct ave_peer_host *h, edge_handle relay);

/** Accept who waits there now. An unknown one is fine. */
void ave_tcp_relay_accept(struct ave_peer_host *h, edge_handle relay);

/** Connect from there, where a relayed address listens. EDGE_ESYS,
 * EDGE_ELIMIT, EDGE_ENOMEM. */
EDGE_MUST_CHECK enum edge_err ave_peer_dial(edge_handle *out,
					    struct ave_peer_host *h,
					    const struct ave_place *from,
					    const struct edge_addr *to,
					    uint64_t tag);
struct ave_peer *ave_peer_find(const struct ave_peer_host *h, edge_handle id);
/** Read it: what was held has leave now. is_joining: it stays unread until
 * ave_peer_join, for join_ms. */
void ave_peer_admit(struct ave_peer *p, bool is_joining);
/** EDGE_ELIMIT: the queue is full and nothing was taken; a connection that
 * stands is reset at the end of the turn, as its stream has a gap.
 * EDGE_ECLOSED.
 */
EDGE_MUST_CHECK enum edge_err ave_peer_put(struct ave_peer *p,
					   struct edge_slice bytes);
bool ave_peer_is_full(const struct ave_peer *p);
void ave_peer_pause(struct ave_peer *p);
void ave_peer_resume(struct ave_peer *p);
/** Its bytes and the client's become each other's. */
void ave_peer_join(struct ave_peer *p, struct ave_stream *s);
void ave_peer_close(struct ave_peer *p, bool is_reset);

#endif
