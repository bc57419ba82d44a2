/* Buffered TLS connection on one loop: six events, hard caps, pause. It may
 * begin in the clear (STARTTLS). */
#ifndef COMMON_CONN_H
#define COMMON_CONN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/addr.h"
#include "common/err.h"
#include "common/peer.h"
#include "common/slice.h"

struct edge_loop;
struct edge_sock_probing;
struct edge_tls;
struct edge_conn; /* owner: its link; thread: its loop */

/* Events come from the loop, never from inside a call of the owner. */
enum edge_conn_event {
	EDGE_CONN_SECURED, /* handshake done; edge_conn_peer() is valid. Of a
			      plain one that was dialled: connected, in the
			      clear (edge_conn_is_plain) */
	EDGE_CONN_DATA, /* edge_conn_input() has grown, or is told again; with
			   the input full it must be consumed or paused */
	EDGE_CONN_DRAINED, /* queue fell below low water after being above high
			    */
	EDGE_CONN_EOF,	   /* other end closed its side in order; writing goes
			    * on */
	EDGE_CONN_TIMEOUT, /* handshake deadline or 30 s without write progress
			    */
	EDGE_CONN_FAILED,  /* edge_conn_why() says it */
};

/* Why a connection ended: a closed list, counted. */
#define EDGE_CONN_WHY_MAP(X)                                      \
	X(EDGE_CONN_LIVE, "live")                                 \
	X(EDGE_CONN_WHY_EOF, "closed by peer")                    \
	X(EDGE_CONN_WHY_TRUNCATED, "closed without close_notify") \
	X(EDGE_CONN_WHY_RESET, "reset by peer")                   \
	X(EDGE_CONN_WHY_CONNECT, "connect failed")                \
	X(EDGE_CONN_WHY_TLS, "handshake failed")                  \
	X(EDGE_CONN_WHY_HANDSHAKE_TIME, "handshake too slow")     \
	X(EDGE_CONN_WHY_STALLED, "reader too slow")               \
	X(EDGE_CONN_WHY_QUEUE, "output queue full")               \
	X(EDGE_CONN_WHY_INPUT, "input limit")                     \
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
	struct edge_tls *tls;		       /* held by the connection */
	const struct edge_peer_policy *policy; /* outlives the connection */
	uint32_t in_cap, out_cap;	       /* of the two queues [bytes] */
	uint32_t high_water, low_water;	       /* of the output queue [bytes] */
	uint32_t handshake_ms; /* with connecting; 0: no deadline */
	uint32_t stall_ms;     /* without progress in writing; 0: for ever */
	/* a silent death is noticed; NULL: not. Read while opening only */
	const struct edge_sock_probing *probing;
	bool has_secrets; /* what was read and written is wiped */
	bool is_plain;	  /* begins in the clear; tls is NULL, handshake_ms
			   * counts for connecting, then from start_tls on */
	/* counts it from now until its socket is closed, lingering included;
	 * outlives it; NULL: nobody counts */
	_Atomic uint32_t *sockets;
	edge_conn_fn *fn;
	void *arg;
};

/** Take over an accepted socket, made non-blocking here; it is the caller's
 * still when this fails. */
EDGE_MUST_CHECK enum edge_err edge_conn_accept(struct edge_conn **out,
					       const struct edge_conn_plan *p,
					       int fd);
/** Dial from local (port 0) on device (NULL: any). server_name is sent as SNI
 * (NULL: none). The name check is the owner's: edge_conn_peer() at SECURED.
 * What cannot be dialled is told as FAILED with WHY_CONNECT. */
EDGE_MUST_CHECK enum edge_err
edge_conn_dial(struct edge_conn **out, const struct edge_conn_plan *p,
	       const struct edge_addr *local, const char *device,
	       const struct edge_addr *remote, const char *server_name);
/**
 * A plain connection becomes a TLS one: what is queued is written in the clear
 * first, then the handshake begins, and SECURED, FAILED or TIMEOUT follows. The
 * role is that of the socket: who accepted is the server. From the call on
 * nothing more can be queued until the handshake has begun (EDGE_ECLOSED).
 * @param server_name  sent as SNI when we dialled; NULL: none
 * EDGE_EDENIED: clear text stands behind the word that led here, read or not
 * yet read: whoever sent it would have it taken for text under TLS. What comes
 * before the handshake begins ends the connection (WHY_TLS). EDGE_ESTATE: not
 * plain, not open, or being shut. EDGE_ENOMEM, EDGE_ERANGE (server_name).
 */
EDGE_MUST_CHECK enum edge_err edge_conn_start_tls(struct edge_conn *c,
						  struct edge_tls *tls,
						  const char *server_name);
