/* The way back: responses, failures, and what a transaction still owes. */
#include "access-edge/reply.h"

#include <string.h>

#include "access-edge/delivery.h"
#include "access-edge/events.h"
#include "access-edge/host.h"
#include "access-edge/limits.h"
#include "access-edge/linktab.h"
#include "access-edge/outbound.h"
#include "access-edge/refuse.h"
#include "access-edge/upstream.h"

static struct acc_link *asker_of(const struct acc_txn *x)
{
	return x->in_asked ? acc_linktab_find(x->shard->links, x->from.cid)
			   : NULL;
}

bool acc_reply_recall(struct acc_txn *x, struct acc_desk *desk)
{
	/* the body is cut off once written; length was checked at arrival */
	return edge_sip_msg_parse(desk->msg, desk->arena,
				  edge_slice(x->request, x->request_len),
				  x->request_head_len) == EDGE_OK;
}

/* -- what we send forward on our own ------------------------------------ */

static bool recall_sent(struct acc_txn *x)
{
	struct acc_desk *d = &x->shard->aside;

	return x->sent && edge_sip_msg_parse(d->msg, d->arena,
					     edge_slice(x->sent, x->sent_len),
					     x->sent_len) == EDGE_OK;
}

static void forward(struct acc_txn *x, struct edge_slice bytes)
{
	const struct acc_parcel p = {
		.to = x->to, .is_ours = true, .bytes = bytes};

	(void)acc_deliver(x->shard, &p); /* gone: nothing more to say */
}

static void send_ack(struct acc_txn *x, const struct edge_sip_msg *final)
{
	struct acc_desk *d = &x->shard->aside;
	struct edge_slice out;

	if (recall_sent(x) &&
	    acc_rewrite_ack(d->edit, d->msg, final->to.text, &out) == EDGE_OK)
		forward(x, out);
}

static void send_cancel(struct acc_txn *x)
{
	struct acc_desk *d = &x->shard->aside;
	struct edge_slice out;

	if (x->cancel_sent)
		return;
	x->cancel_sent = true;
	if (recall_sent(x) &&
	    acc_rewrite_cancel(d->edit, d->msg, &out) == EDGE_OK)
		forward(x, out);
}

/* -- timers ------------------------------------------------------------- */

static void on_over(struct edge_timer *t, uint64_t now_ms)
{
	(void)now_ms;
	acc_txn_free(acc_txn_of_timer(t));
}

static bool went_inside(const struct acc_txn *x)
{
	return x->from.role != ACC_ROLE_INT;
}

static void on_silence(struct edge_timer *t, uint64_t now_ms)
{
	struct acc_txn *x = acc_txn_of_timer(t);

	(void)now_ms;
	if (x->state == ACC_TXN_PROCEEDING)
		send_cancel(x);
	acc_reply_fail(x, went_inside(x)      ? ACC_REASON_NEXT_HOP_SILENT
			  : x->is_for_partner ? ACC_REASON_PARTNER_SILENT
					      : ACC_REASON_CLIENT_SILENT);
}

void acc_reply_cancel(struct acc_txn *x)
{
	x->cancelled = true;
	if (x->state == ACC_TXN_PROCEEDING)
		send_cancel(x);
	/* RFC 3261 9.1: no final answer in 64*T1 is an answer too */
	acc_txn_timer(x, acc_shard_limit(x->shard, ACC_LIMIT_TIMER_F_MS),
		      on_silence);
}

static void expect_final(struct acc_txn *x)
{
	acc_txn_timer(x, acc_shard_limit(x->shard, ACC_LIMIT_TIMER_C_MS),
		      on_silence);
}

/* INVITE without provisional for 200 ms: 100 Trying, then timer C. */
static void on_trying(struct edge_timer *t, uint64_t now_ms)
{
	struct acc_txn *x = acc_txn_of_timer(t);
	struct acc_link *l = asker_of(x);

	(void)now_ms;
	x->trying_sent = true;
	if (l && acc_reply_recall(x, &x->shard->desk))
		acc_refuse_status(l, x->shard->desk.msg, 100);
	expect_final(x);
}

