/* Partners' streams to us. */
#include "access-edge/xmpp_in.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "access-edge/limits.h"
#include "access-edge/xmpp_in_link.h"
#include "access-edge/xmpp_proxy.h"
#include "access-edge/xmpp_room.h"
#include "access-edge/xmpp_say.h"
#include "access-edge/xmpp_tell.h"
#include "access-edge/xmpp_trust.h"

enum { SAY_LEN = 8192 /* ours: an answer of negotiation [bytes] */ };

static struct acc_xmpp_in_link *of(struct acc_xmpp_link *l)
{
	return (struct acc_xmpp_in_link *)l;
}

void acc_xmpp_in_ready(struct acc_xmpp_in_link *n,
		       const struct topo_xmpp_partner *p, bool is_external)
{
	struct acc_xmpp_link *l = &n->link;
	const struct topo_xmpp_gateway *g = &l->core->topo->xmpp_gateway;
	const bool keeps = n->who.partner && n->who.partner->keep_alive;

	if (!n->was_secured)
		edge_admit_secured(l->core->admit, &n->source);
	n->was_secured = true;
	l->partner = p;
	acc_xmpp_link_ready(l, (uint64_t)g->idle_s * 1000,
			    keeps ? (uint64_t)g->keep_alive_s * 500 : 0);
	acc_xmpp_count(l->core, is_external ? ACC_STAT_XMPP_IN_EXTERNAL
					    : ACC_STAT_XMPP_IN_DIALBACK);
	acc_xmpp_tell_ready(l, is_external ? "external" : "dialback");
}

/* -- what is said ------------------------------------------------------- */

static void say_features(struct acc_xmpp_in_link *n)
{
	struct acc_xmpp_link *l = &n->link;
	const enum acc_xmpp_in_state at = n->in.state;
	const bool is_open = at == ACC_IN_CLEAR || at == ACC_IN_SECURE;
	const struct acc_xmpp_features f = {
		.tls = at == ACC_IN_CLEAR && n->in.mode.tls,
		.tls_required = n->in.mode.tls_required,
		.external = is_open && acc_xmpp_in_offers_external(&n->in),
		.dialback = is_open && acc_xmpp_in_offers_dialback(&n->in),
	};
	char buf[SAY_LEN];
	struct edge_put w = edge_put(buf, sizeof(buf));
	const enum acc_xmpp_reason r =
		at == ACC_IN_READY
			? acc_xmpp_room(l->core, n->who.partner, true)
			: ACC_XMPP_R_OK;

	if (r) {
		acc_xmpp_link_end(l, r);
		return;
	}
	acc_xmpp_link_say_header(l, true, n->says_version);
	if (n->says_version) {
		acc_xmpp_put_features(&w, &f);
		acc_xmpp_link_say(l, &w);
	}
	if (at == ACC_IN_READY && !l->is_over)
		acc_xmpp_in_ready(n, n->who.partner, true);
}

static void say_word(struct acc_xmpp_link *l, void (*put)(struct edge_put *w))
{
	char buf[512];
	struct edge_put w = edge_put(buf, sizeof(buf));

	put(&w);
	acc_xmpp_link_say(l, &w);
}

/* RFC 6120 6.5; the last one is said before the stream ends. */
static void say_failure(struct acc_xmpp_in_link *n, enum acc_xmpp_reason r)
{
	char buf[512];
	struct edge_put w = edge_put(buf, sizeof(buf));

	acc_xmpp_put_sasl_failure(&w, n->in.is_external ? "not-authorized"
							: "invalid-mechanism");
	acc_xmpp_link_say(&n->link, &w);
	if (r)
		acc_xmpp_link_end(&n->link, r);
}

static void proceed(struct acc_xmpp_in_link *n)
{
	struct acc_xmpp_link *l = &n->link;

	if (!acc_xmpp_link_has_rest(l))
		say_word(l, acc_xmpp_put_proceed);
	acc_xmpp_link_start_tls(l, l->core->tls_in, NULL);
}

static void succeed(struct acc_xmpp_in_link *n)
{
	struct acc_xmpp_link *l = &n->link;
	struct acc_xmpp_pair *p =
		acc_xmpp_pairs_add(&n->pairs, l->domain, l->own);

	if (!p) {
		acc_xmpp_link_end(l, ACC_XMPP_R_DOMAINS);
		return;
	}
	acc_xmpp_in_drop_questions(n); /* of the stream that ends now */
	p->is_proved = p->is_external = true;
	say_word(l, acc_xmpp_put_success);
	acc_xmpp_link_restart(l);
}