/** Nothing it carries is encrypted (yet). */
bool edge_conn_is_plain(const struct edge_conn *c);
/** Close (TLS close_notify when possible) and free at the end of the turn; no
 * event comes after this. NULL is fine. */
void edge_conn_close(struct edge_conn *c);
/** Close once the queue is written and the other end has seen it (or after
 * ms), freed then: for refusals. What comes in is thrown away. No more events;
 * c is not the owner's any more. */
void edge_conn_close_after_flush(struct edge_conn *c, uint32_t ms);
/** The same without close_notify: the other end sees a truncation. */
void edge_conn_cut_after_flush(struct edge_conn *c, uint32_t ms);
/** Reset: nothing is flushed; freed at the end of the turn. NULL is fine. */
void edge_conn_abort(struct edge_conn *c);
/** The owner writes no more (edge_conn_write: EDGE_ECLOSED): once the queue is
 * written, close_notify and FIN. Reading goes on until EOF; when both sides are
 * over the owner closes. */
void edge_conn_shut(struct edge_conn *c);

/** Nothing at all has come of its handshake. */
bool edge_conn_is_silent(const struct edge_conn *c);
/** Bytes received and not yet consumed; borrowed until the next call. Kept
 * after EOF and failure until the connection is closed. */
struct edge_slice edge_conn_input(const struct edge_conn *c);
void edge_conn_consume(struct edge_conn *c, size_t len);
/** Queue bytes; copied. Written at the end of the turn in one TLS write.
 * Possible before SECURED too. EDGE_ELIMIT past out_cap: nothing is queued and
 * the connection lives; whether to close it is the owner's to say (WHY_QUEUE
 * and WHY_OURS are for its counters). EDGE_ECLOSED after the end. */
EDGE_MUST_CHECK enum edge_err edge_conn_write(struct edge_conn *c,
					      struct edge_slice bytes);
/** Move received bytes of from to the queue of to, as many as fit below its
 * out_cap; written as after edge_conn_write. No copy is made when the queue is
 * empty and takes all. Both on one loop; from may be over, its input is still
 * there. Returns the bytes moved: 0 too when to takes no more. */
size_t edge_conn_forward(struct edge_conn *from, struct edge_conn *to);
/** Another in_cap from now on; what is buffered stays. */
void edge_conn_set_in_cap(struct edge_conn *c, uint32_t in_cap);
bool edge_conn_above_high_water(const struct edge_conn *c);
void edge_conn_pause(struct edge_conn *c);  /* stop reading */
void edge_conn_resume(struct edge_conn *c); /* buffered input is told again */
/** Output not yet with the kernel, some of it encrypted already [bytes] */
size_t edge_conn_queued(const struct edge_conn *c);
size_t edge_conn_buffered(const struct edge_conn *c); /* input, bytes */
/**
 * Off its loop, to be handed to another thread as a whole (edge_mailbox): no
 * timer runs, no event comes, edge_conn_write is EDGE_ECLOSED and what is asked
 * of it is as before; edge_conn_close frees it at once. On its loop's thread.
 * EDGE_ESTATE, and nothing has changed: not open, output is queued, it is to
 * be written or told this turn, or its own event is being told (a task of the
 * owner's may detach then).
 */
EDGE_MUST_CHECK enum edge_err edge_conn_detach(struct edge_conn *c);
/** On to a loop, on its thread. Buffered input is told again, unless it was
 * paused: then when resumed. EDGE_ELIMIT when the fd does not fit there: still
 * detached. EDGE_ESTATE: is not detached. */
EDGE_MUST_CHECK enum edge_err edge_conn_attach(struct edge_conn *c,
					       struct edge_loop *loop,
					       edge_conn_fn *fn, void *arg);

/** Never NULL; fault ABSENT where there is no certificate. After a handshake
 * that failed: the fault of the certificate that was refused. */
const struct edge_peer *edge_conn_peer(const struct edge_conn *c);
/** "TLSv1.3 TLS_AES_128_GCM_SHA256" in two parts; valid from SECURED on. */
const char *edge_conn_tls_version(const struct edge_conn *c);
const char *edge_conn_tls_suite(const struct edge_conn *c);
/** Whom the client wanted (SNI): peer text; "" when it did not say. */
const char *edge_conn_tls_server_name(const struct edge_conn *c);
bool edge_conn_is_resumed(const struct edge_conn *c);
const struct edge_addr *edge_conn_remote(const struct edge_conn *c);
const struct edge_addr *edge_conn_local(const struct edge_conn *c);
enum edge_conn_why edge_conn_why(const struct edge_conn *c);
const char *edge_conn_why_str(enum edge_conn_why why);
/** OpenSSL's words or errno's for the last failure; "" when none. */
const char *edge_conn_detail(const struct edge_conn *c);

#endif
