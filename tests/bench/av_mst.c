/* MS-TURN as a client speaks it, with the product's codec. */
#include <string.h>

#include "common/crypto.h"
#include "tests/bench/av_flow.h"

static struct edge_slice tid_of(const struct av_flow *f)
{
	return edge_slice(f->tid, MST_TID_LEN);
}

static struct edge_slice user_of(const struct av_flow *f)
{
	return edge_slice(f->login.user, f->login.user_len);
}

/* -- asking --------------------------------------------------------------- */

static size_t signed_len(struct edge_put *w, const struct av_flow *f)
{
	return edge_slice_len(mst_sign(w, f->mac));
}

static size_t ask_allocate(const struct av_flow *f, struct edge_put *w)
{
	mst_begin(w, MST_ALLOCATE, tid_of(f));
	mst_put_u32(w, MST_MAGIC_COOKIE, MST_COOKIE);
	mst_put_u32(w, MST_MS_VERSION, 1);
	if (f->state == AV_ASK)
		return edge_slice_len(mst_end(w));
	if (f->state == AV_LEAVE || f->lifetime_s)
		mst_put_u32(w, MST_LIFETIME,
			    f->state == AV_LEAVE ? 0 : f->lifetime_s);
	mst_put_bytes(w, MST_REALM, edge_slice_str(f->realm));
	mst_put_bytes(w, MST_NONCE, edge_slice_str(f->nonce));
	mst_put_bytes(w, MST_USERNAME, user_of(f));
	return signed_len(w, f);
}

static size_t ask_active(struct av_flow *f, struct edge_put *w)
{
	mst_begin(w, MST_SET_ACTIVE, tid_of(f));
	mst_put_u32(w, MST_MAGIC_COOKIE, MST_COOKIE);
	mst_put_bytes(w, MST_USERNAME, user_of(f));
	mst_put_sequence(w, f->connection, ++f->sequence);
	mst_put_bytes(w, MST_REALM, edge_slice_str(f->realm));
	mst_put_addr(w, MST_DESTINATION, &f->peer_at);
	return signed_len(w, f);
}

/* As libnice orders them, AV 1.21. */
static size_t frame(struct av_flow *f, uint8_t out[AV_MESSAGE_MAX],
		    struct edge_slice payload)
{
	struct edge_put w = edge_put(out, AV_MESSAGE_MAX);

	memcpy(f->tid, &f->sequence, sizeof(f->sequence));
	mst_begin(&w, MST_SEND, tid_of(f));
	mst_put_u32(&w, MST_MAGIC_COOKIE, MST_COOKIE);
	mst_put_bytes(&w, MST_USERNAME, user_of(f));
	mst_put_addr(&w, MST_DESTINATION, &f->peer_at);
	mst_put_u32(&w, MST_MS_VERSION, 1);
	mst_put_sequence(&w, f->connection, ++f->sequence);
	mst_put_bytes(&w, MST_REALM, edge_slice_str(f->realm));
	mst_put_bytes(&w, MST_DATA, payload);
	return signed_len(&w, f);
}

static size_t ask(struct av_flow *f, uint8_t out[AV_MESSAGE_MAX])
{
	struct edge_put w = edge_put(out, AV_MESSAGE_MAX);

	edge_random(f->tid, sizeof(f->tid));
	switch ((int)f->state) {
	case AV_PERMIT: /* a Send opens it and is never answered */
		f->state = AV_READY;
		return frame(f, out, edge_slice(NULL, 0));
	case AV_BIND:
		return ask_active(f, &w);
	default:
		return ask_allocate(f, &w);
	}
}

/* -- answers -------------------------------------------------------------- */

static void challenged(struct av_flow *f, const struct mst_msg *m)
{
	struct ave_login login = {
		user_of(f), m->v[MST_REALM].bytes,
		edge_slice(f->login.password, f->login.password_len)};

	mst_mac_free(f->mac);
	f->mac = NULL;
	f->state = AV_FAILED;
	if (mst_has(m, MST_REALM) && mst_has(m, MST_NONCE) &&
	    edge_slice_copy(f->realm, sizeof(f->realm), login.realm) &&
	    edge_slice_copy(f->nonce, sizeof(f->nonce),
			    m->v[MST_NONCE].bytes) &&
	    mst_mac_new(&f->mac, MST_MAC_SHA1, &login) == EDGE_OK)
		f->state = AV_LOGIN;
}

static void refused(struct av_flow *f, const struct mst_msg *m)
{
	f->error = (uint16_t)m->v[MST_ERROR_CODE].number;
	if (f->state == AV_ASK && f->error == 401)
		challenged(f, m);
	else
		f->state = f->state == AV_LEAVE ? AV_GONE : AV_FAILED;
}

static void granted(struct av_flow *f, const struct mst_msg *m)
{
	if (f->state == AV_LEAVE) {
		f->state = AV_GONE;
		return;
	}
	f->state = AV_FAILED;
	if (!mst_has(m, MST_MAPPED_ADDRESS) || !mst_has(m, MST_SEQUENCE) ||
	    !mst_mac_fits(f->mac, m))
		return;
	f->relayed = m->v[MST_MAPPED_ADDRESS].addr;
	memcpy(f->connection, m->v[MST_SEQUENCE].bytes.p, MST_CONNECTION_LEN);
	f->sequence = m->v[MST_SEQUENCE].number;
	f->state = f->dialect == &av_mst_raw ? AV_BIND : AV_PERMIT;
}

static void answer(struct av_flow *f, struct edge_slice in)
{
	struct mst_msg m;

	if (mst_msg_decode(&m, in) != EDGE_OK ||
	    !edge_slice_eq(m.tid, tid_of(f)))
		return;
	if (m.type == MST_ALLOCATE_OK && f->state != AV_BIND)
		granted(f, &m);
	else if (m.type == MST_SET_ACTIVE_OK && f->state == AV_BIND)
		f->state = AV_READY;
	else if (m.type == MST_ALLOCATE_ERROR || m.type == MST_SET_ACTIVE_ERROR)
		refused(f, &m);
}

/* -- the two ways --------------------------------------------------------- */

static struct edge_slice payload_of(const struct av_flow *f,
				    struct edge_slice in)
{
	struct edge_slice payload;

	(void)f;
	if (!mst_is(in))
		return in; /* bare, from the active destination */
	return av_find(&payload, in, 0x0013, 1) ? payload : edge_slice(NULL, 0);
}

static size_t raw_frame(struct av_flow *f, uint8_t out[AV_MESSAGE_MAX],
			struct edge_slice payload)
{
	(void)f;
	memcpy(out, payload.p, edge_slice_len(payload));
	return edge_slice_len(payload);
}

const struct av_dialect av_mst_raw = {
	.name = "mst-raw",
	.is_raw = true,
	.ask = ask,
	.answer = answer,
	.frame = raw_frame,
	.payload = payload_of,
};

const struct av_dialect av_mst_send = {
	.name = "mst-send",
	.is_raw = true,
	.ask = ask,
	.answer = answer,
	.frame = frame,
	.payload = payload_of,
};
