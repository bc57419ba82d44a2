/* The journey of a message, ten lines a step. */
#include "access-edge/proxy.h"

#include <string.h>
#include <time.h>

#include "access-edge/delivery.h"
#include "access-edge/flows.h"
#include "access-edge/guard.h"
#include "access-edge/inbound.h"
#include "access-edge/journey.h"
#include "access-edge/keep_alive.h"
#include "access-edge/link_limits.h"
#include "access-edge/linktab.h"
#include "access-edge/refuse.h"
#include "access-edge/reply.h"

enum { EXTRA = 320 };

static const struct {
	enum edge_sip_fault fault;
	enum acc_reason reason;
} parse_reasons[] = {
	{EDGE_SIP_BAD_VERSION, ACC_REASON_VERSION},
	{EDGE_SIP_BAD_SCHEME, ACC_REASON_SCHEME},
};

static enum acc_reason parse_reason(enum edge_sip_fault f)
{
	for (size_t i = 0; i < sizeof(parse_reasons) / sizeof(*parse_reasons);
	     i++)
		if (parse_reasons[i].fault == f)
			return parse_reasons[i].reason;
	return ACC_REASON_PARSE;
}

/* -- requests ----------------------------------------------------------- */

/* The step of an authentication that succeeds or fails for good. */
static bool proves_identity(const struct edge_sip_msg *m)
{
	int i = edge_sip_find(m, EDGE_SIP_AUTHORIZATION, 0);
	struct edge_slice v;

	if (i < 0)
		return false;
	v = m->lines[i].value;
	return memmem(v.p, edge_slice_len(v), "response=\"", 10) ||
	       (memmem(v.p, edge_slice_len(v), "gssapi-data=\"", 13) &&
		!memmem(v.p, edge_slice_len(v), "gssapi-data=\"\"", 14));
}

static bool is_one_way(const struct edge_sip_msg *m)
{
	return m->method == EDGE_SIP_ACK || m->method == EDGE_SIP_BENOTIFY ||
	       m->method == EDGE_SIP_CANCEL;
}

static void forward(const struct acc_journey *j, uint64_t key)
{
	struct acc_txn *x = NULL;

	if (!is_one_way(j->m)) {
		const struct acc_txn_plan plan = {j->l, j->m, j->head_len, key};

		if (acc_txn_new(&x, j->s->txns, &plan) != EDGE_OK) {
			acc_journey_stop(j, NULL, ACC_REASON_TRANSACTIONS);
			return;
		}
		x->loop_hash = j->hash;
		x->asked_keep_alive =
			edge_sip_find(j->m, EDGE_SIP_MS_KEEP_ALIVE, 0) >= 0;
		x->proves_identity = j->m->method == EDGE_SIP_REGISTER &&
				     proves_identity(j->m);
		acc_reply_expect(x); /* also while it waits for a connection */
	}
	if (x)
		x->hides_via = acc_rewrite_hides_via(&j->s->view, &j->d);
	acc_journey_go(j, x);
}

/* AE 2.10: hop by hop, whatever the routes have become meanwhile. */
static void on_cancel(const struct acc_journey *j, struct acc_txn *x)
{
	acc_refuse_status(j->l, j->m, 200);
	if (x->state == ACC_TXN_WAITING) {
		x->cancelled = true;
		acc_reply_fail(x, ACC_REASON_OK);
	} else if (x->state <= ACC_TXN_PROCEEDING) {
		acc_reply_cancel(x);
	}
}

/* What policy lets in may still be too much. */
static void limit(struct acc_journey *j)
{
	enum acc_reason why =
		j->d.to == ACC_TO_NEXT_HOP
			? acc_inbound_limit(j->l, j->m, &j->d.verdict)
			: ACC_REASON_OK;

	if (!why) {
		j->l->source.is_listed = !j->d.verdict.is_limited;
		return;
	}
	j->d.to = ACC_TO_ANSWER;
	j->d.reason = why;
}

static void decide(struct acc_journey *j, uint64_t key)
{
	acc_route_decide(&j->d, &j->s->view, j->m, &j->l->source);
	limit(j);
	acc_flows_note(j);
	switch (j->d.to) {
	case ACC_TO_DROP: /* an ACK: told, never answered */
	case ACC_TO_ANSWER:
		acc_journey_stop(j, NULL, j->d.reason);
		if (j->d.reason == ACC_REASON_OUTSIDE_USERS_OFF)
			acc_link_finish(j->l); /* AE 3.1 */
		break;
	case ACC_TO_SELF:
		acc_refuse_status(j->l, j->m, 200);
		break;
	case ACC_TO_NEXT_HOP:
	case ACC_TO_CLIENT:
	case ACC_TO_PARTNER:
		forward(j, key); /* also a CANCEL without its INVITE */
		break;
	}
}

