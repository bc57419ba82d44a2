/* Our streams to partners: negotiation. */
#include <string.h>

#include "access-edge/xmpp_out_link.h"
#include "access-edge/xmpp_proxy.h"
#include "access-edge/xmpp_say.h"
#include "access-edge/xmpp_tell.h"
#include "access-edge/xmpp_trust.h"

enum { SAY_LEN = 8192 /* ours: an answer of negotiation [bytes] */ };

static struct acc_xmpp_out_link *of(struct acc_xmpp_link *l)
{
	return (struct acc_xmpp_out_link *)l;
}

static void open_stream(struct acc_xmpp_out_link *o)
{
	acc_xmpp_link_say_header(&o->link, false, true);
}

static void say_result(struct acc_xmpp_out_link *o)
{
	struct acc_xmpp_link *l = &o->link;
	char buf[SAY_LEN], key[ACC_DIALBACK_KEY_LEN];
	struct edge_put w = edge_put(buf, sizeof(buf));
	struct acc_xmpp_dialback_word d = {
		.name = "result", .from = l->own, .to = l->domain};

	if (acc_dialback_key(&l->core->dialback, key, l->domain, l->own,
			     edge_slice_str(o->their_id)) != EDGE_OK) {
		acc_xmpp_link_end(l, ACC_XMPP_R_INTERNAL);
		return;
	}
	d.key = edge_slice_str(key);
	acc_xmpp_put_dialback(&w, &d);
	acc_xmpp_link_say(l, &w);
	edge_wipe(key, sizeof(key));
}

static void say_verify(struct acc_xmpp_out_link *o)
{
	struct acc_xmpp_link *l = &o->link;
	char buf[SAY_LEN];
	struct edge_put w = edge_put(buf, sizeof(buf));
	const struct acc_xmpp_dialback_word d = {
		.name = "verify",
		.from = l->own,
		.to = l->domain,
		.id = edge_slice_str(o->asked_id),
		.key = edge_slice_str(o->key)};

	acc_xmpp_put_dialback(&w, &d);
	acc_xmpp_link_say(l, &w);
}

static void say(struct acc_xmpp_out_link *o, enum acc_xmpp_out_act act)
{
	char buf[SAY_LEN];
	struct edge_put w = edge_put(buf, sizeof(buf));
	enum edge_err err = EDGE_OK;

	if (act == ACC_OUT_DO_STARTTLS)
		acc_xmpp_put_starttls(&w);
	else
		err = acc_xmpp_put_auth(&w, o->link.own);
	if (err)
		acc_xmpp_link_end(&o->link, ACC_XMPP_R_INTERNAL);
	else
		acc_xmpp_link_say(&o->link, &w);
}

static void step(struct acc_xmpp_out_link *o, enum acc_xmpp_out_event ev)
{
	struct acc_xmpp_link *l = &o->link;
	const bool was_admitted = o->out.state == ACC_OUT_ADMITTED;
	const struct acc_xmpp_out_step s = acc_xmpp_out_next(&o->out, ev);

	switch (s.act) {
	case ACC_OUT_DO_NOTHING:
		return;
	case ACC_OUT_DO_OPEN:
		open_stream(o);
		return;
	case ACC_OUT_DO_STARTTLS:
	case ACC_OUT_DO_AUTH:
		say(o, s.act);
		return;
	case ACC_OUT_DO_HANDSHAKE:
		acc_xmpp_link_start_tls(l, l->core->tls_out, l->domain);
		return;
	case ACC_OUT_DO_RESULT:
		say_result(o);
		return;
	case ACC_OUT_DO_VERIFY:
		say_verify(o);
		return;
	case ACC_OUT_DO_READY:
		acc_xmpp_out_ready(o, was_admitted);
		return;
	case ACC_OUT_DO_VALID:
	case ACC_OUT_DO_INVALID:
		acc_xmpp_out_verdict(o, s.act == ACC_OUT_DO_VALID
						? ACC_XMPP_R_OK
						: ACC_XMPP_R_DIALBACK_KEY);
		acc_xmpp_link_end(l, ACC_XMPP_R_OK);
		return;
	case ACC_OUT_DO_REFUSE:
		acc_xmpp_link_end(l, s.reason);
		return;
	}
}

static void on_header(struct acc_xmpp_out_link *o,
		      const struct acc_xmpp_item *i)
{
	o->out.has_features = acc_xmpp_item_version(i) >= 1;
	if (!edge_slice_copy(o->their_id, sizeof(o->their_id), i->id))
		*o->their_id = '\0';
	step(o, ACC_OUT_HEADER);
}

