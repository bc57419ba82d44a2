/* A request on its way through: firewall, trust, routes, Via, hops. */
#include "access-edge/rewrite.h"

#include <string.h>

#include "access-edge/contact.h"
#include "access-edge/firewall.h"
#include "access-edge/hide.h"
#include "access-edge/host.h"
#include "access-edge/route_token.h"
#include "access-edge/trust.h"

enum {
	MAX_FORWARDS = 70, /* RFC 3261 8.1.1.6, and our cap (AE 5) [hops] */
	ENTRY_CAP = 1024,  /* ours: a Record-Route entry, NUL included */
	LINE_CAP = 1024,   /* ours: a line of ours */
};

/* What one rewrite works on. */
struct work {
	struct edge_sip_edit *e;
	const struct acc_view *v;
	const struct edge_sip_msg *m;
	const struct acc_source *from;
	const struct acc_decision *d;
	const struct acc_stamp *stamp;
};

/* AE 2.4 first rows: where it really came from, over what was sent. */
static void stamp_via(const struct work *w)
{
	static const char *const names[] = {"received", "ms-received-port",
					    "ms-received-cid"};
	const struct edge_sip_via *via = &w->m->via;
	char text[LINE_CAP], ip[EDGE_ADDR_STRLEN];
	struct edge_put put = edge_put(text, sizeof(text));

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		edge_sip_edit_cut_param(w->e, via->params, names[i]);
	if (!acc_host_is_ip(via->host, &w->from->remote)) {
		edge_addr_print_ip(&w->from->remote, false, ip);
		edge_put_str(&put, ";received=");
		edge_put_str(&put, ip);
	}
	edge_put_str(&put, ";ms-received-port=");
	edge_put_dec(&put, w->from->remote.port);
	edge_put_str(&put, ";ms-received-cid=");
	edge_put_hex(&put, w->from->cid);
	edge_sip_edit_put(w->e, via->text.end, "%.*s", (int)edge_put_len(&put),
			  text);
}

/* The Route entries of one header line: list[lo] to list[hi - 1]; those from
 * first to last - 1 stay. */
struct route_line {
	size_t lo, hi, first, last;
	int line;
};

static void edit_route_line(const struct work *w,
			    const struct edge_sip_addr *list,
			    const struct route_line *r)
{
	if (r->first >= r->last) {
		edge_sip_edit_delete(w->e, r->line);
		return;
	}
	if (r->first > r->lo)
		edge_sip_edit_cut(w->e,
				  (struct edge_slice){list[r->lo].text.p,
						      list[r->first].text.p});
	if (r->last < r->hi)
		edge_sip_edit_cut(
			w->e, (struct edge_slice){list[r->last - 1].text.end,
						  list[r->hi - 1].text.end});
	for (size_t i = r->first; i < r->last && w->from->role != ACC_ROLE_INT;
	     i++) {
		edge_sip_edit_cut_param(w->e, list[i].params, "ms-edge-route");
		edge_sip_edit_cut_param(w->e, list[i].uri.params,
					"ms-edge-route");
	}
}

/* Own entries go from the top, what became the Request-URI from the end. */
static void edit_routes(const struct work *w)
{
	struct edge_sip_addr list[EDGE_SIP_LIST];
	int line[EDGE_SIP_LIST];
	size_t count, end;

	if (edge_sip_find(w->m, EDGE_SIP_ROUTE, 0) < 0 ||
	    edge_sip_addrs(w->m, EDGE_SIP_ROUTE, list, line, &count))
		return;
	end = w->d->replace_ruri && count ? count - 1 : count;
	for (size_t lo = 0, hi; lo < count; lo = hi) {
		struct route_line r = {.lo = lo, .line = line[lo]};

		for (hi = lo + 1; hi < count && line[hi] == line[lo];)
			hi++;
		r.hi = hi;
		r.first = lo > w->d->pop ? lo : w->d->pop;
		r.last = hi < end ? hi : end;
		edit_route_line(w, list, &r);
	}
	if (w->d->replace_ruri && !*w->d->ruri) {
		struct edge_slice to = w->d->last_route.text;

		edge_sip_edit_cut(w->e, w->m->ruri.text);
		edge_sip_edit_put(w->e, w->m->ruri.text.p, "%.*s",
				  (int)edge_slice_len(to), (const char *)to.p);
	}
}