static void refuse_by_guard(const struct acc_journey *j,
			    const struct acc_guard_verdict *v)
{
	char extra[EXTRA] = "";
	struct edge_put w = edge_put(extra, sizeof(extra) - 1);

	if (v->reason == ACC_REASON_EXTENSION) {
		edge_put_str(&w, "Unsupported: ");
		edge_put_str(&w, v->unsupported);
		edge_put_str(&w, "\r\n");
		extra[edge_put_len(&w)] = 0;
	}
	if (acc_reason_errid(v->reason) != 1018 || acc_link_malformed(j->l))
		acc_refuse(j->l, j->m, v->reason, extra);
}

/* true: the transaction at hand has taken it */
static bool absorb(struct acc_txn *x, const struct edge_sip_msg *m)
{
	if (!x || m->method == EDGE_SIP_CANCEL)
		return false;
	if (m->method != EDGE_SIP_ACK)
		return true; /* a repetition */
	if (x->state != ACC_TXN_COMPLETED)
		return false; /* ACK to a 2xx of a client without branch */
	acc_txn_free(x);
	return true;
}

/* The one CANCEL that an INVITE at hand may have, whatever the rates say. */
static bool is_due_cancel(const struct acc_txn *x, const struct edge_sip_msg *m)
{
	return m->method == EDGE_SIP_CANCEL && x &&
	       x->method == EDGE_SIP_INVITE && !x->cancelled;
}

static void on_request(struct acc_link *l, const struct edge_sip_msg *m,
		       size_t head_len)
{
	static const enum acc_stat requests[ACC_LINK_KINDS] = {
		[ACC_LINK_CLIENT] = ACC_STAT_REQUESTS_USR,
		[ACC_LINK_INSIDE] = ACC_STAT_REQUESTS_INT,
		[ACC_LINK_PARTNER] = ACC_STAT_REQUESTS_PARTNER,
		[ACC_LINK_UPSTREAM] = ACC_STAT_REQUESTS_INT,
		[ACC_LINK_OUTBOUND] = ACC_STAT_REQUESTS_PARTNER,
	};
	static const enum acc_stat of_role[ACC_ROLE_COUNT] = {
		[ACC_ROLE_DIR] = ACC_STAT_FROM_DIR,
		[ACC_ROLE_DSC] = ACC_STAT_FROM_DSC,
		[ACC_ROLE_HST] = ACC_STAT_FROM_HST,
		[ACC_ROLE_PIC] = ACC_STAT_FROM_PIC,
		[ACC_ROLE_CLR] = ACC_STAT_FROM_CLR,
	};
	struct acc_journey j = {
		.s = l->shard, .l = l, .m = m, .head_len = head_len};
	uint64_t key = acc_txn_key(j.s->txns, m, l->source.cid);
	struct acc_txn *known = acc_txn_find_key(j.s->txns, key);
	struct acc_guard_verdict v = {0};
	enum acc_reason reason;

	acc_shard_count(j.s, requests[l->kind]);
	if (acc_role_is_partner(l->source.role))
		acc_shard_count(j.s, of_role[l->source.role]);
	if (absorb(known, m))
		return;
	reason = is_due_cancel(known, m) ? ACC_REASON_OK : acc_link_admit(l, m);
	if (reason != ACC_REASON_OK) {
		acc_refuse(l, m, reason, "");
		if (reason == ACC_REASON_UNSIGNED_LIMIT)
			acc_link_finish(l);
		return;
	}
	j.hash = acc_guard_loop_hash(&j.s->view, m, &l->source);
	acc_guard_request(&v, &j.s->view, m, &l->source, j.hash);
	l->wants_pong |= acc_keep_alive_pings(m);
	if (v.reason != ACC_REASON_OK)
		refuse_by_guard(&j, &v);
	else if (m->method == EDGE_SIP_CANCEL && known &&
		 known->method == EDGE_SIP_INVITE)
		on_cancel(&j, known);
	else
		decide(&j, key);
}

static void on_malformed(struct acc_link *l, const struct edge_sip_msg *m)
{
	acc_shard_count(l->shard, ACC_STAT_PARSE_ERRORS);
	if (m->is_request ? acc_link_malformed(l) : true)
		acc_refuse(l, m,
			   m->is_request ? parse_reason(m->fault)
					 : ACC_REASON_BAD_RESPONSE,
			   "");
}

