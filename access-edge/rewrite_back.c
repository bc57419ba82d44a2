/* A response on its way back: our Via goes, the firewall's other columns. */
#include "access-edge/rewrite.h"

#include "access-edge/contact.h"
#include "access-edge/diagnostics.h"
#include "access-edge/firewall.h"
#include "access-edge/hide.h"
#include "access-edge/keep_alive.h"
#include "access-edge/trust.h"

enum { LINE_CAP = 1024 }; /* ours: a line of ours */

/* RFC 3261 16.7.3; the line stays when it holds more than ours. */
static void pop_via(struct edge_sip_edit *e, const struct edge_sip_msg *m)
{
	int line = edge_sip_find(m, EDGE_SIP_VIA, 0);
	struct edge_slice cut;
	const uint8_t *p;

	if (line < 0)
		return;
	cut = (struct edge_slice){m->via.text.p, m->lines[line].value.end};
	p = m->via.text.end;
	while (p < cut.end && *p != ',')
		p++;
	if (p == cut.end) {
		edge_sip_edit_delete(e, line);
		return;
	}
	for (p++; p < cut.end &&
		  (*p == ' ' || *p == '\t' || *p == '\r' || *p == '\n');)
		p++;
	cut.end = p;
	edge_sip_edit_cut(e, cut);
}

/* AE 2.4: an error of the outside that explains nothing gets a line. */
static void explain(const struct acc_rewrite *r, const struct acc_back *back)
{
	char text[LINE_CAP], more[LINE_CAP / 2];
	struct edge_put w = edge_put(text, sizeof(text));
	struct edge_put detail = edge_put(more, sizeof(more));
	const struct edge_sip_msg *m = r->msg;
	enum acc_role role = r->from->role;

	if (m->status < 400 ||
	    edge_sip_find(m, EDGE_SIP_MS_DIAGNOSTICS, 0) >= 0)
		return;
	if (back->peer) {
		edge_put_str(&detail, ";Domain=\"");
		edge_put_slice(&detail, m->to.uri.host);
		edge_put_str(&detail, "\";PeerServer=\"");
		edge_put_str(&detail, back->peer);
		edge_put_str(&detail, "\"");
	}
	edge_put_u8(&detail, 0);
	/* AE 4.3: 1036 is of a shared address space */
	if (role == ACC_ROLE_HST &&
	    !acc_partner_source_shares(r->view->topo, r->from))
		role = ACC_ROLE_DIR;
	acc_diagnostics_put_silent(&w, r->view, role,
				   detail.overflow ? NULL : more);
	edge_sip_edit_append(r->edit, "%.*s", (int)edge_put_len(&w), text);
}

/* Was it asked in a request that may make a dialog? */
static bool may_make_dialog(const struct acc_back *back)
{
	return back->request ? acc_route_forms_dialog(back->request)
			     : back->method == EDGE_SIP_INVITE ||
				       back->method == EDGE_SIP_SUBSCRIBE ||
				       back->method == EDGE_SIP_REFER;
}

/* The caller's route set is what we recorded, whatever the partner says
 * (AE 2.6): it would be followed inside. In all other answers it has no
 * meaning, and goes. */
static enum acc_reason open_routes(const struct acc_rewrite *r,
				   const struct acc_back *back)
{
	const struct acc_asked asked = {back->request, r->from->cid};
	const struct edge_sip_msg *m = r->msg;

	if (m->status >= 300 || !may_make_dialog(back)) {
		edge_sip_edit_delete_all(r->edit, EDGE_SIP_RECORD_ROUTE);
		return ACC_REASON_OK;
	}
	/* RFC 3261 12.1.1: without Contact there is no dialog */
	if (edge_sip_find(m, EDGE_SIP_RECORD_ROUTE, 0) < 0 &&
	    edge_sip_find(m, EDGE_SIP_CONTACT, 0) < 0)
		return ACC_REASON_OK;
	acc_hide_edge_routes(r->edit, m);
	return acc_show_answer_routes(r->edit, r->view, m, &asked)
		       ? ACC_REASON_ANSWER_ROUTES
		       : ACC_REASON_OK;
}

static enum acc_reason of_partner(const struct acc_rewrite *r,
				  const struct acc_back *back)
{
	unsigned status = r->msg->status;
	enum acc_reason why = open_routes(r, back);

	edge_sip_edit_delete_all(r->edit, EDGE_SIP_ROUTE);
	/* AE 2.10, the other way round: the caller would go there by itself */
	if (!why && status >= 300 && status < 400)
		why = acc_contact_redirect(r->edit, r->view, r->msg);
	return why;
}