void acc_reply_expect(struct acc_txn *x)
{
	enum acc_limit f = x->method == EDGE_SIP_REGISTER
				   ? ACC_LIMIT_TIMER_F_REGISTER_MS
				   : ACC_LIMIT_TIMER_F_MS;

	if (x->method != EDGE_SIP_INVITE)
		acc_txn_timer(x, acc_shard_limit(x->shard, f), on_silence);
	else if (!x->trying_sent)
		acc_txn_timer(x, acc_shard_limit(x->shard, ACC_LIMIT_TRYING_MS),
			      on_trying);
	else
		expect_final(x);
}

/* -- ends --------------------------------------------------------------- */

static void complete(struct acc_txn *x, enum acc_txn_state state)
{
	if (x->method != EDGE_SIP_INVITE) {
		acc_txn_free(x);
		return;
	}
	x->state = state;
	acc_upstream_end(x);
	acc_txn_timer(x, acc_shard_limit(x->shard, ACC_LIMIT_TIMER_H_MS),
		      on_over);
}

void acc_reply_fail(struct acc_txn *x, enum acc_reason reason)
{
	acc_reply_fail_for(x, reason, "");
}

/* What let it try to leave, and what it met in DNS. */
static void retrace(struct acc_decision *d, const struct acc_txn *x,
		    enum acc_reason why)
{
	acc_route_decide(d, &x->shard->view, x->shard->desk.msg, &x->from);
	acc_destination_tell(&d->verdict, &d->partner, why);
}

void acc_reply_fail_for(struct acc_txn *x, enum acc_reason reason,
			const char *detail)
{
	struct acc_shard *s = x->shard;
	struct acc_link *l = asker_of(x);
	struct acc_decision d = {0};

	acc_txn_unqueue(x);
	if (!l || x->state >= ACC_TXN_COMPLETED) {
		acc_txn_free(x);
		return;
	}
	if (acc_reply_recall(x, &s->desk)) {
		if (x->is_for_partner)
			retrace(&d, x, reason);
		if (x->cancelled && x->state == ACC_TXN_WAITING)
			acc_refuse_status(l, s->desk.msg, 487);
		else
			acc_refuse_by(l, s->desk.msg,
				      &(struct acc_refusal){
					      .reason = reason,
					      .verdict = &d.verdict,
					      .detail = detail,
				      });
	}
	acc_txn_unask(x);
	complete(x, ACC_TXN_COMPLETED);
}

/* -- responses ---------------------------------------------------------- */

static bool is_failed_sign_in(const struct acc_txn *x,
			      const struct edge_sip_msg *m)
{
	int i = -1;

	if (m->status == 403)
		return true;
	if (m->status != 401 || !x->proves_identity)
		return false;
	/* a challenge that goes on (NTLM, TLS-DSK) carries gssapi-data */
	while ((i = edge_sip_find(m, EDGE_SIP_WWW_AUTHENTICATE, i + 1)) >= 0) {
		const struct edge_sip_line *w = &m->lines[i];

		if (memmem(w->value.p, edge_slice_len(w->value),
			   "gssapi-data=", 12))
			return false;
	}
	return true;
}

static void note_sign_in(struct acc_txn *x, struct acc_link *asker,
			 const struct edge_sip_msg *m)
{
	struct acc_shard *s = x->shard;
	struct edge_admit *admit = s->shared->admit[ACC_LISTEN_CLIENT];
	uint64_t now = edge_loop_now_ms(s->loop);
	char user[256], client[EDGE_ADDR_STRLEN];

	if (x->from.role != ACC_ROLE_USR)
		return;
	if ((x->method == EDGE_SIP_REGISTER || x->method == EDGE_SIP_INVITE) &&
	    m->status >= 200 && m->status < 300) {
		acc_link_signed_in(asker, m->from.uri.text);
		return;
	}
	if (x->method != EDGE_SIP_REGISTER || !is_failed_sign_in(x, m))
		return;
	acc_shard_count(s, ACC_STAT_AUTH_FAIL);
	edge_admit_fail(admit, &x->from.remote, m->from.uri.text, now);
	if (!edge_admit_is_blocked(admit, &x->from.remote, m->from.uri.text,
				   now))
		return;
	edge_addr_print(&x->from.remote, client);
	edge_log_escape(user, sizeof(user), m->from.uri.text);
	edge_event(ACC_EV_SIGN_IN_BLOCKED, "user=%s client=%s", user, client);
}