/* -- steps -------------------------------------------------------------- */

static void relay(struct acc_xmpp_in_link *n, const struct acc_xmpp_item *i)
{
	struct acc_xmpp_link *l = &n->link;
	char domain[ACC_XMPP_DOMAIN_LEN], own[ACC_XMPP_DOMAIN_LEN];
	struct acc_xmpp_who w;
	struct acc_xmpp_speaker s;
	const struct acc_xmpp_pair *p;

	if (!acc_xmpp_domain_of(own, i->to) ||
	    !acc_xmpp_is_own(own, l->core->topo, edge_slice_str(own))) {
		acc_xmpp_link_end(l, ACC_XMPP_R_STANZA_TO);
		return;
	}
	p = acc_xmpp_domain_of(domain, i->from)
		    ? acc_xmpp_pairs_speaker(&n->pairs, domain, own)
		    : NULL;
	if (!p ||
	    acc_xmpp_partner_find(&w, l->core->topo, edge_slice_str(domain)) !=
		    ACC_XMPP_R_OK) {
		acc_xmpp_link_end(l, ACC_XMPP_R_STANZA_FROM);
		return;
	}
	s = (struct acc_xmpp_speaker){w.partner, p->domain, own,
				      p->is_external};
	acc_xmpp_inward(l, i, &s);
}

static void step(struct acc_xmpp_in_link *n, enum acc_xmpp_in_event ev,
		 const struct acc_xmpp_item *said,
		 const struct acc_xmpp_in_asked *about)
{
	static const struct acc_xmpp_item nothing;
	static const struct acc_xmpp_in_asked nobody;
	const struct acc_xmpp_item *i = said ? said : &nothing;
	const struct acc_xmpp_in_asked *a = about ? about : &nobody;
	struct acc_xmpp_link *l = &n->link;
	const struct acc_xmpp_in_step s = acc_xmpp_in_next(&n->in, ev);

	switch (s.act) {
	case ACC_IN_DO_NOTHING:
		return;
	case ACC_IN_DO_FEATURES:
		say_features(n);
		return;
	case ACC_IN_DO_PROCEED:
		proceed(n);
		return;
	case ACC_IN_DO_SUCCESS:
		succeed(n);
		return;
	case ACC_IN_DO_FAILURE:
		say_failure(n, s.reason);
		return;
	case ACC_IN_DO_ASK:
		acc_xmpp_in_ask(n, a, i);
		return;
	case ACC_IN_DO_ANSWER:
		acc_xmpp_in_answer(n, a, i);
		return;
	case ACC_IN_DO_RELAY:
		relay(n, i);
		return;
	case ACC_IN_DO_REFUSE:
		acc_xmpp_link_end(l, s.reason);
		return;
	}
}

/* Who the header says he is; may be said later, but not otherwise. */
static enum acc_xmpp_reason read_from(struct acc_xmpp_in_link *n,
				      const struct acc_xmpp_item *i)
{
	struct acc_xmpp_link *l = &n->link;
	struct acc_xmpp_who w;
	enum acc_xmpp_reason r;

	if (!edge_slice_len(i->from))
		return ACC_XMPP_R_OK;
	r = acc_xmpp_partner_find(&w, l->core->topo, i->from);
	if (r)
		return r;
	if (*l->domain)
		return strcmp(l->domain, w.domain) == 0
			       ? ACC_XMPP_R_OK
			       : ACC_XMPP_R_FROM_CHANGED;
	r = acc_xmpp_room(l->core, NULL, true);
	if (r)
		return r;
	n->who = w;
	snprintf(l->domain, sizeof(l->domain), "%s", w.domain);
	return ACC_XMPP_R_OK;
}

