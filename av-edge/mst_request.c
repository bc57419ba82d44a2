/* Errors and the sending of answers: the same for all requests. */
#include "av-edge/mst_request.h"

#include "av-edge/mras_ring.h"

enum {
	AMPLIFY = 26,	     /* AV 1.13: times a stranger's bytes [tenths] */
	REFUSE_MS = 1000,    /* AV 1.11: one unsigned 0116 in that time [ms] */
	TRY_ALTERNATE = 300, /* AV 1.13 */
	UNAUTHORIZED = 401,
	UNKNOWN_ATTRIBUTE = 420,
	SERVER_ERROR = 500,
	FAMILY_ATTR = 0x0017,
};

struct mst_own *mst_own_of(const struct mst_request *q)
{
	return q->alloc->own;
}

uint64_t mst_limit(const struct mst_request *q, enum ave_limit which)
{
	return ave_relay_view(q->relay)->limits[which];
}

static uint32_t version_of(const struct mst_request *q)
{
	return q->msg->type == MST_ALLOCATE
		       ? ave_relay_view(q->relay)->ms_version
		       : 0;
}

static void begin_error(struct mst_answer *a, const struct mst_request *q)
{
	mst_answer_begin(a,
			 q->msg->type == MST_ALLOCATE ? MST_ALLOCATE_ERROR
						      : MST_SET_ACTIVE_ERROR,
			 q->msg->tid);
	if (version_of(q))
		mst_put_u32(&a->w, MST_MS_VERSION, version_of(q));
}

void mst_answer_send(struct mst_answer *a, const struct mst_request *q,
		     const struct mst_mac *k)
{
	struct edge_slice wire =
		mst_answer_end(a, k, ave_leg_is_stream(q->leg));

	if (k && q->alloc && mst_own_of(q)->mac == k)
		mst_reply_keep(&mst_own_of(q)->last, q->msg, wire,
			       ave_relay_now_ms(q->relay) +
				       mst_limit(q, AVE_LIMIT_REPLY_CACHE_S) *
					       1000);
	ave_relay_answer(q->relay, q->leg, wire);
}

/* ---- to strangers ---- */

/* Where a client finds this very member; family 0: it is not told. */
static struct edge_addr server_for(const struct mst_request *q)
{
	const struct ave_view *v = ave_relay_view(q->relay);
	const bool is_tcp = ave_leg_is_stream(q->leg);
	const uint8_t side = q->leg->side, family = q->leg->client.family;
	const struct edge_addr at =
		is_tcp ? v->server_tcp[side] : v->server_udp[side];
	const struct edge_addr twin =
		is_tcp ? v->server6_tcp[side] : v->server6_udp[side];

	if (v->names_members && at.family == family)
		return at;
	return v->names_members && twin.family == family
		       ? twin
		       : (struct edge_addr){0};
}

/* false: it would be too long an answer to that request. Streams are not
 * forged: there it may be as long as it is. */
static bool put_login(struct mst_answer *a, const struct mst_request *q,
		      unsigned code)
{
	const struct ave_view *v = ave_relay_view(q->relay);
	char nonce[MRAS_NONCE_LEN + 1];
	struct mst_challenge c = {
		.code = code,
		.text = "",
		.nonce = edge_slice(nonce, MRAS_NONCE_LEN),
		.realm = edge_slice_str(v->realm),
		.version = version_of(q),
	};

	if (code == UNAUTHORIZED)
		c.server = server_for(q);
	if (!ave_leg_is_stream(q->leg) &&
	    !mst_challenge_fit(&c, edge_slice_len(q->msg->raw) * AMPLIFY / 10))
		return false;
	mras_ring_nonce(nonce, v->ring, &q->leg->client,
			ave_relay_wall_s(q->relay));
	mst_put_challenge(&a->w, &c);
	return true;
}

/* A client goes on with a nonce and a realm; 400 and 431 are its own fault. */
static bool has_login(unsigned code)
{
	return code != 400 && code != 431 && code < SERVER_ERROR;
}