static void edit_hops(const struct work *w)
{
	int line = edge_sip_find(w->m, EDGE_SIP_MAX_FORWARDS, 0);
	int hops = w->m->max_forwards;
	struct edge_slice value;

	if (line < 0 || hops < 0) {
		edge_sip_edit_append(w->e, "Max-Forwards: 70");
		return;
	}
	if (hops > MAX_FORWARDS)
		hops = MAX_FORWARDS;
	value = w->m->lines[line].value;
	edge_sip_edit_cut(w->e, value);
	edge_sip_edit_put(w->e, value.p, "%d", hops > 0 ? hops - 1 : 0);
}

static bool to_partner(const struct work *w)
{
	return w->d->to == ACC_TO_PARTNER;
}

static enum edge_err put_record_route(const struct work *w,
				      enum acc_token_kind kind, edge_handle cid)
{
	struct acc_token t = {
		.kind = kind,
		.cid = cid,
		.boot = w->v->boot,
		.of_partner =
			to_partner(w) || acc_role_is_partner(w->from->role),
	};
	char entry[ENTRY_CAP], text[ENTRY_CAP + 64];
	struct edge_put put = edge_put(text, sizeof(text));
	enum edge_err err = acc_token_print(w->v, &t, entry, sizeof(entry));

	if (err)
		return err;
	edge_put_str(&put, "Record-Route: ");
	edge_put_str(&put, entry);
	edge_put_str(&put, ";tag=");
	edge_put_str(&put, w->stamp->route_tag);
	if (put.overflow)
		return EDGE_ELIMIT;
	edge_sip_edit_before(w->e, 0, "%.*s", (int)edge_put_len(&put), text);
	return EDGE_OK;
}

/* Toward a partner there is one entry, and in it, sealed, all of the inside. */
static enum edge_err record_hidden(const struct work *w)
{
	const struct acc_token inside = {
		.kind = ACC_TOKEN_INSIDE,
		.cid = w->stamp->peer,
		.boot = w->v->boot,
		.of_partner = true,
	};
	const struct acc_token outside = {
		.kind = ACC_TOKEN_PARTNER,
		.cid = w->stamp->peer,
		.boot = w->v->boot,
		.of_partner = true,
	};
	char own[ENTRY_CAP], entry[ENTRY_CAP], sealed[ACC_SEALED_LEN];
	enum edge_err err = acc_token_print(w->v, &inside, own, sizeof(own));

	if (!w->d->record_route) /* a dialog's routes stay as they are */
		return acc_hide_routes(w->e, w->v, w->m, NULL, sealed);
	if (!err)
		err = acc_hide_routes(w->e, w->v, w->m, own, sealed);
	if (!err)
		err = acc_token_print(w->v, &outside, entry, sizeof(entry));
	if (err)
		return err;
	edge_sip_edit_before(
		w->e, 0, "Record-Route: %.*s;" ACC_HIDDEN_PARAM "=%s>;tag=%s",
		(int)strlen(entry) - 1, entry, sealed, w->stamp->route_tag);
	return EDGE_OK;
}

/* AE 2.6: the sending side's entry on top; REGISTER has the inside one only. */
static enum edge_err record_route(const struct work *w)
{
	bool inward = w->d->to == ACC_TO_NEXT_HOP;
	edge_handle cid = inward	  ? w->from->cid
			  : to_partner(w) ? w->stamp->peer
					  : w->d->client;
	enum acc_token_kind outside =
		to_partner(w) || acc_role_is_partner(w->from->role)
			? ACC_TOKEN_PARTNER
			: ACC_TOKEN_CLIENT;
	bool both = w->m->method != EDGE_SIP_REGISTER &&
		    w->v->options->double_record_route;
	enum edge_err err = EDGE_OK;

	if (to_partner(w))
		return record_hidden(w);
	if (!w->d->record_route)
		return EDGE_OK;
	if (both && !inward)
		err = put_record_route(w, outside, cid);
	if (!err)
		err = put_record_route(w, ACC_TOKEN_INSIDE, cid);
	if (!err && both && inward)
		err = put_record_route(w, outside, cid);
	return err;
}

static void put_fixed_hex(struct edge_put *w, uint64_t value, unsigned digits)
{
	for (unsigned i = digits; i-- > 0;)
		edge_put_u8(
			w, (uint8_t) "0123456789ABCDEF"[value >> (4 * i) & 15]);
}

static void push_via(const struct work *w)
{
	char text[LINE_CAP];
	struct edge_put put = edge_put(text, sizeof(text));

	edge_put_str(&put, "Via: SIP/2.0/TLS ");
	edge_put_str(&put, w->stamp->sent_by);
	edge_put_str(&put, ";branch=z9hG4bK");
	put_fixed_hex(&put, w->stamp->txn, 8);
	edge_put_u8(&put, '.');
	put_fixed_hex(&put, w->stamp->loop_hash, 16);
	edge_put_str(&put, ";branched=FALSE");
	edge_sip_edit_before(w->e, 0, "%.*s", (int)edge_put_len(&put), text);
}

