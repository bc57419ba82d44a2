/* One SIP connection: its framing, deadlines and limits before sign-in. */
#ifndef ACCESS_EDGE_LINK_H
#define ACCESS_EDGE_LINK_H

#include <sys/queue.h>

#include "access-edge/partner.h"
#include "access-edge/shard.h"
#include "common/admit.h"
#include "common/conn.h"
#include "common/sip/frame.h"
#include "common/sip/msg.h"

enum acc_link_state { ACC_LINK_TLS, ACC_LINK_OPEN, ACC_LINK_CLOSING };

enum acc_link_deadline { /* what the one timer stands for */
			 ACC_DEADLINE_NONE,
			 ACC_DEADLINE_FIRST,
			 ACC_DEADLINE_HEAD,
			 ACC_DEADLINE_BODY,
			 ACC_DEADLINE_SIGN_IN,
			 ACC_DEADLINE_IDLE,
};

struct acc_link;
struct acc_outbound;
struct acc_upstream;
struct acc_txn;

/* Whoever dialled a connection is told of it. */
struct acc_dialler {
	/** Is the certificate that of whom we wanted? Says why not itself. */
	bool (*is_right)(struct acc_link *l);
	/** The handshake failed over the certificate. */
	void (*distrust)(struct acc_link *l, const char *why);
	void (*secured)(struct acc_link *l);
	void (*heard)(struct acc_link *l); /* a whole message came */
	void (*lost)(struct acc_link *l, const char *why);
	void (*drained)(struct acc_link *l);
};

LIST_HEAD(acc_txn_list, acc_txn);

/* Open to the runtime of its shard. Owner: linktab; thread: its shard. */
struct acc_link {
	struct acc_shard *shard;
	struct edge_conn *conn;
	enum acc_link_kind kind;
	enum acc_listen_kind door; /* it came by */
	enum acc_link_state state;
	enum acc_link_deadline deadline;
	bool paused_by_hop, paused_by_self, paused_by_dns;
	bool admitted, was_secured, heard;
	bool opened;		/* the peer was accepted once */
	bool never_connected;	/* dialled, and nobody took the call */
	bool is_distrusted;	/* its certificate was not accepted */
	bool is_counted;	/* the member's failure was counted already */
	bool wants_pong;	/* it announced RFC 5626 outbound or keep */
	bool keeps_alive;	/* ms-keep-alive was promised to it */
	bool is_full;		/* its output queue has run over */
	uint16_t remote_askers; /* bit per shard that delivered here */
	struct acc_source source;
	struct edge_sip_framer framer;
	size_t skip;	    /* body bytes to pass over */
	uint32_t body_room; /* what its input holds; 0: not made yet */
	struct edge_timer timer;
	struct edge_task doom; /* close at the end of the turn */
	uint64_t opened_ms, heard_ms, part_ms; /* part: since when in pieces */
	uint32_t unsigned_requests, registers_in_flight, txn_count;
	uint32_t malformed;
	uint64_t malformed_since_ms, malformed_answer_ms;
	struct edge_bucket requests, dialogs;
	uint64_t user;	 /* hash of who signed in first */
	uint64_t member; /* sticky next-hop member's id, or 0 */
	const struct acc_dialler *dialler; /* NULL: it came to us */
	struct acc_upstream *upstream;	   /* kind UPSTREAM: whose connection */
	struct acc_outbound *outbound;	   /* kind OUTBOUND */
	struct acc_facts facts;		   /* of a partner */
	struct acc_known *known;    /* what DNS said of its From domain */
	struct acc_txn_list asked;  /* transactions it asked for */
	struct acc_txn_list asking; /* transactions it was asked */
};

/** Take an accepted socket; EDGE_ELIMIT: table full (fd closed). */
EDGE_MUST_CHECK enum edge_err acc_link_accept(struct acc_shard *s,
					      enum acc_listen_kind kind, int fd,
					      const struct edge_addr *from);
struct acc_dial {
	enum acc_link_kind kind; /* UPSTREAM or OUTBOUND */
	const struct acc_dialler *dialler;
	struct acc_upstream *upstream; /* of kind UPSTREAM */
	struct acc_outbound *outbound; /* of kind OUTBOUND */
	const struct edge_addr *to;
	const char *name; /* sent as SNI */
};

/** Dial a next-hop member or a partner; the dialler is told. */
EDGE_MUST_CHECK enum edge_err acc_link_dial(struct acc_link **out,
					    struct acc_shard *s,
					    const struct acc_dial *d);
/** With somebody outside, whoever dialled. */
bool acc_link_is_outside(const struct acc_link *l);
/** Queue a message; false: not taken, and the link closes at the end of the
 * turn when its queue is full. */
bool acc_link_send(struct acc_link *l, struct edge_slice bytes);
/** Close now; transactions and owner are told, for which the shard's desks are
 * used: the message at hand is gone afterwards. */
void acc_link_close(struct acc_link *l);
/** Close after what is queued has gone out. */
void acc_link_finish(struct acc_link *l);
/** A partner's request waits for DNS, and is read again then. */
void acc_link_hold_for_dns(struct acc_link *l);
void acc_link_release_for_dns(struct acc_link *l);
/** Read no further for that reason / read again; buffered input continues. */
void acc_link_hold_for_hop(struct acc_link *l);
void acc_link_release_for_hop(struct acc_link *l);
/** A malformed message came: true when it may be answered; closes the link
 * and punishes the source past the limit (then false). */
bool acc_link_malformed(struct acc_link *l);
/** Limits before and after sign-in for one request; OK to go on. */
enum acc_reason acc_link_admit(struct acc_link *l,
			       const struct edge_sip_msg *m);
/** A 2xx to REGISTER or INVITE passed. */
void acc_link_signed_in(struct acc_link *l, struct edge_slice user);

#endif
