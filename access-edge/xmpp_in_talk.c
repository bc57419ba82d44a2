/* Partners' streams to us: negotiation, and what they may say then. */
#include <stdio.h>
#include <string.h>

#include "access-edge/xmpp_in_link.h"
#include "access-edge/xmpp_proxy.h"
#include "common/log.h"

enum { SAY_LEN = 8192 /* ours: an answer of negotiation [bytes] */ };

static struct acc_xmpp_in_link *of(struct acc_xmpp_link *l)
{
	return (struct acc_xmpp_in_link *)l;
}

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

	acc_xmpp_link_say_header(l, true, n->says_version);
	if (n->says_version) {
		acc_xmpp_put_features(&w, &f);
		acc_xmpp_link_say(l, &w);
	}
	if (at == ACC_IN_READY && !l->is_over)
		acc_xmpp_in_ready(n, true);
}

static void say_word(struct acc_xmpp_link *l, void (*put)(struct edge_put *w))
{
	char buf[512];
	struct edge_put w = edge_put(buf, sizeof(buf));

	put(&w);
	acc_xmpp_link_say(l, &w);
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
	struct acc_xmpp_pair *p = acc_xmpp_pair_add(n, l->domain, l->own);

	if (!p) {
		acc_xmpp_link_end(l, ACC_XMPP_R_DOMAINS);
		return;
	}
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
		    ? acc_xmpp_pair_find(n, domain, own)
		    : NULL;
	if (!p || !p->is_proved ||
	    acc_xmpp_partner_find(&w, l->core->topo, edge_slice_str(domain)) !=
		    ACC_XMPP_R_OK) {
		acc_xmpp_link_end(l, ACC_XMPP_R_STANZA_FROM);
		return;
	}
	s = (struct acc_xmpp_speaker){w.partner, p->domain, p->own,
				      p->is_external};
	acc_xmpp_inward(l, i, &s);
}

static void step(struct acc_xmpp_in_link *n, enum acc_xmpp_in_event ev,
		 const struct acc_xmpp_item *said,
		 const struct acc_xmpp_asked *about)
{
	static const struct acc_xmpp_item nothing;
	static const struct acc_xmpp_asked nobody;
	const struct acc_xmpp_item *i = said ? said : &nothing;
	const struct acc_xmpp_asked *a = about ? about : &nobody;
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
		say_word(l, acc_xmpp_put_sasl_failure);
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
	r = acc_xmpp_in_room(l->core, &w, true);
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

	n->says_version = i->version.p && *i->version.p >= '1';
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
	n->in.is_certified =
		n->in.is_secured && n->in.has_from &&
		acc_xmpp_is_certified(&n->who, edge_conn_peer(l->conn));
	if (n->in.is_secured && !n->in.is_certified)
		edge_log_escape(l->detail, sizeof(l->detail),
				edge_slice_str(edge_peer_fault_str(
					edge_conn_peer(l->conn)->fault
						? edge_conn_peer(l->conn)->fault
						: EDGE_PEER_NAME)));
	step(n, ACC_IN_HEADER, i, NULL);
}

static void on_dialback(struct acc_xmpp_in_link *n,
			const struct acc_xmpp_item *i,
			enum acc_xmpp_in_event ev)
{
	struct acc_xmpp_asked a;
	const enum acc_xmpp_reason r =
		acc_xmpp_asked_read(&a, n->link.core->topo, i);

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

void acc_xmpp_in_item(struct acc_xmpp_link *l, const struct acc_xmpp_item *i)
{
	if (i->kind == ACC_XMPP_HEADER)
		on_header(of(l), i);
	else
		on_element(of(l), i);
}

void acc_xmpp_in_opened(struct acc_xmpp_link *l)
{
	of(l)->in.is_secured = true;
	of(l)->pair_count = 0; /* what was asked in the clear is forgotten */
	step(of(l), ACC_IN_TLS_DONE, NULL, NULL);
}
