/* Connections of TCP allocations: Connect, ConnectionBind, ConnectionAttempt;
 * RFC 6062. */
#include "av-edge/rfc_request.h"

#include <string.h>

/* ---- Connect ---- */

static enum ave_reason dial(const struct rfc_request *q)
{
	struct rfc_waiting w = {
		.which = q->msg->sha256_at ? RFC_INTEGRITY_SHA256
					   : RFC_INTEGRITY,
		.has_fingerprint = q->msg->fingerprint_at != 0,
	};
	enum ave_reason why;

	if (!q->alloc->is_tcp || !rfc_asks(q, RFC_XOR_PEER))
		return AVE_MALFORMED;
	why = ave_relay_connect(&w.connection, q->relay, q->alloc,
				&q->msg->v[RFC_XOR_PEER].addr);
	if (why)
		return why;
	memcpy(w.tid, q->msg->tid.p, RFC_TID_LEN);
	return rfc_own_wait(rfc_own_of(q->alloc), &w) ? AVE_INTERNAL : AVE_FINE;
}

/* Answered when the peer has: RFC 6062 §5.2. */
bool rfc_connect(const struct rfc_request *q)
{
	enum ave_reason why = dial(q);

	if (why)
		rfc_refuse(q, why);
	return true;
}

static void tell_connected(struct ave_relay *r, const struct ave_alloc *a,
			   const struct rfc_waiting *w, enum ave_reason how)
{
	struct rfc_seal seal = {rfc_own_of(a)->mac, w->which,
				w->has_fingerprint};
	struct edge_slice tid = edge_slice(w->tid, RFC_TID_LEN);
	struct rfc_answer answer;

	rfc_answer_begin(&answer, RFC_CONNECT, how ? RFC_ERROR : RFC_SUCCESS,
			 tid);
	if (how)
		rfc_put_error(&answer.w, rfc_code_of(how, RFC_CONNECT));
	else
		rfc_put_number(&answer.w, RFC_CONNECTION_ID, w->connection);
	ave_relay_answer(r, &a->leg, rfc_answer_end(&answer, &seal));
}

static void tell_attempt(struct ave_relay *r, const struct ave_alloc *a,
			 const struct edge_addr *peer, uint32_t connection)
{
	const struct rfc_seal none = {0};
	struct rfc_answer answer;
	uint8_t tid[RFC_TID_LEN];

	rfc_own_take_tid(rfc_own_of(a), tid);
	rfc_answer_begin(&answer, RFC_CONNECTION_ATTEMPT, RFC_INDICATION,
			 edge_slice(tid, sizeof(tid)));
	rfc_put_number(&answer.w, RFC_CONNECTION_ID, connection);
	rfc_put_addr(&answer.w, RFC_XOR_PEER, peer);
	ave_relay_answer(r, &a->leg, rfc_answer_end(&answer, &none));
}

void rfc_peer_is(struct ave_relay *r, struct ave_alloc *a,
		 const struct edge_addr *peer, uint32_t connection,
		 enum ave_reason how)
{
	struct rfc_waiting w;

	if (rfc_own_take_waiting(&w, rfc_own_of(a), connection))
		tell_connected(r, a, &w, how);
	else if (!how)
		tell_attempt(r, a, peer, connection);
}

/* ---- ConnectionBind ---- */

/* The stream is new; its user must be that of the allocation. */
static enum ave_reason find(const struct rfc_request *q)
{
	const struct ave_alloc *a;

	if (q->alloc || !ave_leg_is_stream(q->leg) ||
	    !rfc_asks(q, RFC_CONNECTION_ID))
		return AVE_MALFORMED;
	a = ave_relay_connection(q->relay,
				 (uint32_t)q->msg->v[RFC_CONNECTION_ID].number);
	if (!a || a->dialect != &rfc_dialect)
		return AVE_MALFORMED;
	return memcmp(rfc_own_of(a)->token, q->caller->token, MRAS_TOKEN_LEN)
		       ? AVE_WRONG_USER
		       : AVE_FINE;
}

bool rfc_connection_bind(const struct rfc_request *q)
{
	enum ave_reason why = find(q);

	if (why) {
		rfc_refuse(q, why);
		return true;
	}
	rfc_agree(q);
	why = ave_relay_join(q->relay, q->leg,
			     (uint32_t)q->msg->v[RFC_CONNECTION_ID].number);
	if (why)
		ave_relay_drop(q->relay, why);
	return !why;
}