static void on_header(struct acc_xmpp_in_link *n, const struct acc_xmpp_item *i)
{
	struct acc_xmpp_link *l = &n->link;
	char own[ACC_XMPP_DOMAIN_LEN];
	enum acc_xmpp_reason r = ACC_XMPP_R_OK;

	n->says_version = acc_xmpp_item_version(i) >= 1;
	if (!acc_xmpp_is_own(own, l->core->topo, i->to))
		r = ACC_XMPP_R_HOST_UNKNOWN;
	else if (*l->own && strcmp(l->own, own) != 0)
		r = ACC_XMPP_R_FROM_CHANGED;
	if (!r) {
		memcpy(l->own, own, sizeof(l->own));
		r = read_from(n, i);
	}
	if (r) {
		acc_xmpp_link_end(l, r);
		return;
	}
	n->in.has_from = n->who.partner != NULL;
	n->in.mode = n->in.has_from ? n->who.mode : acc_xmpp_mode_unknown();
	r = n->in.is_secured && n->in.has_from ? acc_xmpp_trust_met(l, &n->who)
					       : ACC_XMPP_R_CERTIFICATE;
	n->in.is_certified = r == ACC_XMPP_R_OK;
	if (r == ACC_XMPP_R_REVOKED)
		acc_xmpp_link_end(l, r);
	else
		step(n, ACC_IN_HEADER, i, NULL);
}

static void on_dialback(struct acc_xmpp_in_link *n,
			const struct acc_xmpp_item *i,
			enum acc_xmpp_in_event ev)
{
	struct acc_xmpp_in_asked a;
	const enum acc_xmpp_reason r =
		acc_xmpp_in_asked(&a, n->link.core->topo, i);

	if (r) {
		acc_xmpp_link_end(&n->link, r);
		return;
	}
	n->in.mode = a.who.mode;
	step(n, ev, i, &a);
}

static void on_auth(struct acc_xmpp_in_link *n, const struct acc_xmpp_item *i)
{
	n->in.is_external =
		i->mechanism.p && edge_slice_eq_str(i->mechanism, "EXTERNAL");
	n->in.is_self =
		!i->is_text_cut && acc_xmpp_auth_is(i->text, n->link.domain);
	step(n, ACC_IN_AUTH, i, NULL);
}

static void on_element(struct acc_xmpp_in_link *n,
		       const struct acc_xmpp_item *i)
{
	n->in.mode = n->in.has_from ? n->who.mode : acc_xmpp_mode_unknown();
	if (acc_xmpp_is_stanza(i))
		step(n, ACC_IN_STANZA, i, NULL);
	else if (acc_xmpp_item_is(i, ACC_NS_TLS, "starttls"))
		step(n, ACC_IN_STARTTLS, i, NULL);
	else if (acc_xmpp_item_is(i, ACC_NS_SASL, "auth"))
		on_auth(n, i);
	else if (acc_xmpp_item_is(i, ACC_NS_DIALBACK, "result"))
		on_dialback(n, i, ACC_IN_RESULT);
	else if (acc_xmpp_item_is(i, ACC_NS_DIALBACK, "verify"))
		on_dialback(n, i, ACC_IN_VERIFY);
	else if (acc_xmpp_item_is(i, ACC_NS_STREAM, "error"))
		acc_xmpp_link_error(&n->link, i);
	else
		step(n, ACC_IN_OTHER, i, NULL);
}

static void on_item(struct acc_xmpp_link *l, const struct acc_xmpp_item *i)
{
	if (i->kind == ACC_XMPP_HEADER)
		on_header(of(l), i);
	else
		on_element(of(l), i);
}

static void on_opened(struct acc_xmpp_link *l)
{
	of(l)->in.is_secured = true;
	acc_xmpp_in_drop_questions(of(l));
	of(l)->pairs.count = 0; /* what was asked in the clear is forgotten */
	step(of(l), ACC_IN_TLS_DONE, NULL, NULL);
}

static void on_over(struct acc_xmpp_link *l, enum acc_xmpp_reason r)
{
	(void)r;
	acc_xmpp_in_drop_questions(of(l));
	edge_admit_leave(l->core->admit, &of(l)->source, of(l)->was_secured);
}

static const struct acc_xmpp_role role = {
	.name = "in",
	.opened = on_opened,
	.item = on_item,
	.over = on_over,
};

/* -- its beginning ------------------------------------------------------ */

static void on_late(struct edge_timer *t, uint64_t now_ms)
{
	struct acc_xmpp_link *l = acc_xmpp_link_of_deadline(t);

	(void)now_ms;
	/* who only asks about our keys has had what he came for */
	acc_xmpp_link_end(l, l->has_answered ? ACC_XMPP_R_IDLE
					     : ACC_XMPP_R_ESTABLISH_TIME);
}