/* Whom we asked: a proxy may serve several domains, and say any. */
static struct edge_slice asked_domain(const struct acc_back *b)
{
	return b->request ? acc_host_of(&b->request->to) : edge_slice(NULL, 0);
}

static bool pass_back(struct acc_txn *x, const struct acc_source *from,
		      const struct edge_sip_msg *m)
{
	struct acc_shard *s = x->shard;
	const struct acc_rewrite r = {s->desk.edit, &s->view, m, from};
	struct acc_link *l = asker_of(x);
	struct edge_slice out;
	enum acc_reason reason = ACC_REASON_INTERNAL;

	if (!l)
		return true; /* nobody wants it */
	note_sign_in(x, l, m);
	struct acc_back back = {
		.to_role = x->from.role,
		.to_signed_in = l->source.signed_in,
		.asked_keep_alive = x->asked_keep_alive,
		.method = x->method,
	};
	back.shares = acc_partner_source_shares(s->view.topo, &l->source);
	if (x->hides_via && acc_reply_recall(x, &s->aside))
		back.request = s->aside.msg;
	struct acc_link *of = acc_linktab_find(s->links, from->cid);

	if (of && of->outbound) {
		back.level = acc_partner_level(s->view.topo, from,
					       asked_domain(&back));
		back.peer = acc_outbound_name(of->outbound);
	}
	if (acc_rewrite_response(&r, &back, &out, &reason) != EDGE_OK) {
		if (m->status < 200 && reason == ACC_REASON_ANSWER_ROUTES) {
			acc_refuse_note(s, from, m, reason);
			return true; /* the final one decides */
		}
		acc_reply_fail(x, reason);
		return false;
	}
	l->keeps_alive |= x->asked_keep_alive && m->status < 300;
	acc_shard_count(s, from->role == ACC_ROLE_INT ? ACC_STAT_FORWARDED_OUT
						      : ACC_STAT_FORWARDED_IN);
	(void)acc_link_send(l, out);
	return true;
}

static void on_provisional(struct acc_txn *x, const struct acc_source *from,
			   const struct edge_sip_msg *m)
{
	if (x->state > ACC_TXN_PROCEEDING)
		return;
	x->state = ACC_TXN_PROCEEDING;
	if (x->cancelled)
		send_cancel(x);
	if (m->status != 100) {
		x->trying_sent = true;
		if (!pass_back(x, from, m))
			return;
	}
	if (x->method == EDGE_SIP_INVITE && x->trying_sent && !x->cancelled)
		expect_final(x);
}

static void on_final(struct acc_txn *x, const struct acc_source *from,
		     const struct edge_sip_msg *m)
{
	bool success = m->status < 300;

	if (x->method == EDGE_SIP_INVITE && !success)
		send_ack(x, m); /* hop by hop, also a repeated one */
	if (x->state == ACC_TXN_COMPLETED ||
	    (x->state == ACC_TXN_ACCEPTED && !success))
		return;
	if (pass_back(x, from, m))
		complete(x, success ? ACC_TXN_ACCEPTED : ACC_TXN_COMPLETED);
}

/* The two halves of one of our branches. */
struct branch {
	edge_handle id;
	uint64_t hash;
};

/* RFC 3261 8.2.6.2: what a partner repeats is what it was asked; the inside
 * would take another dialog's names for that. */
static bool repeats_the_request(struct acc_txn *x, const struct edge_sip_msg *m)
{
	const struct edge_sip_msg *asked = x->shard->aside.msg;

	return acc_reply_recall(x, &x->shard->aside) &&
	       m->cseq == asked->cseq &&
	       edge_slice_eq(m->call_id, asked->call_id) &&
	       edge_slice_eq(m->from.tag, asked->from.tag) &&
	       (!edge_slice_len(asked->to.tag) ||
		edge_slice_eq(m->to.tag, asked->to.tag));
}

