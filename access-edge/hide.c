/* Nothing of the inside leaves toward partners. */
#include "access-edge/hide.h"

#include "access-edge/contact.h"
#include "access-edge/reason.h"
#include "access-edge/reveal.h"

enum { CONTACT_LEN = ACC_SEALED_LEN + 512 };

enum edge_err acc_hidden_of(const struct acc_view *v, enum acc_hidden what,
			    const struct edge_sip_uri *u,
			    char out[ACC_HIDDEN_LEN])
{
	struct edge_slice sealed;

	if (!acc_token_is_ours(v, u) ||
	    !edge_sip_param(u->params, ACC_HIDDEN_PARAM, &sealed))
		return EDGE_ENOTFOUND;
	return acc_token_unseal(v, what, sealed, out);
}

/* -- routes ------------------------------------------------------------- */

/* All entries of Record-Route, with the line of each. */
struct routes {
	struct edge_sip_addr list[EDGE_SIP_LIST];
	int line[EDGE_SIP_LIST];
	size_t count;
};

static enum edge_err read_routes(struct routes *r, const struct edge_sip_msg *m)
{
	r->count = 0;
	if (edge_sip_find(m, EDGE_SIP_RECORD_ROUTE, 0) < 0)
		return EDGE_OK;
	return edge_sip_addrs(m, EDGE_SIP_RECORD_ROUTE, r->list, r->line,
			      &r->count);
}

static void put_entry(struct edge_put *w, struct edge_slice entry)
{
	if (edge_put_len(w))
		edge_put_str(w, ", ");
	edge_put_slice(w, entry);
}

static enum edge_err seal(const struct acc_view *v, const struct edge_put *w,
			  char out[ACC_SEALED_LEN])
{
	return w->overflow ? EDGE_ELIMIT
			   : acc_token_seal(v, ACC_HIDDEN_ROUTES,
					    edge_put_done(w), out);
}

enum edge_err acc_hide_routes(struct edge_sip_edit *e, const struct acc_view *v,
			      const struct edge_sip_msg *m, const char *own,
			      char out[ACC_SEALED_LEN])
{
	char text[ACC_HIDDEN_LEN];
	struct edge_put w = edge_put(text, sizeof(text));
	struct routes r;
	enum edge_err err = read_routes(&r, m);

	out[0] = '\0';
	edge_sip_edit_delete_all(e, EDGE_SIP_RECORD_ROUTE);
	if (err || !own)
		return err;
	put_entry(&w, edge_slice_str(own));
	for (size_t i = 0; i < r.count; i++)
		put_entry(&w, r.list[i].text);
	return seal(v, &w, out);
}

/* Our entry toward the partner; count when there is none. */
static size_t own_entry(const struct acc_view *v, const struct routes *r)
{
	struct acc_token t;
	size_t i = 0;

	while (i < r->count && (!acc_token_is_ours(v, &r->list[i].uri) ||
				acc_token_check(v, &r->list[i].uri, &t) ||
				t.kind != ACC_TOKEN_PARTNER))
		i++;
	return i;
}

/* Entries before that one, with lines that hold nothing else. */
static void cut_above(struct edge_sip_edit *e, const struct routes *r,
		      const struct edge_sip_msg *m, size_t own)
{
	for (size_t i = 0; i < own; i++)
		if (r->line[i] != r->line[own] &&
		    (i == 0 || r->line[i] != r->line[i - 1]))
			edge_sip_edit_delete(e, r->line[i]);
	edge_sip_edit_cut(e, (struct edge_slice){m->lines[r->line[own]].value.p,
						 r->list[own].text.p});
}

enum edge_err acc_hide_answer_routes(struct edge_sip_edit *e,
				     const struct acc_view *v,
				     const struct edge_sip_msg *m)
{
	char text[ACC_HIDDEN_LEN], sealed[ACC_SEALED_LEN];
	struct edge_put w = edge_put(text, sizeof(text));
	struct routes r;
	enum edge_err err = read_routes(&r, m);
	size_t own;

	if (err || !r.count)
		return err;
	own = own_entry(v, &r);
	if (own == r.count) {
		edge_sip_edit_delete_all(e, EDGE_SIP_RECORD_ROUTE);
		return EDGE_OK;
	}
	for (size_t i = own; i-- > 0;) /* nearest first */
		put_entry(&w, r.list[i].text);
	if (!own)
		return EDGE_OK;
	err = seal(v, &w, sealed);
	if (err)
		return err;
	cut_above(e, &r, m, own);
	edge_sip_edit_put(e, r.list[own].uri.text.end,
			  ";" ACC_HIDDEN_PARAM "=%s", sealed);
	return EDGE_OK;
}

