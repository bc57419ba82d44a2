/* Saying no: one reason in answer, event, counter and the recent list. */
#include "access-edge/refuse.h"

#include <stdio.h>
#include <time.h>

#include "access-edge/events.h"
#include "access-edge/rewrite.h"
#include "common/recent.h"

enum { WORD = 96 };

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
		 const struct edge_sip_msg *m, enum acc_reason reason)
{
	char user[WORD], call[WORD], method[WORD], peer[EDGE_ADDR_STRLEN];
	char at[WORD], fault[WORD];
	const char *name = acc_reason_name(reason);
	uint32_t event =
		acc_reason_status(reason) ? ACC_EV_REFUSED : ACC_EV_DROPPED;
	uint32_t more;

	if (!acc_shard_may_tell(s, event, name, &from->remote, &more))
		return;
	words(user, call, method, m);
	edge_log_escape(at, sizeof(at),
			edge_slice_len(m->fault_at) ? m->fault_at
						    : edge_slice_str("-"));
	fault_word(fault, m);
	edge_addr_print(&from->remote, peer);
	edge_event(event,
		   "reason=%s errid=%u status=%u role=%s method=%s from=%s "
		   "client=%s cid=%X call_id=%s fault=%s at=%s suppressed=%u",
		   name, acc_reason_errid(reason), acc_answer_status(m, reason),
		   acc_role_name(from->role), method, user, peer, from->cid,
		   call, fault, at, more);
}

void acc_refuse_note(struct acc_shard *s, const struct acc_source *from,
		     const struct edge_sip_msg *m, enum acc_reason reason)
{
	char peer[EDGE_ADDR_STRLEN];

	edge_addr_print(&from->remote, peer);
	acc_shard_count(s, ACC_STAT_REFUSED + (size_t)reason);
	if (reason == ACC_REASON_ROUTE_SIGNATURE)
		acc_shard_count(s, ACC_STAT_ROUTE_SIG_FAIL);
	tell(s, from, m, reason);
	edge_recent_add(s->shared->refusals,
			"{\"time\":%lld,\"reason\":\"%s\",\"errid\":%u,"
			"\"status\":%u,\"role\":\"%s\",\"cid\":\"%X\","
			"\"client\":\"%s\",\"text\":\"%s\"}",
			(long long)time(NULL), acc_reason_name(reason),
			acc_reason_errid(reason), acc_answer_status(m, reason),
			acc_role_name(from->role), from->cid, peer,
			acc_reason_text(reason));
}

void acc_refuse(struct acc_link *l, const struct edge_sip_msg *m,
		enum acc_reason reason, const char *extra)
{
	struct acc_shard *s = l->shard;
	const struct acc_rewrite r = {s->desk.edit, &s->view, m, &l->source};
	const struct acc_answer a = {.reason = reason, .extra = extra};
	struct edge_slice out;

	acc_refuse_note(s, &l->source, m, reason);
	if (!m->is_request || m->method == EDGE_SIP_ACK ||
	    m->method == EDGE_SIP_BENOTIFY || !acc_reason_status(reason))
		return;
	if (acc_rewrite_answer(&r, &a, &out) == EDGE_OK)
		(void)acc_link_send(l, out);
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
