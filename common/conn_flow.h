/* Inside of a connection: what common/conn.c and conn_*.c share. */
#ifndef COMMON_CONN_FLOW_H
#define COMMON_CONN_FLOW_H

#include "common/bytes.h"
#include "common/conn.h"
#include "common/loop.h"
#include "common/tls_stream.h"

enum edge_conn_state {
	CONN_CONNECTING,
	CONN_HANDSHAKE,
	CONN_OPEN,
	CONN_HALF,     /* the other end has closed its side */
	CONN_LINGER,   /* closing: writes the rest, reads and forgets */
	CONN_OVER,     /* failed and told so */
	CONN_CLOSED,   /* waits for the end of the turn */
	CONN_DETACHED, /* was open; on no loop */
};

struct edge_conn {
	struct edge_loop *loop;
	struct edge_tls *tls;
	const struct edge_peer_policy *policy;
	edge_conn_fn *fn;
	void *arg;
	struct edge_tls_stream stream;
	struct edge_bytes held; /* received before a pause, still encrypted */
	struct edge_bytes in, out;
	struct edge_timer deadline; /* handshake, then stall, then linger */
	struct edge_task task;
	struct edge_leaver leaver; /* while lingering */
	struct edge_peer *peer;	   /* NULL without a certificate */
	char *detail;		   /* NULL while nothing failed */
	struct edge_addr local, remote;
	_Atomic uint32_t *sockets; /* or NULL */
	uint32_t in_cap, out_cap, high_water, low_water;
	uint32_t handshake_ms, stall_ms;
	uint32_t handshake_len; /* bytes received before SECURED */
	uint8_t state, why, watched;
	bool is_client, is_paused, is_blocked, was_high, retell;
	bool is_ending; /* nothing is queued any more: FIN follows */
	bool is_cut;	/* and no close_notify before it */
	bool is_shut;	/* FIN is sent */
	bool is_deaf;	/* lingers, and the other end sends no more */
	bool is_hung;	/* both sides have closed: epoll says so for ever */
	bool is_telling;
	bool is_plain;	  /* in the clear */
	bool is_starting; /* TLS follows once what is queued is written */
};

/** Its socket is open: its counter knows from now on. */
void edge_conn_flow_count(struct edge_conn *c, _Atomic uint32_t *sockets);
bool edge_conn_flow_is_live(const struct edge_conn *c);
bool edge_conn_flow_is_secured(const struct edge_conn *c);
/** What the state needs from epoll; a system call only when it changes. */
void edge_conn_flow_watch(struct edge_conn *c);
/** (Re)start the one deadline; ms 0 stops it. */
void edge_conn_flow_deadline(struct edge_conn *c, uint32_t ms,
			     void (*fn)(struct edge_timer *t, uint64_t now_ms));
EDGE_PRINTF(2, 3)
void edge_conn_flow_detail(struct edge_conn *c, const char *fmt, ...);
/** What TLS or the socket says of it. */
void edge_conn_flow_detail_tls(struct edge_conn *c);
/** From the loop only: the owner may do anything in it. */
void edge_conn_flow_tell(struct edge_conn *c, enum edge_conn_event ev);
/** The end: told once, and nothing moves any more. From the loop only. */
void edge_conn_flow_fail(struct edge_conn *c, enum edge_conn_why why);
/** Off the loop; the memory stays until the turn is over (detached: is freed).
 */
void edge_conn_flow_finish(struct edge_conn *c);
/** In CONN_LINGER: the next step; ready are EDGE_LOOP_* bits. */
void edge_conn_flow_linger(struct edge_conn *c, unsigned ready);
void edge_conn_flow_free(void *conn);
/** The task: what was queued is written, what was held is told. */
void edge_conn_flow_turn_end(struct edge_task *t);
struct edge_conn *edge_conn_flow_of(struct edge_timer *deadline);
/** Its deadline has passed before SECURED. */
void edge_conn_flow_handshake_time(struct edge_timer *t, uint64_t now_ms);

/* -- what goes out: conn_write.c -- */

/** The owner may queue more. */
bool edge_conn_flow_takes(const struct edge_conn *c);
/** Something was queued: remembers high water, writes at the turn's end. */
void edge_conn_flow_queued(struct edge_conn *c);
bool edge_conn_flow_has_to_write(const struct edge_conn *c);
/** Write what is queued, then what ends it; false: the connection is broken. */
bool edge_conn_flow_write(struct edge_conn *c);
/** The same, and what follows from it: stall deadline, DRAINED, failure. */
void edge_conn_flow_flush(struct edge_conn *c);
/** TLS reads on when its own answer has gone: a peer that asks for answers and
 * takes none is a reader too slow. */
void edge_conn_flow_wait_to_answer(struct edge_conn *c);

#endif
