/* From cheap to dear: fields, nonce, token, key, integrity. */
#include "av-edge/mst_caller.h"

#include "av-edge/mras_ring.h"
#include "common/crypto.h"

/* The realm of the view; or, after that was changed, the one that the key of
 * the allocation was made with. */
static bool is_our_realm(const struct mst_request *q)
{
	struct edge_slice ours =
		edge_slice_str(ave_relay_view(q->relay)->realm);

	return edge_slice_eq(mst_trim(q->msg->v[MST_REALM].bytes),
			     mst_trim(ours)) ||
	       (q->alloc && mst_own_is_realm(mst_own_of(q), q->msg));
}

/* A client refreshes with the nonce of its first 401 as long as its token
 * lasts (AV 1.12). */
static enum ave_reason check_nonce(const struct mst_request *q, bool is_holder)
{
	const struct mras_ring *ring = ave_relay_view(q->relay)->ring;
	uint32_t age_s = is_holder ? ring->lifetime_s
				   : (uint32_t)mst_limit(q, AVE_LIMIT_NONCE_S);

	return mras_ring_nonce_fits(ring, q->msg->v[MST_NONCE].bytes,
				    &q->leg->client, ave_relay_wall_s(q->relay),
				    age_s)
		       ? AVE_FINE
		       : AVE_STALE_NONCE;
}

static enum ave_reason check_fields(const struct mst_request *q)
{
	if (!mst_has(q->msg, MST_USERNAME))
		return AVE_NO_USERNAME;
	if (!mst_has(q->msg, MST_REALM) || !is_our_realm(q))
		return AVE_NO_REALM;
	if (!mst_has(q->msg, MST_NONCE))
		return AVE_NO_NONCE;
	return AVE_FINE;
}

static enum ave_reason check_key(struct mst_caller *c,
				 const struct mst_request *q,
				 const struct ave_login *l)
{
	switch ((int)mst_mac_match(&c->mac, q->msg, l)) {
	case EDGE_OK:
		return AVE_FINE;
	case EDGE_ENOMEM:
		return AVE_INTERNAL;
	default:
		return AVE_BAD_INTEGRITY;
	}
}

/* Token and integrity. The holder of the allocation has its K already. */
static enum ave_reason check_token(struct mst_caller *c,
				   const struct mst_request *q,
				   struct edge_slice realm)
{
	const struct mst_msg *m = q->msg;
	struct mras_known known = {0};
	struct ave_login l = {
		m->v[MST_USERNAME].bytes, realm,
		edge_slice(known.password, sizeof(known.password))};
	enum ave_reason why = mras_ring_verify(
		&known, ave_relay_view(q->relay)->ring, l.username,
		ave_relay_wall_s(q->relay), (enum ave_side)q->leg->side);

	if (why)
		return why;
	c->grant = known.grant;
	if (!c->is_holder)
		why = check_key(c, q, &l);
	else if (!mst_mac_fits(mst_own_of(q)->mac, m))
		why = AVE_BAD_INTEGRITY;
	edge_wipe(&known, sizeof(known));
	return why;
}

enum ave_reason mst_caller_admit(struct mst_caller *out,
				 const struct mst_request *q)
{
	struct mst_caller c = {0};
	enum ave_reason why = check_fields(q);

	if (why)
		return why;
	c.is_holder =
		q->alloc &&
		mst_own_is_user(mst_own_of(q), q->msg->v[MST_USERNAME].bytes);
	why = check_nonce(q, c.is_holder);
	if (!why)
		why = check_token(&c, q, q->msg->v[MST_REALM].bytes);
	if (!why)
		*out = c;
	return why;
}

enum ave_reason mst_caller_know(struct mst_caller *out,
				const struct mst_request *q)
{
	struct mst_caller c = {0};
	enum ave_reason why;

	if (!mst_has(q->msg, MST_USERNAME))
		return AVE_NO_USERNAME;
	if (mst_has(q->msg, MST_REALM) && !is_our_realm(q))
		return AVE_NO_REALM;
	why = check_token(
		&c, q,
		mst_has(q->msg, MST_REALM)
			? q->msg->v[MST_REALM].bytes
			: edge_slice_str(ave_relay_view(q->relay)->realm));
	if (!why)
		*out = c;
	return why;
}

void mst_caller_fini(struct mst_caller *c)
{
	mst_mac_free(c->mac);
	c->mac = NULL;
}

const struct mst_mac *mst_caller_key(const struct mst_caller *c,
				     const struct mst_request *q)
{
	return c->is_holder ? mst_own_of(q)->mac : c->mac;
}

enum ave_reason mst_caller_owns(const struct mst_request *q)
{
	return mst_mac_fits(mst_own_of(q)->mac, q->msg) ? AVE_FINE
							: AVE_BAD_INTEGRITY;
}

enum ave_reason mst_caller_may(const struct mst_request *q)
{
	struct mst_own *o = mst_own_of(q);
	const struct mst_msg *m = q->msg;

	o->is_padded = m->is_padded;
	if (!mst_own_is_realm(o, m))
		return AVE_NO_REALM;
	if (m->mandatory_count)
		return AVE_UNKNOWN_ATTR;
	if (mst_has(m, MST_SEQUENCE) &&
	    !edge_slice_eq(m->v[MST_SEQUENCE].bytes,
			   edge_slice(o->connection, sizeof(o->connection))))
		return AVE_WRONG_CONNECTION;
	if (!mst_replay_is_new(&o->replay, m))
		return AVE_REPLAY;
	ave_relay_touch(q->relay, q->alloc);
	return AVE_FINE;
}