/* Behind our own entry; each on a line of its own where that is the end of one,
 * since clients split lines badly (AE, what people get wrong, 7). */
static void put_behind(struct edge_sip_edit *e, const struct edge_sip_msg *m,
		       const struct routes *r, size_t own, const char *text)
{
	struct edge_sip_addr more[EDGE_SIP_LIST];
	int line = r->line[own];
	bool is_last = own + 1 == r->count || r->line[own + 1] != line;
	size_t n = 0;

	if (!is_last || (size_t)line + 1 == m->line_count ||
	    edge_sip_addr_list(edge_slice_str(text), more, &n)) {
		edge_sip_edit_put(e, r->list[own].text.end, ", %s", text);
		return;
	}
	for (size_t i = 0; i < n; i++)
		edge_sip_edit_before(e, line + 1, "Record-Route: %.*s",
				     (int)edge_slice_len(more[i].text),
				     (const char *)more[i].text.p);
}

/* The pair of entries that went out with a request. */
static bool is_pair(const struct acc_view *v, const struct edge_sip_uri *u,
		    enum acc_token_kind kind, edge_handle peer)
{
	struct acc_token t;

	return acc_token_is_ours(v, u) && !acc_token_check(v, u, &t) &&
	       t.kind == kind && t.of_partner && t.cid == peer &&
	       t.boot == v->boot;
}

/* Behind ";lr", where no MAC looks: our two parameters and no more. */
static bool has_no_more(const struct edge_sip_uri *u)
{
	struct edge_slice lr, rest, one;
	size_t count = 0;

	if (!edge_sip_param_raw(u->params, "lr", &lr) ||
	    edge_slice_len(lr) != 3 || edge_slice_len(u->headers))
		return false;
	rest = (struct edge_slice){lr.end, u->params.end};
	while (edge_take_until(&rest, ';', &one))
		count++;
	return count == 2;
}

/* Ours inside, and then what the inside had put there, entry by entry. */
static bool is_recorded(const struct acc_view *v, const char *text,
			const struct acc_asked *asked)
{
	struct edge_sip_addr sealed[EDGE_SIP_LIST];
	struct routes was;
	size_t n = 0;

	if (!asked->request || read_routes(&was, asked->request) ||
	    edge_sip_addr_list(edge_slice_str(text), sealed, &n) ||
	    n != was.count + 1 ||
	    !is_pair(v, &sealed[0].uri, ACC_TOKEN_INSIDE, asked->peer))
		return false;
	for (size_t i = 0; i < was.count; i++)
		if (!edge_slice_eq(sealed[i + 1].text, was.list[i].text))
			return false;
	return true;
}

enum edge_err acc_show_answer_routes(struct edge_sip_edit *e,
				     const struct acc_view *v,
				     const struct edge_sip_msg *m,
				     const struct acc_asked *asked)
{
	char text[ACC_HIDDEN_LEN];
	struct routes r;
	const struct edge_sip_uri *u;
	size_t own;

	if (read_routes(&r, m) || !r.count)
		return EDGE_EAUTH;
	own = r.count - 1; /* whoever is behind it would be asked first */
	u = &r.list[own].uri;
	if (!is_pair(v, u, ACC_TOKEN_PARTNER, asked->peer) || !has_no_more(u) ||
	    acc_hidden_of(v, ACC_HIDDEN_ROUTES, u, text) ||
	    !is_recorded(v, text, asked))
		return EDGE_EAUTH;
	edge_sip_edit_cut_param(e, u->params, ACC_HIDDEN_PARAM);
	put_behind(e, m, &r, own, text);
	return EDGE_OK;
}