static enum acc_reason to_inside(const struct acc_rewrite *r,
				 const struct acc_back *back)
{
	char text[LINE_CAP];
	struct edge_put w = edge_put(text, sizeof(text));
	const struct acc_trust trust = {.role = r->from->role,
					.level = back->level,
					.remote = back->peer};

	explain(r, back);
	acc_trust_put(&w, r->view->topo, r->msg, &trust);
	edge_sip_edit_append(r->edit, "%.*s", (int)edge_put_len(&w), text);
	if (acc_role_is_partner(r->from->role))
		return of_partner(r, back);
	if (r->from->role == ACC_ROLE_USR &&
	    acc_contact_replace(r->edit, r->msg, r->from))
		return ACC_REASON_BAD_RESPONSE;
	return ACC_REASON_OK;
}

static enum acc_reason to_partner(const struct acc_rewrite *r)
{
	char text[LINE_CAP];
	struct edge_put w = edge_put(text, sizeof(text));
	enum edge_err err = acc_hide_answer_routes(r->edit, r->view, r->msg);

	acc_hide_words(r->edit, r->view, r->msg);
	acc_trust_put_asserted(&w, r->view->topo);
	edge_sip_edit_append(r->edit, "%.*s", (int)edge_put_len(&w), text);
	if (!err)
		err = acc_hide_contacts(r->edit, r->view, r->msg);
	return err == EDGE_ELIMIT ? ACC_REASON_ROUTES_TOO_LONG
	       : err		  ? ACC_REASON_BAD_RESPONSE
				  : ACC_REASON_OK;
}

static enum acc_reason to_outside(const struct acc_rewrite *r,
				  const struct acc_back *back)
{
	const struct edge_sip_msg *m = r->msg;

	if (acc_role_is_partner(back->to_role))
		return to_partner(r);
	if (m->status >= 300 && m->status < 400) {
		enum acc_reason why = acc_contact_redirect(r->edit, r->view, m);

		if (why)
			return why;
	}
	if (m->status == 200 && back->method == EDGE_SIP_REGISTER &&
	    edge_sip_find(m, EDGE_SIP_MS_USER_LOGON_DATA, 0) < 0)
		edge_sip_edit_append(r->edit, "ms-user-logon-data: RemoteUser");
	acc_keep_alive_answer(r->edit, r->view, m, back->asked_keep_alive);
	return ACC_REASON_OK;
}

/* The Vias that were kept from who answers. */
static void show_vias(struct edge_sip_edit *e, const struct edge_sip_msg *m,
		      const struct edge_sip_msg *request)
{
	int at = edge_sip_find(m, EDGE_SIP_VIA, 0);

	for (int i = edge_sip_find(request, EDGE_SIP_VIA, 0); i >= 0;
	     i = edge_sip_find(request, EDGE_SIP_VIA, i + 1)) {
		struct edge_slice v = request->lines[i].value;

		edge_sip_edit_before(e, at, "Via: %.*s", (int)edge_slice_len(v),
				     (const char *)v.p);
	}
}

enum edge_err acc_rewrite_response(const struct acc_rewrite *r,
				   const struct acc_back *back,
				   struct edge_slice *out,
				   enum acc_reason *reason)
{
	bool inward = r->from->role != ACC_ROLE_INT;
	struct acc_fw_way way = {
		.inward = inward,
		.outside = inward ? r->from->role : back->to_role,
		.sees_diagnostics =
			back->to_signed_in ||
			r->view->options->diagnostics_unauthenticated,
		.shares = inward ? acc_partner_source_shares(r->view->topo,
							     r->from)
				 : back->shares,
	};
	enum edge_err err;

	edge_sip_edit_begin(r->edit, r->msg);
	*reason = acc_firewall_apply(r->edit, r->view, r->msg, &way);
	if (!*reason)
		*reason = inward ? to_inside(r, back) : to_outside(r, back);
	if (*reason)
		return EDGE_EDENIED;
	if (back->request)
		show_vias(r->edit, r->msg, back->request);
	pop_via(r->edit, r->msg);
	err = edge_sip_edit_print(r->edit, out);
	if (err)
		*reason = ACC_REASON_INTERNAL;
	return err;
}
