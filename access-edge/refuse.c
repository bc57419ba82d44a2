/* Saying no: one reason in answer, event, counter and the recent list. */
#include "access-edge/refuse.h"

#include <stdio.h>
#include <time.h>

#include "access-edge/events.h"
#include "access-edge/inbound.h"
#include "access-edge/rewrite.h"
#include "common/recent.h"

enum { WORD = 96, DETAIL = ACC_RULE_LEN + 600 };
_Static_assert(EDGE_RECENT_LINE >= ACC_RULE_LEN + 512,
	       "the longest rule fits into the list of refusals");

static void words(char from[WORD], char call[WORD], char method[WORD],
		  const struct edge_sip_msg *m)
{
	edge_log_escape(from, WORD, m->from.uri.text);
	edge_log_escape(call, WORD, m->call_id);
	edge_log_escape(method, WORD,
			m->is_request ? m->method_text
				      : edge_slice_str("response"));
}

/* One word for the grammar's complaint: "malformed_URI"; "-" when none. */
static void fault_word(char out[WORD], const struct edge_sip_msg *m)
{
	snprintf(out, WORD, "%s",
		 m->fault == EDGE_SIP_FINE ? "-"
					   : edge_sip_fault_str(m->fault));
	for (char *c = out; *c; c++)
		if (*c == ' ')
			*c = '_';
}

static void tell(struct acc_shard *s, const struct acc_source *from,
		 const struct edge_sip_msg *m, enum acc_reason reason,
		 const char *rule)
{
	char user[WORD], call[WORD], method[WORD], peer[EDGE_ADDR_STRLEN];
	char at[WORD], fault[WORD], to[WORD];
	const char *name = acc_reason_name(reason);
	uint32_t event =
		acc_reason_status(reason) ? ACC_EV_REFUSED : ACC_EV_DROPPED;
	uint32_t more;

	if (!acc_shard_may_tell(s, event, name, &from->remote, &more))
		return;
	words(user, call, method, m);
	edge_log_escape(to, WORD, m->to.uri.text);
	edge_log_escape(at, sizeof(at),
			edge_slice_len(m->fault_at) ? m->fault_at
						    : edge_slice_str("-"));
	fault_word(fault, m);
	edge_addr_print(&from->remote, peer);
	edge_event(event,
		   "reason=%s errid=%u status=%u role=%s method=%s from=%s "
		   "to=%s client=%s cid=%X call_id=%s fault=%s at=%s "
		   "suppressed=%u rule=%s",
		   name, acc_reason_errid(reason), acc_answer_status(m, reason),
		   acc_role_name(from->role), method, user, to, peer, from->cid,
		   call, fault, at, more, rule);
}

static void note(struct acc_shard *s, const struct acc_source *from,
		 const struct edge_sip_msg *m, enum acc_reason reason,
		 const char *rule)
{
	char peer[EDGE_ADDR_STRLEN];

	edge_addr_print(&from->remote, peer);
	acc_shard_count(s, ACC_STAT_REFUSED + (size_t)reason);
	if (reason == ACC_REASON_ROUTE_SIGNATURE)
		acc_shard_count(s, ACC_STAT_ROUTE_SIG_FAIL);
	tell(s, from, m, reason, rule);
	edge_recent_add(s->shared->refusals,
			"{\"time\":%lld,\"reason\":\"%s\",\"errid\":%u,"
			"\"status\":%u,\"role\":\"%s\",\"cid\":\"%X\","
			"\"client\":\"%s\",\"text\":\"%s\",\"rule\":\"%s\"}",
			(long long)time(NULL), acc_reason_name(reason),
			acc_reason_errid(reason), acc_answer_status(m, reason),
			acc_role_name(from->role), from->cid, peer,
			acc_reason_text(reason), rule);
}

void acc_refuse_note(struct acc_shard *s, const struct acc_source *from,
		     const struct edge_sip_msg *m, enum acc_reason reason)
{
	note(s, from, m, reason, "-");
}

/* The way for the inside, behind what else it is told. */
static void put_detail(char out[DETAIL], const struct acc_refusal *r,
		       const char *rule)
{
	struct edge_put w = edge_put(out, DETAIL - 1);

	edge_put_str(&w, r->detail ? r->detail : "");
	if (r->verdict && r->verdict->count) {
		edge_put_str(&w, ";rule=\"");
		edge_put_str(&w, rule);
		edge_put_str(&w, "\"");
	}
	out[w.overflow ? 0 : edge_put_len(&w)] = '\0';
}

void acc_refuse_by(struct acc_link *l, const struct edge_sip_msg *m,
		   const struct acc_refusal *refusal)
{
	struct acc_shard *s = l->shard;
	const struct acc_rewrite r = {s->desk.edit, &s->view, m, &l->source};
	char rule[ACC_RULE_LEN] = "-", detail[DETAIL];
	const struct acc_answer a = {.reason = refusal->reason,
				     .detail = detail,
				     .extra = refusal->extra};
	struct edge_slice out;

	if (refusal->verdict)
		acc_verdict_print(refusal->verdict, rule);
	put_detail(detail, refusal, rule);
	note(s, &l->source, m, refusal->reason, rule);
	if (l->kind == ACC_LINK_PARTNER)
		acc_inbound_refused(l, refusal->reason);
	if (!m->is_request || m->method == EDGE_SIP_ACK ||
	    m->method == EDGE_SIP_BENOTIFY ||
	    !acc_reason_status(refusal->reason))
		return;
	if (acc_rewrite_answer(&r, &a, &out) == EDGE_OK)
		(void)acc_link_send(l, out);
}

void acc_refuse(struct acc_link *l, const struct edge_sip_msg *m,
		enum acc_reason reason, const char *extra)
{
	acc_refuse_by(l, m,
		      &(struct acc_refusal){.reason = reason, .extra = extra});
}

void acc_refuse_status(struct acc_link *l, const struct edge_sip_msg *m,
		       unsigned status)
{
	struct acc_shard *s = l->shard;
	const struct acc_rewrite r = {s->desk.edit, &s->view, m, &l->source};
	struct edge_slice out;

	if (acc_rewrite_status(&r, status, &out) == EDGE_OK)
		(void)acc_link_send(l, out);
}
