/* Partners' streams to us: keys, theirs and ours; XEP-0220. */
#include <stdio.h>

#include "access-edge/xmpp_in_link.h"
#include "access-edge/xmpp_out.h"

enum { SAY_LEN = 8192 /* ours: an answer of negotiation [bytes] */ };

static struct acc_xmpp_in_link *of(struct acc_xmpp_link *l)
{
	return (struct acc_xmpp_in_link *)l;
}

static void say_dialback(struct acc_xmpp_link *l,
			 const struct acc_xmpp_dialback_word *d)
{
	char buf[SAY_LEN];
	struct edge_put w = edge_put(buf, sizeof(buf));

	acc_xmpp_put_dialback(&w, d);
	acc_xmpp_link_say(l, &w);
}

enum acc_xmpp_reason acc_xmpp_asked_read(struct acc_xmpp_asked *a,
					 const struct topo *t,
					 const struct acc_xmpp_item *i)
{
	if (!acc_xmpp_is_own(a->own, t, i->to))
		return ACC_XMPP_R_HOST_UNKNOWN;
	return acc_xmpp_partner_find(&a->who, t, i->from);
}

void acc_xmpp_in_ask(struct acc_xmpp_in_link *n, const struct acc_xmpp_asked *a,
		     const struct acc_xmpp_item *i)
{
	struct acc_xmpp_link *l = &n->link;
	const struct acc_xmpp_question q = {
		.asker = l->id,
		.who = &a->who,
		.own = a->own,
		.stream_id = edge_slice_str(l->stream_id),
		.key = edge_slice_trim(i->text)};

	if (!acc_xmpp_pair_add(n, a->who.domain, a->own)) {
		acc_xmpp_link_end(l, ACC_XMPP_R_DOMAINS);
		return;
	}
	if (!*l->domain) { /* whose header said nothing */
		snprintf(l->domain, sizeof(l->domain), "%s", a->who.domain);
		n->who = a->who;
	}
	if (i->is_text_cut || !edge_slice_len(q.key))
		acc_xmpp_in_verdict(l->core, l->id, a->who.domain, a->own,
				    ACC_XMPP_R_DIALBACK_KEY);
	else if (acc_xmpp_out_verify(l->core, &q) != EDGE_OK)
		acc_xmpp_in_verdict(l->core, l->id, a->who.domain, a->own,
				    ACC_XMPP_R_DIALBACK_FAILED);
}

void acc_xmpp_in_verdict(struct acc_xmpp_core *c, edge_handle stream,
			 const char *domain, const char *own,
			 enum acc_xmpp_reason r)
{
	struct acc_xmpp_link *l = acc_xmpp_link_find(c, stream);
	struct acc_xmpp_dialback_word d = {
		.name = "result", .from = own, .to = domain, .type = "valid"};
	struct acc_xmpp_pair *p;

	if (!l || l->is_over || l->kind != ACC_XMPP_LINK_IN)
		return;
	p = acc_xmpp_pair_find(of(l), domain, own);
	if (!p)
		return;
	if (!r &&
	    acc_xmpp_in_next(&of(l)->in, ACC_IN_VALID).act == ACC_IN_DO_REFUSE)
		r = ACC_XMPP_R_OUT_OF_ORDER;
	if (r)
		d.type = r == ACC_XMPP_R_DIALBACK_KEY ? "invalid" : "error";
	say_dialback(l, &d);
	if (r) /* XEP-0220 2.1.1: an invalid key ends the stream */
		acc_xmpp_link_end(l, r);
	if (l->is_over)
		return;
	p->is_proved = true;
	if (!l->is_ready)
		acc_xmpp_in_ready(of(l), false);
}

void acc_xmpp_in_answer(struct acc_xmpp_in_link *n,
			const struct acc_xmpp_asked *a,
			const struct acc_xmpp_item *i)
{
	struct acc_xmpp_core *c = n->link.core;
	const bool is_ours =
		acc_dialback_is_ours(&c->dialback, edge_slice_trim(i->text),
				     a->who.domain, a->own, i->id);
	const struct acc_xmpp_dialback_word d = {.name = "verify",
						 .from = a->own,
						 .to = a->who.domain,
						 .id = i->id,
						 .type = is_ours ? "valid"
								 : "invalid"};

	n->has_answered = true;
	acc_xmpp_count(c, is_ours ? ACC_STAT_XMPP_KEYS_VALID
				  : ACC_STAT_XMPP_KEYS_INVALID);
	say_dialback(&n->link, &d);
}