static enum acc_xmpp_reason verdict_reason(enum edge_admit_verdict v)
{
	static const enum acc_xmpp_reason reasons[] = {
		[EDGE_ADMIT_OK] = ACC_XMPP_R_OK,
		[EDGE_ADMIT_TOTAL] = ACC_XMPP_R_CONNECTIONS,
		[EDGE_ADMIT_SOURCE] = ACC_XMPP_R_SOURCE,
		[EDGE_ADMIT_HANDSHAKES] = ACC_XMPP_R_HANDSHAKES,
		[EDGE_ADMIT_PENALTY] = ACC_XMPP_R_SOURCE,
		[EDGE_ADMIT_UNKNOWN] = ACC_XMPP_R_CONNECTIONS,
		[EDGE_ADMIT_BUSY] = ACC_XMPP_R_CONNECTIONS,
		[EDGE_ADMIT_RATE] = ACC_XMPP_R_SOURCE,
	};

	return reasons[v];
}

static bool begin(struct acc_xmpp_core *c, int fd, const struct edge_addr *from)
{
	struct acc_xmpp_in_link *n = calloc(1, sizeof(*n));

	if (!n || acc_xmpp_link_init(&n->link, c, &role, ACC_XMPP_LINK_IN) !=
			  EDGE_OK) {
		free(n);
		close(fd);
		return false;
	}
	n->source = *from;
	n->in.mode = acc_xmpp_mode_unknown();
	if (acc_xmpp_link_accept(&n->link, fd, NULL) != EDGE_OK) {
		acc_xmpp_link_undo(&n->link);
		return false;
	}
	acc_xmpp_link_expect(&n->link,
			     (uint64_t)c->topo->xmpp_gateway.establish_s * 1000,
			     on_late);
	return true;
}

bool acc_xmpp_in_accept(struct acc_xmpp_core *c, int fd,
			const struct edge_addr *from)
{
	const enum acc_xmpp_reason r =
		c->is_draining ? ACC_XMPP_R_SHUTDOWN
			       : verdict_reason(edge_admit_enter(
					 c->admit, from, acc_xmpp_now(c)));

	if (r) {
		acc_xmpp_tell_refused(c, from, role.name, r);
		close(fd);
		return false;
	}
	if (!begin(c, fd, from)) {
		edge_admit_leave(c->admit, from, false);
		acc_xmpp_tell_refused(c, from, role.name, ACC_XMPP_R_INTERNAL);
		return false;
	}
	acc_xmpp_count(c, ACC_STAT_XMPP_ACCEPTED);
	return true;
}

/* By the topology of now: whose place it takes is the first one's it has
 * proved, and all that it has proved or is about to is to be proved as that one
 * may. One that is no partner any more has only no voice. */
static enum acc_xmpp_reason look_at_pairs(struct acc_xmpp_in_link *n)
{
	struct acc_xmpp_link *l = &n->link;
	struct acc_xmpp_who w;

	l->partner = NULL;
	for (size_t i = 0; i < n->pairs.count; i++) {
		const struct acc_xmpp_pair *p = &n->pairs.all[i];

		if ((!p->is_proved && !p->question) ||
		    acc_xmpp_partner_find(&w, l->core->topo,
					  edge_slice_str(p->domain)))
			continue;
		if (!acc_xmpp_stream_fits(&w.mode, p->is_external,
					  n->in.is_secured))
			return ACC_XMPP_R_PARTNER_MODE;
		if (p->is_proved && l->is_ready && !l->partner)
			l->partner = w.partner;
	}
	return ACC_XMPP_R_OK;
}

void acc_xmpp_in_topology(struct acc_xmpp_link *l)
{
	struct acc_xmpp_in_link *n = of(l);
	struct acc_xmpp_who w;
	char own[ACC_XMPP_DOMAIN_LEN];
	enum acc_xmpp_reason r = ACC_XMPP_R_OK;

	if (*l->domain)
		r = acc_xmpp_partner_find(&w, l->core->topo,
					  edge_slice_str(l->domain));
	if (!r && *l->domain)
		n->who = w;
	if (!r && *l->own &&
	    !acc_xmpp_is_own(own, l->core->topo, edge_slice_str(l->own)))
		r = ACC_XMPP_R_HOST_UNKNOWN;
	if (!r)
		r = look_at_pairs(n);
	if (r)
		acc_xmpp_link_end(l, r);
}
