/* Partners' streams to us: dialback, AE 6.3 step 7. */
#include <stdio.h>

#include "access-edge/xmpp_in.h"
#include "access-edge/xmpp_in_link.h"
#include "access-edge/xmpp_out.h"
#include "access-edge/xmpp_room.h"
#include "access-edge/xmpp_say.h"

enum { SAY_LEN = 8192 /* ours: a word of dialback [bytes] */ };

static void say_dialback(struct acc_xmpp_link *l,
			 const struct acc_xmpp_dialback_word *d)
{
	char buf[SAY_LEN];
	struct edge_put w = edge_put(buf, sizeof(buf));

	acc_xmpp_put_dialback(&w, d);
	acc_xmpp_link_say(l, &w);
}

enum acc_xmpp_reason acc_xmpp_in_asked(struct acc_xmpp_in_asked *a,
				       const struct topo *t,
				       const struct acc_xmpp_item *i)
{
	if (!acc_xmpp_is_own(a->own, t, i->to))
		return ACC_XMPP_R_HOST_UNKNOWN;
	return acc_xmpp_partner_find(&a->who, t, i->from);
}

/* XEP-0220 2.1.1: an invalid key ends the stream; an error ends it as long as
 * nobody is proved. */
static void conclude(struct acc_xmpp_in_link *n, struct acc_xmpp_pair *p,
		     enum acc_xmpp_reason r)
{
	struct acc_xmpp_link *l = &n->link;
	struct acc_xmpp_dialback_word d = {.name = "result",
					   .from = p->own,
					   .to = p->domain,
					   .type = "valid"};
	struct acc_xmpp_who w;

	p->question = 0;
	if (!r)
		r = acc_xmpp_partner_find(&w, l->core->topo,
					  edge_slice_str(p->domain));
	if (!r && !l->is_ready)
		r = acc_xmpp_room(l->core, w.partner, true);
	if (!r &&
	    acc_xmpp_in_next(&n->in, ACC_IN_VALID).act == ACC_IN_DO_REFUSE)
		r = ACC_XMPP_R_OUT_OF_ORDER;
	if (r)
		d.type = r == ACC_XMPP_R_DIALBACK_KEY ? "invalid" : "error";
	say_dialback(l, &d);
	if (r && (!l->is_ready || r == ACC_XMPP_R_DIALBACK_KEY))
		acc_xmpp_link_end(l, r);
	else if (r)
		acc_xmpp_pairs_drop(&n->pairs, p);
	if (r || l->is_over)
		return;
	p->is_proved = true;
	if (!l->is_ready)
		acc_xmpp_in_ready(n, w.partner, false);
}

static void inquire(struct acc_xmpp_in_link *n, struct acc_xmpp_pair *p,
		    const struct acc_xmpp_in_asked *a, struct edge_slice key)
{
	struct acc_xmpp_link *l = &n->link;
	const struct acc_xmpp_question q = {
		.asker = l->id,
		.source = &n->source,
		.who = &a->who,
		.own = a->own,
		.stream_id = edge_slice_str(l->stream_id),
		.key = key};
	enum edge_err err;

	n->questions++;
	err = acc_xmpp_out_verify(l->core, &q, &p->question);
	if (err)
		conclude(n, p,
			 err == EDGE_ELIMIT ? ACC_XMPP_R_CONNECTIONS
					    : ACC_XMPP_R_DIALBACK_FAILED);
}

void acc_xmpp_in_ask(struct acc_xmpp_in_link *n,
		     const struct acc_xmpp_in_asked *a,
		     const struct acc_xmpp_item *i)
{
	struct acc_xmpp_link *l = &n->link;
	const struct edge_slice key = edge_slice_trim(i->text);
	struct acc_xmpp_pair *p =
		acc_xmpp_pairs_add(&n->pairs, a->who.domain, a->own);

	if (!p) {
		acc_xmpp_link_end(l, ACC_XMPP_R_DOMAINS);
		return;
	}
	if (!*l->domain) { /* whose header said nothing */
		snprintf(l->domain, sizeof(l->domain), "%s", a->who.domain);
		n->who = a->who;
	}
	if (p->question) /* the answer to the first one is for all */
		return;
	if (i->is_text_cut || !edge_slice_len(key))
		conclude(n, p, ACC_XMPP_R_DIALBACK_KEY);
	else if (p->is_proved)
		conclude(n, p, ACC_XMPP_R_OK);
	else if (n->questions < ACC_XMPP_QUESTIONS)
		inquire(n, p, a, key);
	else
		acc_xmpp_link_end(l, ACC_XMPP_R_DOMAINS);
}

void acc_xmpp_in_verdict(struct acc_xmpp_core *c, edge_handle stream,
			 edge_handle question, enum acc_xmpp_reason r)
{
	struct acc_xmpp_link *l = acc_xmpp_link_find(c, stream);
	struct acc_xmpp_in_link *n = (struct acc_xmpp_in_link *)l;
	struct acc_xmpp_pair *p;

	if (!l || l->is_over || l->kind != ACC_XMPP_LINK_IN)
		return;
	p = acc_xmpp_pairs_asked(&n->pairs, question);
	if (p)
		conclude(n, p, r);
}

void acc_xmpp_in_drop_questions(struct acc_xmpp_in_link *n)
{
	for (size_t i = 0; i < n->pairs.count; i++) {
		struct acc_xmpp_link *l = acc_xmpp_link_find(
			n->link.core, n->pairs.all[i].question);

		n->pairs.all[i].question = 0;
		if (l)
			acc_xmpp_link_end(l, ACC_XMPP_R_OK);
	}
}

void acc_xmpp_in_answer(struct acc_xmpp_in_link *n,
			const struct acc_xmpp_in_asked *a,
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

	n->link.has_answered = true;
	acc_xmpp_count(c, is_ours ? ACC_STAT_XMPP_KEYS_VALID
				  : ACC_STAT_XMPP_KEYS_INVALID);
	say_dialback(&n->link, &d);
}
