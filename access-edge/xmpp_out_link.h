/* Our streams to partners, inside: what xmpp_out.c and xmpp_out_talk.c share.
 */
#ifndef ACCESS_EDGE_XMPP_OUT_LINK_H
#define ACCESS_EDGE_XMPP_OUT_LINK_H

#include "access-edge/xmpp_link.h"
#include "access-edge/xmpp_parcel.h"
#include "access-edge/xmpp_resolve.h"
#include "access-edge/xmpp_stream.h"

enum {
	ACC_XMPP_PAIR_LEN = 2 * ACC_XMPP_DOMAIN_LEN + 1,
	ACC_XMPP_THEIR_ID_LEN = 256 /* ours: of their stream, and NUL */
};

struct acc_xmpp_out_link {
	struct acc_xmpp_link link; /* first */
	struct acc_xmpp_out out;
	struct acc_xmpp_who who;
	struct acc_xmpp_found found;
	size_t next_addr;
	struct acc_xmpp_parcels waiting;
	uint32_t waiting_count, waiting_len;
	char their_id[ACC_XMPP_THEIR_ID_LEN]; /* of their header */
	/* the question of a verify link */
	edge_handle asker;
	struct edge_addr source; /* has its place among the questions */
	char asked_id[ACC_XMPP_STREAM_ID_LEN], key[ACC_XMPP_TEXT_LEN + 1];
	bool has_verdict, is_external; /* how it was proved */
	bool has_held, is_slow;	       /* since it drained last: xmpp_out.c */
	char pair[ACC_XMPP_PAIR_LEN];  /* "?" before it: of a question */
	uint64_t pair_hash;
	struct acc_xmpp_out_link *next; /* of the list of all */
};

/** Connected, in the clear or under TLS; and what comes then. */
void acc_xmpp_out_opened(struct acc_xmpp_link *l);
void acc_xmpp_out_item(struct acc_xmpp_link *l, const struct acc_xmpp_item *i);
/** Negotiation has ended well: what waits is written. */
void acc_xmpp_out_ready(struct acc_xmpp_out_link *o, bool is_external);
/** Tell who asked about a key, once. */
void acc_xmpp_out_verdict(struct acc_xmpp_out_link *o, enum acc_xmpp_reason r);

#endif