/* A stranger whom nobody has asked anything has nothing to answer. */
static bool is_uncalled(const struct acc_link *l)
{
	return (l->kind == ACC_LINK_CLIENT || l->kind == ACC_LINK_PARTNER) &&
	       !l->source.signed_in && LIST_EMPTY(&l->asking) &&
	       !l->remote_askers;
}

static void on_response(struct acc_link *l, const struct edge_sip_frame *f)
{
	static const enum acc_stat responses[ACC_LINK_KINDS] = {
		[ACC_LINK_CLIENT] = ACC_STAT_RESPONSES_USR,
		[ACC_LINK_INSIDE] = ACC_STAT_RESPONSES_INT,
		[ACC_LINK_PARTNER] = ACC_STAT_RESPONSES_PARTNER,
		[ACC_LINK_UPSTREAM] = ACC_STAT_RESPONSES_INT,
		[ACC_LINK_OUTBOUND] = ACC_STAT_RESPONSES_PARTNER,
	};
	struct acc_shard *s = l->shard;

	acc_shard_count(s, responses[l->kind]);
	if (is_uncalled(l)) {
		acc_shard_count(s,
				ACC_STAT_REFUSED + ACC_REASON_STRAY_RESPONSE);
		(void)acc_link_malformed(l);
		return;
	}
	acc_reply_message(s, &l->source, f->msg, f->head_len);
}

/* What a partner's request is judged by is looked up first; false: it waits. */
static bool is_known(struct acc_link *l, const struct edge_sip_msg *m,
		     enum acc_reason *why)
{
	*why = ACC_REASON_OK;
	if (!acc_role_is_partner(l->source.role))
		return true;
	switch (acc_inbound_facts(l, m)) {
	case ACC_INBOUND_WAIT:
		return false;
	case ACC_INBOUND_TOO_MANY:
		*why = ACC_REASON_PARTNER_RATE;
		break;
	case ACC_INBOUND_READY:
		break;
	}
	return true;
}

/* AE 5: more domains than may be asked about for one partner. */
static void refuse_unasked(struct acc_link *l, const struct edge_sip_msg *m,
			   enum acc_reason why)
{
	struct acc_verdict v = {.reason = why};

	acc_verdict_step(&v, ACC_CHECK_SRV, m->from.uri.host, "too_many");
	acc_refuse_by(l, m,
		      &(struct acc_refusal){.reason = why, .verdict = &v});
}

bool acc_proxy_message(struct acc_link *l, const struct edge_sip_frame *f)
{
	enum acc_reason why;
	struct acc_shard *s = l->shard;
	struct edge_sip_msg *m = s->desk.msg;
	struct edge_slice rest = f->msg, start;
	bool is_response = edge_take(&rest, 4, &start) &&
			   edge_slice_ieq_str(start, "SIP/"); /* as parsed */

	if (is_response) {
		on_response(l, f);
		return true;
	}
	s->view.wall_s = (uint64_t)time(NULL);
	if (edge_sip_msg_parse(m, s->desk.arena, f->msg, f->head_len))
		on_malformed(l, m);
	else if (!is_known(l, m, &why))
		return false;
	else if (why)
		refuse_unasked(l, m, why);
	else
		on_request(l, m, f->head_len);
	return true;
}

static enum acc_reason frame_reason(enum edge_sip_frame_fault f)
{
	switch (f) {
	case EDGE_SIP_FRAME_BODY:
		return ACC_REASON_BODY_TOO_LARGE;
	case EDGE_SIP_FRAME_HEAD:
	case EDGE_SIP_FRAME_LINE:
	case EDGE_SIP_FRAME_LINES:
	case EDGE_SIP_FRAME_VIAS:
	case EDGE_SIP_FRAME_ROUTES:
		return ACC_REASON_HEAD_TOO_LARGE;
	case EDGE_SIP_FRAME_FINE:
	case EDGE_SIP_FRAME_BARE_LF:
	case EDGE_SIP_FRAME_NUL:
	case EDGE_SIP_FRAME_NO_LENGTH:
	case EDGE_SIP_FRAME_TWO_LENGTHS:
	case EDGE_SIP_FRAME_BAD_LENGTH:
	case EDGE_SIP_FRAME_GARBAGE:
		return ACC_REASON_FRAMING;
	}
	return ACC_REASON_FRAMING;
}

