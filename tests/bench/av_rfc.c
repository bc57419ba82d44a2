/* RFC TURN as a client speaks it, with libre's codec: not ours. */
#include <re.h>

#include <string.h>

#include "common/crypto.h"
#include "tests/bench/av_flow.h"

enum {
	UDP = 17,
	SEND_INDICATION = 0x0016,
	COOKIE = 0x2112a442,
	PEER_ADDRESS = 0x0012,
	DATA = 0x0013,
};

static void to_sa(struct sa *out, const struct edge_addr *a)
{
	sa_init(out, AF_INET);
	sa_set_in(out,
		  (uint32_t)a->ip[0] << 24 | (uint32_t)a->ip[1] << 16 |
			  (uint32_t)a->ip[2] << 8 | a->ip[3],
		  a->port);
}

static void from_sa(struct edge_addr *out, const struct sa *a)
{
	uint32_t ip = sa_in(a);

	*out = (struct edge_addr){.family = AF_INET, .port = sa_port(a)};
	for (int i = 0; i < 4; i++)
		out->ip[i] = (uint8_t)(ip >> (24 - 8 * i));
}

/* -- asking --------------------------------------------------------------- */

static uint16_t method_of(enum av_state state)
{
	switch ((int)state) {
	case AV_PERMIT:
		return STUN_METHOD_CREATEPERM;
	case AV_BIND:
		return STUN_METHOD_CHANBIND;
	case AV_LEAVE:
		return STUN_METHOD_REFRESH;
	default:
		return STUN_METHOD_ALLOCATE;
	}
}

static int encode(const struct av_flow *f, struct mbuf *mb)
{
	const bool allocates = f->state == AV_ASK || f->state == AV_LOGIN;
	const bool knows = f->state != AV_ASK;
	const uint8_t transport = UDP;
	const uint16_t channel =
		(uint16_t)(AV_FIRST_CHANNEL + f->index % 0xf00);
	const uint32_t lifetime = f->state == AV_LEAVE ? 0 : f->lifetime_s;
	const bool limits =
		f->state == AV_LEAVE || (f->state == AV_LOGIN && f->lifetime_s);
	struct sa peer;

	to_sa(&peer, &f->peer_at);
	return stun_msg_encode(
		mb, method_of(f->state), STUN_CLASS_REQUEST, f->tid, NULL,
		knows ? f->key : NULL, AVE_MD5_KEY_LEN, false, 0, 7,
		STUN_ATTR_REQ_TRANSPORT, allocates ? &transport : NULL,
		STUN_ATTR_CHANNEL_NUMBER, f->state == AV_BIND ? &channel : NULL,
		STUN_ATTR_XOR_PEER_ADDR,
		f->state == AV_BIND || f->state == AV_PERMIT ? &peer : NULL,
		STUN_ATTR_LIFETIME, limits ? &lifetime : NULL,
		STUN_ATTR_USERNAME, knows ? (const char *)f->login.user : NULL,
		STUN_ATTR_REALM, knows ? f->realm : NULL, STUN_ATTR_NONCE,
		knows ? f->nonce : NULL);
}

static size_t ask(struct av_flow *f, uint8_t out[AV_MESSAGE_MAX])
{
	struct mbuf *mb = mbuf_alloc(AV_MESSAGE_MAX);
	size_t len = 0;

	edge_random(f->tid, sizeof(f->tid));
	if (mb && !encode(f, mb) && mb->end <= AV_MESSAGE_MAX) {
		len = mb->end;
		memcpy(out, mb->buf, len);
	}
	mem_deref(mb);
	if (!len)
		f->state = AV_FAILED;
	return len;
}

/* -- answers -------------------------------------------------------------- */

static void challenged(struct av_flow *f, const struct stun_msg *m)
{
	const struct stun_attr *realm = stun_msg_attr(m, STUN_ATTR_REALM);
	const struct stun_attr *nonce = stun_msg_attr(m, STUN_ATTR_NONCE);
	struct ave_login login = {
		edge_slice(f->login.user, f->login.user_len),
		edge_slice_str(f->realm),
		edge_slice(f->login.password, f->login.password_len)};

	if (!realm || !nonce) {
		f->state = AV_FAILED;
		return;
	}
	str_ncpy(f->realm, realm->v.realm, sizeof(f->realm));
	str_ncpy(f->nonce, nonce->v.nonce, sizeof(f->nonce));
	login.realm = edge_slice_str(f->realm);
	ave_login_md5(f->key, &login); /* the same MD5 as MS-TURN's */
	f->state = AV_LOGIN;
}

