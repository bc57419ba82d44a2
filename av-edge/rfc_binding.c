/* Binding: anybody learns where his datagrams come from, and little more. */
#include "av-edge/rfc_request.h"

/* Tenths: a stranger's 20 bytes get at most 32. */
enum { AMPLIFY = 16 };

static bool is_too_long(const struct rfc_request *q, struct edge_slice wire)
{
	return !ave_leg_is_stream(q->leg) &&
	       10 * edge_slice_len(wire) >
		       AMPLIFY * edge_slice_len(q->msg->raw);
}

bool rfc_binding(const struct rfc_request *q)
{
	const struct rfc_seal seal = {.has_fingerprint =
					      q->msg->fingerprint_at != 0};
	struct rfc_answer a;
	struct edge_slice wire;

	if (!rfc_may_answer(q, AVE_RATE_BINDING))
		return !ave_leg_is_stream(q->leg);
	if (q->msg->is_faulty || q->msg->mandatory_count) {
		rfc_answer_begin(&a, RFC_BINDING, RFC_ERROR, q->msg->tid);
		rfc_put_error(&a.w, q->msg->is_faulty ? 400 : 420);
		if (!q->msg->is_faulty)
			rfc_put_unknown(&a.w, q->msg);
		ave_relay_drop(q->relay, q->msg->is_faulty ? AVE_MALFORMED
							   : AVE_UNKNOWN_ATTR);
	} else {
		rfc_accept(&a, q);
		rfc_put_addr(&a.w, RFC_XOR_MAPPED, &q->leg->client);
	}
	wire = rfc_answer_end(&a, &seal);
	if (is_too_long(q, wire))
		ave_relay_drop(q->relay, AVE_TOO_LONG);
	else
		ave_relay_answer(q->relay, q->leg, wire);
	return true;
}