static void on_features(struct acc_xmpp_out_link *o,
			const struct acc_xmpp_item *i)
{
	o->out.offers_tls = acc_xmpp_item_part(i, ACC_NS_TLS, "starttls");
	o->out.offers_external = false;
	for (size_t n = 0; n < i->part_count; n++)
		if (i->parts[n].ns == ACC_NS_SASL &&
		    strcmp(i->parts[n].name, "mechanism") == 0 &&
		    strcmp(i->parts[n].text, "EXTERNAL") == 0)
			o->out.offers_external = true;
	step(o, ACC_OUT_FEATURES);
}

/* A verdict is one only of this pair, and about this stream. */
static enum acc_xmpp_out_event verdict_of(const struct acc_xmpp_out_link *o,
					  const struct acc_xmpp_item *i)
{
	const bool is_verify = o->link.kind == ACC_XMPP_LINK_VERIFY;

	if (!acc_xmpp_item_is(i, ACC_NS_DIALBACK,
			      is_verify ? "verify" : "result") ||
	    !edge_slice_ieq_str(i->from, o->link.domain) ||
	    !edge_slice_ieq_str(i->to, o->link.own) ||
	    (is_verify && !edge_slice_eq_str(i->id, o->asked_id)))
		return ACC_OUT_OTHER;
	if (i->type.p && edge_slice_eq_str(i->type, "valid"))
		return ACC_OUT_VALID;
	if (i->type.p && edge_slice_eq_str(i->type, "invalid"))
		return ACC_OUT_INVALID;
	return i->type.p && edge_slice_eq_str(i->type, "error") ? ACC_OUT_UNSURE
								: ACC_OUT_OTHER;
}

/* Nobody has proved who he is to us on a stream of ours. */
static void drop_stanza(struct acc_xmpp_out_link *o,
			const struct acc_xmpp_item *i)
{
	const struct acc_xmpp_stanza_told told = {
		"in", i->name, i->from, i->to, ACC_XMPP_R_NOT_READY, false};

	acc_xmpp_tell_stanza(o->link.core, &told);
}

static void on_element(struct acc_xmpp_out_link *o,
		       const struct acc_xmpp_item *i)
{
	static const struct {
		const char *name;
		enum acc_xmpp_ns ns;
		enum acc_xmpp_out_event ev;
	} rows[] = {
		{"proceed", ACC_NS_TLS, ACC_OUT_PROCEED},
		{"failure", ACC_NS_TLS, ACC_OUT_FAILURE},
		{"success", ACC_NS_SASL, ACC_OUT_SUCCESS},
		{"failure", ACC_NS_SASL, ACC_OUT_FAILURE},
	};

	if (acc_xmpp_item_is(i, ACC_NS_STREAM, "error")) {
		acc_xmpp_link_error(&o->link, i);
		return;
	}
	if (acc_xmpp_item_is(i, ACC_NS_STREAM, "features")) {
		on_features(o, i);
		return;
	}
	if (o->out.state == ACC_OUT_READY && acc_xmpp_is_stanza(i)) {
		drop_stanza(o, i);
		return;
	}
	for (size_t n = 0; n < sizeof(rows) / sizeof(*rows); n++)
		if (acc_xmpp_item_is(i, rows[n].ns, rows[n].name)) {
			if (rows[n].ev == ACC_OUT_SUCCESS)
				acc_xmpp_link_restart(&o->link);
			step(o, rows[n].ev);
			return;
		}
	step(o, verdict_of(o, i));
}

void acc_xmpp_out_item(struct acc_xmpp_link *l, const struct acc_xmpp_item *i)
{
	if (i->kind == ACC_XMPP_HEADER)
		on_header(of(l), i);
	else
		on_element(of(l), i);
}

void acc_xmpp_out_opened(struct acc_xmpp_link *l)
{
	struct acc_xmpp_out_link *o = of(l);
	enum acc_xmpp_reason r;

	if (edge_conn_is_plain(l->conn)) {
		step(o, ACC_OUT_CONNECTED);
		return;
	}
	o->out.is_secured = true;
	r = acc_xmpp_trust_met(l, &o->who);
	o->out.is_certified = r == ACC_XMPP_R_OK;
	if (r == ACC_XMPP_R_REVOKED)
		acc_xmpp_link_end(l, r);
	else
		step(o, ACC_OUT_TLS_DONE);
}
