/* Buffered TLS connection on one loop: six events, hard caps, pause. */
#ifndef COMMON_CONN_H
#define COMMON_CONN_H

#include <stdbool.h>

#include "common/addr.h"
#include "common/err.h"
#include "common/peer.h"
#include "common/slice.h"

struct edge_loop;
struct edge_tls;
struct edge_conn; /* owner: its link; thread: its loop */

enum edge_conn_event {
	EDGE_CONN_SECURED, /* handshake done; edge_conn_peer() is valid */
	EDGE_CONN_DATA,    /* edge_conn_input() has grown */
	EDGE_CONN_DRAINED, /* queue fell below low water after being above high */
	EDGE_CONN_EOF,     /* other end closed its side in order */
	EDGE_CONN_TIMEOUT, /* handshake deadline or 30 s without write progress */
	EDGE_CONN_FAILED,  /* edge_conn_why() says it */
};

/* Why a connection ended: a closed list, counted. */
#define EDGE_CONN_WHY_MAP(X)                        \
	X(EDGE_CONN_LIVE, "live")                   \
	X(EDGE_CONN_WHY_EOF, "closed by peer")      \
	X(EDGE_CONN_WHY_RESET, "reset by peer")     \
	X(EDGE_CONN_WHY_CONNECT, "connect failed")  \
	X(EDGE_CONN_WHY_TLS, "handshake failed")    \
	X(EDGE_CONN_WHY_HANDSHAKE_TIME, "handshake too slow") \
	X(EDGE_CONN_WHY_STALLED, "reader too slow") \
	X(EDGE_CONN_WHY_QUEUE, "output queue full") \
	X(EDGE_CONN_WHY_INPUT, "input limit")       \
	X(EDGE_CONN_WHY_OURS, "closed by us")

enum edge_conn_why {
#define EDGE_CONN_WHY_NAME(name, text) name,
	EDGE_CONN_WHY_MAP(EDGE_CONN_WHY_NAME)
#undef EDGE_CONN_WHY_NAME
};

typedef void edge_conn_fn(struct edge_conn *c, enum edge_conn_event ev,
			  void *arg);

struct edge_conn_plan {
	struct edge_loop *loop;
	struct edge_tls *tls;       /* held by the connection */
	const struct edge_peer_policy *policy; /* outlives the connection */
	uint32_t in_cap, out_cap;   /* bytes; out_cap: WHY_QUEUE beyond */
	uint32_t high_water, low_water; /* of the output queue */
	uint32_t handshake_ms, stall_ms;
	edge_conn_fn *fn;
	void *arg;
};

/** Take over an accepted socket (non-blocking). */
EDGE_MUST_CHECK enum edge_err edge_conn_accept(struct edge_conn **out,
					       const struct edge_conn_plan *p,
					       int fd);
/** Dial from local (port 0) on device (NULL: any). server_name is sent as SNI.
 * The name check is the owner's: edge_conn_peer() at SECURED. */
EDGE_MUST_CHECK enum edge_err edge_conn_dial(struct edge_conn **out,
					     const struct edge_conn_plan *p,
					     const struct edge_addr *local,
					     const char *device,
					     const struct edge_addr *remote,
					     const char *server_name);
/** Close (TLS close_notify when possible) and free at the end of the turn; no
 * event comes after this. NULL is fine. */
void edge_conn_close(struct edge_conn *c);
/** Close once the queue is written, or after ms. No more events. */
void edge_conn_close_after_flush(struct edge_conn *c, uint32_t ms);

/** Bytes received and not yet consumed; borrowed until the next call. */
struct edge_slice edge_conn_input(const struct edge_conn *c);
void edge_conn_consume(struct edge_conn *c, size_t len);
/** Queue bytes; copied. Written at the end of the turn in one TLS write.
 * EDGE_ELIMIT past out_cap (nothing queued), EDGE_ECLOSED after the end. */
EDGE_MUST_CHECK enum edge_err edge_conn_write(struct edge_conn *c,
					      struct edge_slice bytes);
bool edge_conn_above_high_water(const struct edge_conn *c);
void edge_conn_pause(struct edge_conn *c);  /* stop reading */
void edge_conn_resume(struct edge_conn *c); /* buffered input is told again */
const struct edge_peer *edge_conn_peer(const struct edge_conn *c);
const struct edge_addr *edge_conn_remote(const struct edge_conn *c);
const struct edge_addr *edge_conn_local(const struct edge_conn *c);
enum edge_conn_why edge_conn_why(const struct edge_conn *c);
const char *edge_conn_why_str(enum edge_conn_why why);
/** OpenSSL's words or errno's for the last failure; "" when none. */
const char *edge_conn_detail(const struct edge_conn *c);

#endif