static void refused(struct av_flow *f, const struct stun_msg *m)
{
	const struct stun_attr *code = stun_msg_attr(m, STUN_ATTR_ERR_CODE);

	f->error = code ? code->v.err_code.code : 0;
	if (f->state == AV_ASK && f->error == 401)
		challenged(f, m);
	else
		f->state = f->state == AV_LEAVE ? AV_GONE : AV_FAILED;
}

static void granted(struct av_flow *f, const struct stun_msg *m)
{
	const struct stun_attr *at = stun_msg_attr(m, STUN_ATTR_XOR_RELAY_ADDR);

	switch ((int)f->state) {
	case AV_LOGIN:
		if (at)
			from_sa(&f->relayed, &at->v.xor_relay_addr);
		f->state = !at				? AV_FAILED
			   : f->dialect == &av_rfc_send ? AV_PERMIT
							: AV_BIND;
		break;
	case AV_LEAVE:
		f->state = AV_GONE;
		break;
	default:
		f->state = AV_READY;
		break;
	}
}

static void answer(struct av_flow *f, struct edge_slice in)
{
	struct mbuf *mb = mbuf_alloc(edge_slice_len(in));
	struct stun_msg *m = NULL;

	if (!mb || mbuf_write_mem(mb, in.p, edge_slice_len(in)))
		goto out;
	mb->pos = 0;
	if (stun_msg_decode(&m, mb, NULL) ||
	    memcmp(stun_msg_tid(m), f->tid, STUN_TID_SIZE) != 0 ||
	    stun_msg_method(m) != method_of(f->state))
		goto out;
	if (stun_msg_class(m) == STUN_CLASS_SUCCESS_RESP)
		granted(f, m);
	else if (stun_msg_class(m) == STUN_CLASS_ERROR_RESP)
		refused(f, m);
out:
	mem_deref(m);
	mem_deref(mb);
}

/* -- Send and Data -------------------------------------------------------- */

static size_t send_frame(struct av_flow *f, uint8_t out[AV_MESSAGE_MAX],
			 struct edge_slice payload)
{
	static const uint8_t zeros[4];
	const size_t len = edge_slice_len(payload), pad = -len & 3;
	const uint32_t cookie = COOKIE;
	struct edge_put w = edge_put(out, AV_MESSAGE_MAX);

	edge_put_u16(&w, SEND_INDICATION);
	edge_put_u16(&w, (uint16_t)(12 + 4 + len + pad));
	edge_put_u32(&w, cookie);
	edge_put_u64(&w, f->sequence++);
	edge_put_u32(&w, f->index);
	edge_put_u16(&w, PEER_ADDRESS);
	edge_put_u16(&w, 8);
	edge_put_u16(&w, 1);
	edge_put_u16(&w, f->peer_at.port ^ (uint16_t)(cookie >> 16));
	for (int i = 0; i < 4; i++)
		edge_put_u8(&w, f->peer_at.ip[i] ^
					(uint8_t)(cookie >> (24 - 8 * i)));
	edge_put_u16(&w, DATA);
	edge_put_u16(&w, (uint16_t)len);
	edge_put_slice(&w, payload);
	edge_put_bytes(&w, zeros, pad);
	return edge_put_len(&w);
}

static struct edge_slice send_payload(const struct av_flow *f,
				      struct edge_slice in)
{
	struct edge_slice payload;

	(void)f;
	return av_find(&payload, in, DATA, 4) ? payload : edge_slice(NULL, 0);
}

const struct av_dialect av_rfc_channel = {
	.name = "channel",
	.ask = ask,
	.answer = answer,
	.frame = av_channel_frame,
	.payload = av_channel_payload,
};

/* Payloads are multiples of 4 long, so nothing is padded. */
const struct av_dialect av_rfc_stream = {
	.name = "stream",
	.is_stream = true,
	.ask = ask,
	.answer = answer,
	.frame = av_channel_frame,
	.payload = av_channel_payload,
};

const struct av_dialect av_rfc_send = {
	.name = "send",
	.ask = ask,
	.answer = answer,
	.frame = send_frame,
	.payload = send_payload,
};
