/* One XMPP connection: bytes to items, deadlines, holding back, its end. */
#ifndef ACCESS_EDGE_XMPP_LINK_H
#define ACCESS_EDGE_XMPP_LINK_H

#include "access-edge/xmpp_core.h"
#include "access-edge/xmpp_item.h"
#include "common/conn.h"

struct acc_xmpp_link;
struct acc_xmpp_xml;

enum acc_xmpp_kind_of_link {
	ACC_XMPP_LINK_IN,     /* a partner's stream to us */
	ACC_XMPP_LINK_OUT,    /* ours to a partner */
	ACC_XMPP_LINK_VERIFY, /* ours, to ask about a key */
	ACC_XMPP_LINK_GATEWAY,
};

/* What a kind of link does; calls come from the loop. */
struct acc_xmpp_role {
	const char *name;
	/* connected in the clear, or under TLS: edge_conn_is_plain */
	void (*opened)(struct acc_xmpp_link *l);
	/* HEADER or ELEMENT */
	void (*item)(struct acc_xmpp_link *l, const struct acc_xmpp_item *i);
	/* its queue was long, and is short again */
	void (*drained)(struct acc_xmpp_link *l);
	/* the connection is gone; true: another one takes its place */
	bool (*lost)(struct acc_xmpp_link *l, enum acc_xmpp_reason r);
	/* the last call; it is freed with free() at the end of the turn */
	void (*over)(struct acc_xmpp_link *l, enum acc_xmpp_reason r);
};

enum { ACC_XMPP_STREAM_ID_LEN = 33 /* 128 bits in hex, and NUL */ };

enum acc_xmpp_hold { /* bits: why nothing is read */
		     ACC_XMPP_HOLD_RATE = 1,
		     ACC_XMPP_HOLD_QUEUE = 2, /* its reader's queue is long */
};

/* First member of each kind of link. */
struct acc_xmpp_link {
	struct acc_xmpp_core *core;
	const struct acc_xmpp_role *role;
	enum acc_xmpp_kind_of_link kind;
	edge_handle id;
	edge_handle waits_for;	/* HOLD_QUEUE: until that one has drained */
	struct edge_conn *conn; /* NULL: none yet, or gone */
	struct acc_xmpp_xml *xml;
	struct edge_timer deadline, beat, rate;
	struct edge_task pump;
	struct edge_bucket bucket;
	struct edge_addr remote;
	uint64_t begun_ms, idle_ms, beat_ms;
	uint64_t taken, given; /* stanzas */
	unsigned held;
	/* the partner's domain and ours, or the gateway's name; "": not known
	 */
	char domain[ACC_XMPP_DOMAIN_LEN], own[ACC_XMPP_DOMAIN_LEN];
	/* of the header we said last: theirs to us has its own */
	char stream_id[ACC_XMPP_STREAM_ID_LEN];
	/* whose place it takes: theirs that has proved itself, and ours; NULL:
	 * nobody's */
	const struct topo_xmpp_partner *partner;
	char detail[96]; /* why its connection broke; escaped */
	bool is_over, is_ready, has_spoken;
	bool has_answered;  /* what the other end came to ask */
	bool is_waited_for; /* since it drained last */
};

/** Fills a link that is zero but for what follows it: l is the whole, freed
 * with free(). EDGE_ELIMIT: too many. Not begun yet: acc_xmpp_link_accept or
 * _dial.
 */
EDGE_MUST_CHECK enum edge_err
acc_xmpp_link_init(struct acc_xmpp_link *l, struct acc_xmpp_core *c,
		   const struct acc_xmpp_role *role,
		   enum acc_xmpp_kind_of_link kind);
/** fd is taken over in every case. tls NULL: begins in the clear. */
EDGE_MUST_CHECK enum edge_err
acc_xmpp_link_accept(struct acc_xmpp_link *l, int fd, struct edge_tls *tls);
/** From the external address, in the clear; in place of an earlier try. */
EDGE_MUST_CHECK enum edge_err
acc_xmpp_link_dial(struct acc_xmpp_link *l, const struct edge_addr *remote);
/** Undo of init when it was never begun; nobody is told. */
void acc_xmpp_link_undo(struct acc_xmpp_link *l);

/** Bytes of a stream; EDGE_ELIMIT: the queue is full, nothing is sent. */
EDGE_MUST_CHECK enum edge_err acc_xmpp_link_write(struct acc_xmpp_link *l,
						  struct edge_slice bytes);
/** The same, and it does not matter when it is not sent. */
void acc_xmpp_link_offer(struct acc_xmpp_link *l, struct edge_slice bytes);
/** The same of what was put together; ends the link when it cannot be sent. */
void acc_xmpp_link_say(struct acc_xmpp_link *l, const struct edge_put *w);
/** Stream header with an id of 128 random bits, hex, when we answer one. */
void acc_xmpp_link_say_header(struct acc_xmpp_link *l, bool is_answer,
			      bool says_version);
/** TLS follows; what was fed and not told is refused: the link ends then.
 * server_name NULL: none. */
void acc_xmpp_link_start_tls(struct acc_xmpp_link *l, struct edge_tls *tls,
			     const char *server_name);
/** Something was fed that stands behind the item told last. */
bool acc_xmpp_link_has_rest(const struct acc_xmpp_link *l);
/** The next bytes are a new stream's. */
void acc_xmpp_link_restart(struct acc_xmpp_link *l);
/** It ends by deadline unless it is ready before. */
void acc_xmpp_link_expect(struct acc_xmpp_link *l, uint64_t ms,
			  void (*late)(struct edge_timer *t, uint64_t now_ms));
struct acc_xmpp_link *acc_xmpp_link_of_deadline(struct edge_timer *t);
/** Established: stanzas flow, idleness counts (0: it does not), white space
 * keeps it alive (0: none). */
void acc_xmpp_link_ready(struct acc_xmpp_link *l, uint64_t idle_ms,
			 uint64_t beat_ms);
/** A stanza passed. */
void acc_xmpp_link_touch(struct acc_xmpp_link *l);
/** Nothing is read until it is released. */
void acc_xmpp_link_hold(struct acc_xmpp_link *l, unsigned hold);
void acc_xmpp_link_release(struct acc_xmpp_link *l, unsigned hold);
/** Hold l until the queue of full has drained. */
void acc_xmpp_link_wait_for(struct acc_xmpp_link *l,
			    struct acc_xmpp_link *full);
/** End it: the stream error of the reason, the stream's end, the connection.
 * Does nothing when it is over. */
void acc_xmpp_link_end(struct acc_xmpp_link *l, enum acc_xmpp_reason r);
/** The other end says a stream error, or that it goes down in order. */
void acc_xmpp_link_error(struct acc_xmpp_link *l,
			 const struct acc_xmpp_item *i);
struct acc_xmpp_link *acc_xmpp_link_find(const struct acc_xmpp_core *c,
					 edge_handle id);

#endif
