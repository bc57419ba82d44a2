/* The other end of a connection to webconf-edge, on the test's own loop: a
 * data MCU or a client, by what it says. */
#ifndef TESTS_UNIT_WEBCONF_EDGE_EP1_PEER_H
#define TESTS_UNIT_WEBCONF_EDGE_EP1_PEER_H

#include "common/conn.h"
#include "common/loop.h"
#include "common/tls.h"
#include "tests/support/certs.h"
#include "webconf-edge/psom_login.h"

enum {
	EP1_PEER_EVENTS = EDGE_CONN_FAILED + 1,
	EP1_PEER_QUEUE = 8 << 20, /* of what it sends [bytes] */
	EP1_PEER_WAIT_MS = 15000,
	EP1_FRAME_MAX = PSOM_HEADER_LEN + PSOM_CONTROL_BODY_MAX,
};

struct ep1_peer {
	struct edge_loop *loop;
	struct edge_conn *conn; /* kept until ep1_peer_fini */
	bool is_over;		/* failed, or both its sides have ended */
	unsigned count[EP1_PEER_EVENTS];
	bool is_deaf; /* reads nothing */
	uint8_t *in;
	size_t in_len, in_cap; /* came, and was not looked at yet */
};

/** Dials at once; what happens is told by the functions below. */
void ep1_peer_dial(struct ep1_peer *p, struct edge_loop *loop,
		   struct edge_tls *tls, const struct edge_addr *at);
/** The same with that SNI. */
void ep1_peer_dial_named(struct ep1_peer *p, struct edge_loop *loop,
			 struct edge_tls *tls, const struct edge_addr *at,
			 const char *sni);
void ep1_peer_fini(struct ep1_peer *p); /* {0} is fine */
void ep1_peer_send(struct ep1_peer *p, struct edge_slice bytes);
/** Bytes 0, 1, 2, ... as ep1_pattern has them. */
void ep1_peer_send_pattern(struct ep1_peer *p, size_t len);
/** close_notify and FIN; it reads on. */
void ep1_peer_shut(struct ep1_peer *p);
/** FIN without close_notify, and no more reading. */
void ep1_peer_cut(struct ep1_peer *p);
void ep1_peer_reset(struct ep1_peer *p);
void ep1_peer_deaf(struct ep1_peer *p, bool is);

void ep1_wait_secured(struct ep1_peer *p);
/** Until its other end has ended somehow. */
void ep1_wait_end(struct ep1_peer *p);
void ep1_wait_bytes(struct ep1_peer *p, size_t len);
/** The len bytes that came are those of the pattern; they are used up. */
void ep1_take_pattern(struct ep1_peer *p, size_t len);
/** The next frame, which must be of that type; f borrows until the next call.
 */
void ep1_take(struct ep1_peer *p, enum psom_type type, struct psom_frame *f);
/** The next frame, when it is there. */
bool ep1_try(struct ep1_peer *p, struct psom_frame *f);
/** The same, only a number of it is wanted. */
uint64_t ep1_take_number(struct ep1_peer *p, enum psom_type type,
			 enum psom_tag tag);
/** REJECT with that code, then the end. */
void ep1_take_reject(struct ep1_peer *p, unsigned code);
/** Nothing more, then the end. */
void ep1_take_end(struct ep1_peer *p);

/** Frames with one number: PING, PONG, WANT, BYE, DRAIN. */
void ep1_send_number(struct ep1_peer *p, enum psom_type type, enum psom_tag tag,
		     uint64_t v);

/** Run the loop until done says so; the test fails after EP1_PEER_WAIT_MS. */
void ep1_wait(struct edge_loop *loop, bool (*done)(void *arg), void *arg,
	      const char *what);
/** A listening socket on a free port of 127.0.0.1. */
int ep1_listen(struct edge_addr *at);
enum ep1_tls_kind {
	EP1_TLS_CLIENT,
	EP1_TLS_INSIDE, /* a server that asks for a certificate */
	EP1_TLS_OUTSIDE
};
/** With that certificate; a client may have none (NULL). */
struct edge_tls *ep1_tls(struct certs *c, const char *name,
			 enum ep1_tls_kind kind);

#endif