void acc_hide_edge_routes(struct edge_sip_edit *e, const struct edge_sip_msg *m)
{
	struct routes r;

	if (read_routes(&r, m))
		return; /* the parser has read them: cannot be */
	for (size_t i = 0; i < r.count; i++) {
		edge_sip_edit_cut_param(e, r.list[i].params, "ms-edge-route");
		edge_sip_edit_cut_param(e, r.list[i].uri.params,
					"ms-edge-route");
	}
}

/* -- contacts ----------------------------------------------------------- */

static enum edge_err hide_contact(struct edge_sip_edit *e,
				  const struct acc_view *v,
				  const struct edge_sip_addr *c)
{
	char sealed[ACC_SEALED_LEN], text[CONTACT_LEN];
	struct edge_put w = edge_put(text, sizeof(text) - 1);
	const struct topo *t = v->topo;
	enum edge_err err =
		acc_token_seal(v, ACC_HIDDEN_CONTACT, c->uri.text, sealed);

	if (err)
		return err;
	edge_put_str(&w, c->bracketed ? "sip:" : "<sip:");
	if (edge_slice_len(c->uri.user))
		edge_put_slice(&w, c->uri.user);
	else
		edge_put_str(&w, "hidden"); /* one without user is us */
	edge_put_u8(&w, '@');
	edge_put_str(&w, t->access_name);
	edge_put_u8(&w, ':');
	edge_put_dec(&w, t->listen[TOPO_PORT_ACCESS_FEDERATION].addr.port);
	edge_put_str(&w, ";transport=tls;" ACC_HIDDEN_PARAM "=");
	edge_put_str(&w, sealed);
	edge_put_str(&w, c->bracketed ? "" : ">");
	if (w.overflow)
		return EDGE_ELIMIT;
	text[edge_put_len(&w)] = '\0';
	edge_sip_edit_put(e, c->uri.text.p, "%s", text);
	edge_sip_edit_cut(e, c->uri.text);
	return EDGE_OK;
}

static void hide_display(struct edge_sip_edit *e, const struct acc_view *v,
			 const struct edge_sip_addr *a)
{
	if (acc_text_reveals(v, a->display))
		edge_sip_edit_cut(e, a->display);
}

/* What stands around the URI. */
static void hide_beside(struct edge_sip_edit *e, const struct acc_view *v,
			const struct edge_sip_addr *c)
{
	hide_display(e, v, c);
	if (acc_text_reveals(v, c->params))
		edge_sip_edit_cut(e, c->params);
}

enum edge_err acc_hide_contacts(struct edge_sip_edit *e,
				const struct acc_view *v,
				const struct edge_sip_msg *m)
{
	struct edge_sip_addr list[EDGE_SIP_LIST];
	size_t count = 0;
	enum edge_err err = EDGE_OK;

	if (edge_sip_find(m, EDGE_SIP_CONTACT, 0) < 0)
		return EDGE_OK;
	if (edge_sip_addrs(m, EDGE_SIP_CONTACT, list, NULL, &count)) {
		edge_sip_edit_delete_all(e, EDGE_SIP_CONTACT);
		return EDGE_OK;
	}
	for (size_t i = 0; i < count && !err; i++) {
		hide_beside(e, v, &list[i]);
		if (!acc_contact_leads_inside(v, &list[i].uri) &&
		    !acc_text_reveals(v, list[i].uri.text))
			continue;
		if (list[i].uri.is_sip)
			err = hide_contact(e, v, &list[i]);
		else
			edge_sip_edit_delete_all(e, EDGE_SIP_CONTACT);
	}
	return err;
}

/* -- words -------------------------------------------------------------- */

void acc_hide_words(struct edge_sip_edit *e, const struct acc_view *v,
		    const struct edge_sip_msg *m)
{
	hide_display(e, v, &m->from);
	hide_display(e, v, &m->to); /* their parameters: who is meant */
	if (m->is_request || !acc_text_reveals(v, m->phrase))
		return;
	edge_sip_edit_put(e, m->phrase.p, "%s",
			  m->status < 200   ? "Trying"
			  : m->status < 300 ? "OK"
					    : acc_reason_phrase(m->status));
	edge_sip_edit_cut(e, m->phrase);
}