/* Ours, from there, about that; AE 2.8 last row, 2.10. */
static enum acc_reason match(struct acc_txn **out, struct acc_shard *s,
			     const struct acc_source *from,
			     const struct edge_sip_msg *m,
			     const struct branch *b)
{
	struct acc_txn *x = acc_txn_find(s->txns, b->id);

	if (!x || x->loop_hash != b->hash || x->state == ACC_TXN_WAITING)
		return ACC_REASON_STRAY_RESPONSE;
	if (x->to != from->cid)
		return ACC_REASON_WRONG_CONNECTION;
	if (m->method != x->method &&
	    !(m->method == EDGE_SIP_CANCEL && x->cancel_sent))
		return ACC_REASON_STRAY_RESPONSE;
	/* the inside would send it on to whomever a Via names; our own CANCEL
	 * had none but ours */
	if (from->role != ACC_ROLE_INT && m->method == x->method &&
	    (x->hides_via ? m->via_count != 1
			  : acc_txn_via_sum(s->txns, m, 1) != x->via_sum))
		return ACC_REASON_BAD_RESPONSE;
	if (acc_role_is_partner(from->role) && !repeats_the_request(x, m))
		return ACC_REASON_BAD_RESPONSE;
	*out = x;
	return ACC_REASON_OK;
}

static void hand_over(struct acc_shard *s, const struct acc_source *from,
		      struct edge_slice raw, size_t head_len, unsigned shard)
{
	struct acc_mail *mail = acc_mail_new(ACC_MAIL_RESPONSE, raw);

	if (!mail)
		return;
	mail->source = *from;
	mail->source.facts = NULL;
	mail->head_len = head_len;
	(void)acc_shard_post(s, shard, mail);
}

/* A client that was asked answers without end: the first final still passes,
 * the rest would fill the asker's connection. */
static bool is_babble(struct acc_txn *x, const struct acc_source *from,
		      const struct edge_sip_msg *m)
{
	bool owed = m->status >= 200 && x->state <= ACC_TXN_PROCEEDING;

	return from->role != ACC_ROLE_INT && !owed &&
	       ++x->responses > acc_shard_limit(x->shard, ACC_LIMIT_RESPONSES);
}

static void take(struct acc_txn *x, const struct acc_source *from,
		 const struct edge_sip_msg *m)
{
	if (is_babble(x, from, m)) {
		acc_refuse_note(x->shard, from, m, ACC_REASON_RATE);
		return;
	}
	if (x->is_probe)
		acc_txn_free(x); /* any answer: it lives */
	else if (m->method == EDGE_SIP_CANCEL && x->method != EDGE_SIP_CANCEL)
		return; /* answer to our own CANCEL */
	else if (m->status < 200)
		on_provisional(x, from, m);
	else
		on_final(x, from, m);
}

void acc_reply_message(struct acc_shard *s, const struct acc_source *from,
		       struct edge_slice raw, size_t head_len)
{
	struct edge_sip_msg *m = s->desk.msg;
	enum acc_reason reason = ACC_REASON_STRAY_RESPONSE;
	struct acc_txn *x = NULL;
	struct branch b = {0};

	if (edge_sip_msg_parse(m, s->desk.arena, raw, head_len) != EDGE_OK)
		reason = ACC_REASON_BAD_RESPONSE;
	else if (acc_txn_branch_parse(m->via.branch, &b.id, &b.hash) &&
		 edge_handle_shard(b.id) < s->shared->shard_count) {
		if (edge_handle_shard(b.id) != s->index) {
			hand_over(s, from, raw, head_len,
				  edge_handle_shard(b.id));
			return;
		}
		reason = match(&x, s, from, m, &b);
	}
	if (x)
		take(x, from, m);
	else
		acc_refuse_note(s, from, m, reason);
}
