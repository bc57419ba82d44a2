/* Errors and the sending of answers: the same for all requests. */
#include "av-edge/rfc_request.h"

#include "av-edge/mras_ring.h"

enum {
	TRY_ALTERNATE = 300, /* RFC 8656 §13 */
	UNAUTHENTICATED = 401,
	STALE_NONCE = 438,
	/* an Allocate with REQUESTED-TRANSPORT: what is shorter asks for
	 * nothing, and gets no longer answer than a bare error [bytes] */
	LEAST_QUESTION = RFC_HEADER_LEN + 8,
	AMPLIFY = 28, /* ours: times a stranger's bytes [tenths] */
};

struct rfc_own *rfc_own_of(const struct ave_alloc *a)
{
	return a->own;
}

uint64_t rfc_limit(const struct rfc_request *q, enum ave_limit which)
{
	return ave_relay_view(q->relay)->limits[which];
}

bool rfc_asks(const struct rfc_request *q, enum rfc_attr a)
{
	return rfc_has(q->msg, a);
}

void rfc_accept(struct rfc_answer *a, const struct rfc_request *q)
{
	rfc_answer_begin(a, q->msg->method, RFC_SUCCESS, q->msg->tid);
}

struct edge_slice rfc_answer_send(struct rfc_answer *a,
				  const struct rfc_request *q)
{
	struct rfc_seal seal = {
		.mac = q->caller ? q->caller->mac : NULL,
		.which = q->msg->sha256_at ? RFC_INTEGRITY_SHA256
					   : RFC_INTEGRITY,
		.has_fingerprint = q->msg->fingerprint_at != 0,
	};
	struct edge_slice wire = rfc_answer_end(a, &seal);

	ave_relay_answer(q->relay, q->leg, wire);
	return wire;
}

void rfc_agree(const struct rfc_request *q)
{
	struct rfc_answer a;

	rfc_accept(&a, q);
	(void)rfc_answer_send(&a, q);
}

/* ---- to strangers ---- */

static void put_login(struct rfc_answer *a, const struct rfc_request *q,
		      unsigned code)
{
	const struct ave_view *v = ave_relay_view(q->relay);
	char nonce[MRAS_NONCE_LEN + 1];
	struct rfc_challenge c = {
		.code = code,
		.nonce = edge_slice(nonce, MRAS_NONCE_LEN),
		.realm = edge_slice_str(v->realm),
		.has_features = ave_leg_is_stream(q->leg),
	};

	mras_ring_nonce(nonce, v->ring, &q->leg->client,
			ave_relay_wall_s(q->relay));
	rfc_put_challenge(&a->w, &c);
}

static bool is_short(const struct rfc_request *q)
{
	return !ave_leg_is_stream(q->leg) &&
	       edge_slice_len(q->msg->raw) < LEAST_QUESTION;
}

bool rfc_may_answer(const struct rfc_request *q, enum ave_rate what)
{
	if ((q->alloc && ave_leg_is_stream(q->leg)) ||
	    ave_relay_may_answer(q->relay, q->leg, what))
		return true;
	ave_relay_drop(q->relay, AVE_RATE);
	return false;
}

/* Streams are not forged: there an answer may be as long as it is. */
static bool is_too_long(const struct rfc_request *q, struct edge_slice wire)
{
	return !ave_leg_is_stream(q->leg) &&
	       10 * edge_slice_len(wire) >
		       AMPLIFY * edge_slice_len(q->msg->raw);
}

bool rfc_challenge(const struct rfc_request *q, enum ave_reason why)
{
	const struct rfc_seal seal = {.has_fingerprint =
					      q->msg->fingerprint_at != 0};
	struct edge_slice wire;
	struct rfc_answer a;
	unsigned code;

	if (!rfc_may_answer(q, AVE_RATE_CHALLENGE))
		return !ave_leg_is_stream(q->leg);
	if (is_short(q))
		why = AVE_MALFORMED;
	code = rfc_code_of(why, q->msg->method);
	rfc_answer_begin(&a, q->msg->method, RFC_ERROR, q->msg->tid);
	if (code == UNAUTHENTICATED || code == STALE_NONCE)
		put_login(&a, q, code);
	else
		rfc_put_error(&a.w, code);
	wire = rfc_answer_end(&a, &seal);
	if (is_too_long(q, wire)) {
		ave_relay_drop(q->relay, AVE_TOO_LONG);
		return true;
	}
	ave_relay_drop(q->relay, why);
	ave_relay_answer(q->relay, q->leg, wire);
	return true;
}

/* ---- to whom the key is known ---- */

static bool is_shortage(enum ave_reason why)
{
	return why == AVE_TABLE_FULL || why == AVE_NO_PORT ||
	       why == AVE_NO_SOCKET || why == AVE_DRAINING || why == AVE_RATE;
}

void rfc_refuse(const struct rfc_request *q, enum ave_reason why)
{
	struct edge_addr member = {0};
	struct rfc_answer a;

	ave_relay_drop(q->relay, why);
	if (why == AVE_RATE && !ave_leg_is_stream(q->leg))
		return; /* it comes again by itself, a moment later */
	if (q->msg->method == RFC_ALLOCATE && is_shortage(why))
		member = ave_view_member(ave_relay_view(q->relay), q->leg,
					 q->msg->tid.p[0]);
	rfc_answer_begin(&a, q->msg->method, RFC_ERROR, q->msg->tid);
	rfc_put_error(&a.w, member.family ? TRY_ALTERNATE
					  : rfc_code_of(why, q->msg->method));
	if (why == AVE_UNKNOWN_ATTR)
		rfc_put_unknown(&a.w, q->msg);
	if (member.family)
		rfc_put_addr(&a.w, RFC_ALTERNATE_SERVER, &member);
	(void)rfc_answer_send(&a, q);
}
