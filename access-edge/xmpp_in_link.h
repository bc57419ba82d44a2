/* Partners' streams to us, inside: what xmpp_in.c and xmpp_in_dialback.c share.
 */
#ifndef ACCESS_EDGE_XMPP_IN_LINK_H
#define ACCESS_EDGE_XMPP_IN_LINK_H

#include "access-edge/xmpp_link.h"
#include "access-edge/xmpp_pairs.h"
#include "access-edge/xmpp_stream.h"

struct acc_xmpp_in_link {
	struct acc_xmpp_link link; /* first */
	struct acc_xmpp_in in;
	struct acc_xmpp_who who; /* of the header; partner NULL: not said */
	struct edge_addr source;
	struct acc_xmpp_pairs pairs;
	unsigned questions; /* asked for it so far */
	bool says_version, was_secured;
};

/* The domains that a db:result or db:verify names. */
struct acc_xmpp_in_asked {
	struct acc_xmpp_who who;
	char own[ACC_XMPP_DOMAIN_LEN];
};

/** It has proved itself as that partner, and takes a place of it. */
void acc_xmpp_in_ready(struct acc_xmpp_in_link *n,
		       const struct topo_xmpp_partner *p, bool is_external);
/** OK, HOST_UNKNOWN or what acc_xmpp_partner_find says. */
enum acc_xmpp_reason acc_xmpp_in_asked(struct acc_xmpp_in_asked *a,
				       const struct topo *t,
				       const struct acc_xmpp_item *i);
/** Have the authoritative server asked about a key. */
void acc_xmpp_in_ask(struct acc_xmpp_in_link *n,
		     const struct acc_xmpp_in_asked *a,
		     const struct acc_xmpp_item *i);
/** Say whether a key is ours. */
void acc_xmpp_in_answer(struct acc_xmpp_in_link *n,
			const struct acc_xmpp_in_asked *a,
			const struct acc_xmpp_item *i);
/** Nobody wants to know any more. */
void acc_xmpp_in_drop_questions(struct acc_xmpp_in_link *n);

#endif
