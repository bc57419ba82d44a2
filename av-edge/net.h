/* What the relay asks of whoever holds the sockets: the worker, or a test. */
#ifndef AV_EDGE_NET_H
#define AV_EDGE_NET_H

#include <stdbool.h>
#include <stdint.h>

#include "av-edge/leg.h"
#include "av-edge/reason.h"
#include "common/addr.h"
#include "common/err.h"
#include "common/slice.h"

struct ave_story;

/*
 * "pass" borrows bytes of a received packet (with its rooms) until the end of
 * the batch; "tell" takes bytes of the caller's own and is done with them when
 * it returns. Bytes are complete as they go on the wire. What cannot be sent
 * is counted by the worker, never told here.
 */
struct ave_net {
	void (*pass_to_client)(void *self, const struct ave_leg *leg,
			       struct edge_slice bytes);
	void (*tell_client)(void *self, const struct ave_leg *leg,
			    struct edge_slice bytes);
	/** Read a stream's messages or not: it is over its bandwidth. */
	void (*read_client)(void *self, const struct ave_leg *leg, bool on);
	/** End a stream; ave_relay_client_gone is not called for it. */
	void (*close_client)(void *self, const struct ave_leg *leg);

	/** A relayed UDP socket bound to at; tag comes back with each datagram
	 * as ave_relay_peer_datagram's. */
	enum edge_err (*open_udp)(void *self, uint32_t *wire,
				  const struct edge_addr *at, uint64_t tag);
	/** DSCP of what the relayed UDP socket bound to at sends. NULL: none is
	 * set. */
	void (*mark)(void *self, uint32_t wire, const struct edge_addr *at,
		     uint8_t dscp);
	/** A listener on at, for peers that connect; tag as above. */
	enum edge_err (*open_tcp)(void *self, uint32_t *wire,
				  const struct edge_addr *at, uint64_t tag);
	void (*close)(void *self, uint32_t wire); /* either of them */
	void (*pass_to_peer)(void *self, uint32_t wire,
			     const struct edge_addr *to,
			     struct edge_slice bytes);

	/** Connect from the relayed address at; *peer names the connection from
	 * now on. Its end is told by ave_relay_peer_connected or _closed. */
	enum edge_err (*dial)(void *self, uint32_t *peer,
			      const struct edge_addr *at,
			      const struct edge_addr *to, uint64_t tag);
	/** Take in who waits at a listener now: a dial that failed may be to a
	 * peer that has connected meanwhile. NULL: they come by themselves. */
	void (*take_peers)(void *self, uint32_t wire);
	/** All or nothing: EDGE_ELIMIT when its queue is full. */
	enum edge_err (*write_peer)(void *self, uint32_t peer,
				    struct edge_slice bytes);
	/** Start or stop reading it; an accepted one is stopped. */
	void (*read_peer)(void *self, uint32_t peer, bool on);
	/** ave_relay_peer_closed is not called for it. */
	void (*close_peer)(void *self, uint32_t peer, bool is_reset);
	/** RFC 6062: from now on the stream and the connection are one pipe,
	 * with back-pressure. The worker ends the one when the other has ended;
	 * ave_relay_peer_closed tells of it, ave_relay_client_gone does not. */
	enum edge_err (*join)(void *self, const struct ave_leg *leg,
			      uint32_t peer);
	/** For the log; valid until return. NULL: nobody wants to know. */
	void (*told)(void *self, const struct ave_story *s);
};

enum ave_story_kind { AVE_STORY_MADE, AVE_STORY_ENDED, AVE_STORY_REFUSED };

/* What has become of an allocation. */
struct ave_story {
	enum ave_story_kind what;
	enum ave_reason why; /* ended, refused */
	const char *dialect;
	const char *integrity; /* made: its form if not the usual; or NULL */
	const struct ave_leg *leg;
	const uint8_t *pseudonym;	 /* 16 bytes */
	const struct edge_addr *relayed; /* told; NULL: refused */
	uint64_t lived_ms;
	uint64_t to_peer, to_peer_bytes, to_client, to_client_bytes;
};

#endif