/* Whose stream has an allocation is no stranger. */
static bool may_challenge(const struct mst_request *q)
{
	return (q->alloc && ave_leg_is_stream(q->leg)) ||
	       ave_relay_may_answer(q->relay, q->leg, AVE_RATE_CHALLENGE);
}

bool mst_challenge(const struct mst_request *q, enum ave_reason why)
{
	unsigned code = mst_code_of(why);
	struct mst_answer a;

	if (!may_challenge(q)) {
		ave_relay_drop(q->relay, AVE_RATE);
		return !ave_leg_is_stream(q->leg);
	}
	if (has_login(code)) {
		mst_answer_begin(&a, MST_ALLOCATE_ERROR, q->msg->tid);
		if (!put_login(&a, q, code)) {
			ave_relay_drop(q->relay, AVE_TOO_LONG);
			return true;
		}
	} else {
		begin_error(&a, q);
		mst_put_error(&a.w, code, "");
	}
	ave_relay_drop(q->relay, why);
	mst_answer_send(&a, q, NULL);
	return true;
}

/* ---- to whom K is known ---- */

/* What this server lacks and another may have. */
static bool is_shortage(const struct mst_request *q, enum ave_reason why)
{
	if (why == AVE_FAMILY)
		return !mst_has(q->msg, MST_ADDRESS_FAMILY);
	return why == AVE_USER_LIMIT || why == AVE_SOURCE_LIMIT ||
	       why == AVE_TABLE_FULL || why == AVE_NO_PORT ||
	       why == AVE_NO_SOCKET || why == AVE_DRAINING || why == AVE_RATE;
}

static void put_unknown(struct mst_answer *a, const struct mst_request *q,
			enum ave_reason why)
{
	uint16_t list[1 +
		      sizeof(q->msg->mandatory) / sizeof(q->msg->mandatory[0])];
	size_t count = 0;

	if (why == AVE_FAMILY)
		list[count++] = FAMILY_ATTR;
	for (size_t i = 0; i < q->msg->mandatory_count; i++)
		list[count++] = q->msg->mandatory[i];
	mst_put_unknown(&a->w, list, count);
}

static void put_shortage(struct mst_answer *a, const struct mst_request *q)
{
	struct edge_addr member = ave_view_member(ave_relay_view(q->relay),
						  q->leg, q->msg->tid.end[-1]);
	unsigned code = member.family ? TRY_ALTERNATE : SERVER_ERROR;

	mst_put_error(&a->w, code, mst_code_str(code));
	if (member.family)
		mst_put_addr(&a->w, MST_ALTERNATE_SERVER, &member);
}

static void put_error(struct mst_answer *a, const struct mst_request *q,
		      enum ave_reason why)
{
	unsigned code = mst_code_of(why);

	if (why == AVE_FAMILY && q->msg->type != MST_ALLOCATE)
		code = mst_code_of(AVE_PEER_DENIED);
	mst_put_error(&a->w, code, mst_code_str(code));
	if (code == UNKNOWN_ATTRIBUTE)
		put_unknown(a, q, why);
}

/* Set Active Destination without K, perhaps by another than the client: one
 * error a second. */
static bool is_too_often(const struct mst_request *q)
{
	uint64_t now_ms = ave_relay_now_ms(q->relay);
	struct mst_own *o;

	if (q->msg->type == MST_ALLOCATE || !q->alloc)
		return false;
	o = mst_own_of(q);
	if (o->refused_ms && now_ms < o->refused_ms + REFUSE_MS)
		return true;
	o->refused_ms = now_ms;
	return false;
}

void mst_refuse(const struct mst_request *q, const struct mst_mac *k,
		enum ave_reason why)
{
	struct mst_answer a;

	ave_relay_drop(q->relay, why);
	if (!k && is_too_often(q))
		return;
	begin_error(&a, q);
	if (q->msg->type == MST_ALLOCATE && is_shortage(q, why))
		put_shortage(&a, q);
	else
		put_error(&a, q, why);
	mst_answer_send(&a, q, k);
}