static void put_trust(const struct work *w)
{
	char text[LINE_CAP];
	struct edge_put put = edge_put(text, sizeof(text));
	const struct acc_trust trust = {
		.role = w->from->role,
		.level = w->d->verdict.level,
		.remote = acc_partner_remote(w->v->topo, w->from),
	};

	acc_trust_put(&put, w->v->topo, w->m, &trust);
	edge_sip_edit_append(w->e, "%.*s", (int)edge_put_len(&put), text);
}

/* AE 2.4, 3.1: what partners are told of the sender and of our archive. */
static void put_for_partner(const struct work *w)
{
	char text[LINE_CAP];
	struct edge_put put = edge_put(text, sizeof(text));

	acc_hide_words(w->e, w->v, w->m);
	acc_trust_put_asserted(&put, w->v->topo);
	edge_sip_edit_append(w->e, "%.*s", (int)edge_put_len(&put), text);
	if (w->v->topo->access.archiving_disclaimer)
		edge_sip_edit_append(w->e, "ms-archiving: yes");
}

static enum acc_reason firewall(const struct work *w)
{
	bool inward = w->from->role != ACC_ROLE_INT;
	struct acc_fw_way way = {
		.inward = inward,
		.outside = inward	   ? w->from->role
			   : to_partner(w) ? w->d->partner.role
					   : ACC_ROLE_USR,
		.sees_diagnostics = w->stamp->client_signed_in ||
				    w->v->options->diagnostics_unauthenticated,
		.shares =
			inward ? acc_partner_source_shares(w->v->topo, w->from)
			       : acc_partner_shares(w->v->topo,
						    w->d->partner.role,
						    w->d->partner.name),
	};
	enum acc_reason why = acc_firewall_apply(w->e, w->v, w->m, &way);

	if (!why && to_partner(w))
		put_for_partner(w);
	if (why || !inward)
		return why;
	acc_hide_edge_routes(w->e, w->m);
	put_trust(w);
	if (w->from->role == ACC_ROLE_USR)
		return acc_contact_replace(w->e, w->m, w->from);
	return acc_contact_has_proxy(w->m) ? ACC_REASON_NOT_FIRST_HOP
					   : ACC_REASON_OK;
}

/* AE 2.4 hide_internal_via: the transaction knows them, nobody else needs to.
 */
bool acc_rewrite_hides_via(const struct acc_view *v,
			   const struct acc_decision *d)
{
	return d->to == ACC_TO_PARTNER ||
	       (d->to == ACC_TO_CLIENT && v->options->hide_internal_via);
}

static bool hides_via(const struct work *w)
{
	return acc_rewrite_hides_via(w->v, w->d);
}

/* What a partner brought back of ours, opened again. */
static void show_hidden(const struct work *w)
{
	if (w->d->routes_at)
		edge_sip_edit_before(w->e, 0, "Route: %s",
				     w->d->hidden + w->d->routes_at);
	if (!*w->d->ruri)
		return;
	edge_sip_edit_cut(w->e, w->m->ruri.text);
	edge_sip_edit_put(w->e, w->m->ruri.text.p, "%s", w->d->ruri);
}

enum edge_err acc_rewrite_request(const struct acc_rewrite *r,
				  const struct acc_decision *d,
				  const struct acc_stamp *stamp,
				  struct edge_slice *out,
				  enum acc_reason *reason)
{
	const struct work w = {r->edit, r->view, r->msg, r->from, d, stamp};
	enum edge_err err;

	edge_sip_edit_begin(w.e, w.m);
	*reason = firewall(&w);
	if (*reason)
		return EDGE_EDENIED;
	if (hides_via(&w))
		edge_sip_edit_delete_all(w.e, EDGE_SIP_VIA);
	else
		stamp_via(&w);
	edit_routes(&w);
	show_hidden(&w);
	edit_hops(&w);
	err = record_route(&w);
	if (!err && to_partner(&w))
		err = acc_hide_contacts(w.e, w.v, w.m);
	if (err == EDGE_ELIMIT && to_partner(&w)) {
		*reason = ACC_REASON_ROUTES_TOO_LONG;
		return EDGE_EDENIED;
	}
	if (!err) {
		push_via(&w);
		err = edge_sip_edit_print(w.e, out);
	}
	if (err)
		*reason = ACC_REASON_INTERNAL;
	return err;
}