void acc_proxy_frame_fault(struct acc_link *l, const struct edge_sip_frame *f)
{
	struct edge_sip_msg *m = l->shard->desk.msg;
	enum acc_reason reason = frame_reason(f->fault);
	struct edge_sip_frame_limits limits;
	bool keeps;

	acc_link_frame_limits(l, &limits);
	/* AE 2.2: the body is passed over up to four times its limit */
	keeps = f->fault == EDGE_SIP_FRAME_BODY &&
		f->skip_body <= 4 * (uint64_t)limits.body_len;

	/* what can be read of the head is enough for an answer, or none goes */
	(void)!edge_sip_msg_parse(m, l->shard->desk.arena, f->msg,
				  edge_slice_len(f->msg));
	if (m->is_request && m->via_count)
		acc_refuse(l, m, reason, "");
	else
		acc_refuse_note(l->shard, &l->source, m, reason);
	if (!keeps)
		acc_link_finish(l);
}

/* -- taken up again ----------------------------------------------------- */

void acc_proxy_resume(struct acc_txn *x)
{
	struct acc_shard *s = x->shard;
	struct acc_journey j = {.s = s,
				.m = s->desk.msg,
				.head_len = x->request_head_len,
				.hash = x->loop_hash};

	j.l = x->in_asked ? acc_linktab_find(s->links, x->from.cid) : NULL;
	if (!j.l || !acc_reply_recall(x, &s->desk)) {
		acc_txn_free(x);
		return;
	}
	acc_route_decide(&j.d, &s->view, j.m, &j.l->source);
	if (j.d.to == ACC_TO_NEXT_HOP || j.d.to == ACC_TO_PARTNER)
		acc_journey_go(&j, x);
	else /* the topology changed meanwhile */
		acc_reply_fail(x, j.d.reason != ACC_REASON_OK
					  ? j.d.reason
					  : ACC_REASON_NEXT_HOP_DOWN);
}

void acc_proxy_next_member(struct acc_txn *x, unsigned failed_member)
{
	if (x->tried_in != x->shard->view.topo)
		x->tried = 0;
	x->tried_in = x->shard->view.topo;
	x->tried |= 1ull << failed_member;
	acc_shard_count(x->shard, ACC_STAT_FAILOVER);
	acc_proxy_resume(x);
}

/* The partner's connection broke, or we cut it off. */
static enum acc_reason partner_gone(const struct acc_txn *x)
{
	const struct acc_link *l = acc_linktab_find(x->shard->links, x->to);

	return l && l->is_distrusted ? ACC_REASON_PARTNER_TLS
				     : ACC_REASON_PARTNER_LOST;
}

void acc_proxy_asked_gone(struct acc_txn *x)
{
	bool inward = x->from.role != ACC_ROLE_INT;

	acc_txn_unask(x);
	if (x->is_probe)
		acc_txn_free(x);
	else if (x->state < ACC_TXN_COMPLETED)
		acc_reply_fail(x, inward	      ? ACC_REASON_NEXT_HOP_LOST
				  : x->is_for_partner ? partner_gone(x)
						      : ACC_REASON_CLIENT_GONE);
}

void acc_proxy_asker_gone(struct acc_txn *x)
{
	bool pending =
		x->method == EDGE_SIP_INVITE &&
		(x->state == ACC_TXN_TRYING || x->state == ACC_TXN_PROCEEDING);

	acc_txn_orphan(x);
	if (pending)
		acc_reply_cancel(x); /* AE 2.10: CANCEL at once */
	else
		acc_txn_free(x);
}

/* -- mail --------------------------------------------------------------- */

static void on_undeliverable(struct acc_shard *s, const struct acc_mail *mail)
{
	struct acc_txn *x = acc_txn_find(s->txns, mail->txn);

	if (!x || !x->to_is_remote)
		return;
	acc_txn_unask(x);
	if (x->state < ACC_TXN_COMPLETED)
		acc_reply_fail(x, mail->reason);
}

void acc_proxy_mail(struct acc_shard *s, const struct acc_mail *mail)
{
	s->view.wall_s = (uint64_t)time(NULL);
	if (mail->kind == ACC_MAIL_DELIVER)
		acc_deliver_mail(s, mail);
	else if (mail->kind == ACC_MAIL_RESPONSE)
		acc_reply_message(s, &mail->source,
				  edge_slice(mail->bytes, mail->len),
				  mail->head_len);
	else if (mail->kind == ACC_MAIL_UNDELIVERABLE)
		on_undeliverable(s, mail);
	else if (mail->kind == ACC_MAIL_LINK_GONE)
		acc_txn_each_remote(s->txns, mail->cid, acc_proxy_asked_gone);
}
