/* Partners' streams to us, inside: what xmpp_in.c and xmpp_in_*.c share. */
#ifndef ACCESS_EDGE_XMPP_IN_LINK_H
#define ACCESS_EDGE_XMPP_IN_LINK_H

#include "access-edge/xmpp_in.h"
#include "access-edge/xmpp_say.h"
#include "access-edge/xmpp_stream.h"

/* A domain that speaks to one of ours on the stream. */
struct acc_xmpp_pair {
	char domain[ACC_XMPP_DOMAIN_LEN], own[ACC_XMPP_DOMAIN_LEN];
	bool is_proved, is_external;
};

struct acc_xmpp_in_link {
	struct acc_xmpp_link link; /* first */
	struct acc_xmpp_in in;
	struct acc_xmpp_who who; /* of the header; partner NULL: not said */
	struct edge_addr source;
	struct acc_xmpp_pair pairs[ACC_XMPP_PAIRS];
	size_t pair_count;
	bool says_version, was_secured, has_answered;
};

/** NULL: it has not been named; NULL: no room for it. */
struct acc_xmpp_pair *acc_xmpp_pair_find(struct acc_xmpp_in_link *n,
					 const char *domain, const char *own);
struct acc_xmpp_pair *acc_xmpp_pair_add(struct acc_xmpp_in_link *n,
					const char *domain, const char *own);
/** TLS is there; and what comes. */
void acc_xmpp_in_opened(struct acc_xmpp_link *l);
void acc_xmpp_in_item(struct acc_xmpp_link *l, const struct acc_xmpp_item *i);
/** Somebody has proved who he is. */
void acc_xmpp_in_ready(struct acc_xmpp_in_link *n, bool is_external);

/* -- dialback: xmpp_in_dialback.c -- */

struct acc_xmpp_asked { /* the domains that a db:result or db:verify names */
	struct acc_xmpp_who who;
	char own[ACC_XMPP_DOMAIN_LEN];
};
enum acc_xmpp_reason acc_xmpp_asked_read(struct acc_xmpp_asked *a,
					 const struct topo *t,
					 const struct acc_xmpp_item *i);
/** The authoritative server about a key; acc_xmpp_in_verdict follows. */
void acc_xmpp_in_ask(struct acc_xmpp_in_link *n, const struct acc_xmpp_asked *a,
		     const struct acc_xmpp_item *i);
/** Whether a key is ours. */
void acc_xmpp_in_answer(struct acc_xmpp_in_link *n,
			const struct acc_xmpp_asked *a,
			const struct acc_xmpp_item *i);

#endif
