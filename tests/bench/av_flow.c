/* What the dialects of the A/V benches share. */
#include "tests/bench/av_flow.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "common/crypto.h"
#include "tests/bench/peer.h"

enum { MARK = 0x6c796e63 };

const struct av_dialect *av_dialect_find(const char *name)
{
	static const struct av_dialect *const all[] = {
		&av_rfc_channel, &av_rfc_stream, &av_rfc_send, &av_mst_raw,
		&av_mst_send,	 &av_forward,	 &av_direct};

	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++)
		if (!strcmp(all[i]->name, name))
			return all[i];
	return NULL;
}

/* -- logins --------------------------------------------------------------- */

static void put_text(uint8_t *out, size_t *len, const uint8_t *bytes,
		     size_t count)
{
	*len = (size_t)EVP_EncodeBlock(out, bytes, (int)count);
}

void av_login_make(struct av_login *out, const struct av_logins *from,
		   const struct av_dialect *d, const char *identity)
{
	struct mras_token t = {.issued_s = (uint32_t)time(NULL),
			       .flags = MRAS_INTERNET | MRAS_INTRANET};
	struct mras_ticket ticket;
	uint8_t random[8];

	*out = (struct av_login){0};
	if (from->user) {
		out->user_len = (size_t)snprintf(
			(char *)out->user, sizeof(out->user), "%s", from->user);
		out->password_len = (size_t)snprintf((char *)out->password,
						     sizeof(out->password),
						     "%s", from->password);
		return;
	}
	t.expires_s = t.issued_s + 3600;
	edge_random(random, sizeof(random));
	mras_token_mint(&ticket, &from->keys, &t, edge_slice_str(identity),
			random);
	if (d->is_raw) {
		out->user_len = MRAS_TOKEN_LEN;
		out->password_len = MRAS_PASSWORD_LEN;
		memcpy(out->user, ticket.username, MRAS_TOKEN_LEN);
		memcpy(out->password, ticket.password, MRAS_PASSWORD_LEN);
		return;
	}
	put_text(out->user, &out->user_len, ticket.username, MRAS_TOKEN_LEN);
	put_text(out->password, &out->password_len, ticket.password,
		 MRAS_PASSWORD_LEN);
}

/* -- messages ------------------------------------------------------------- */

bool av_find(struct edge_slice *out, struct edge_slice message, unsigned number,
	     unsigned align)
{
	struct edge_slice skipped;
	uint16_t type, len;

	if (!edge_take(&message, MST_HEADER_LEN, &skipped))
		return false;
	while (edge_take_u16(&message, &type) &&
	       edge_take_u16(&message, &len) && edge_take(&message, len, out)) {
		if (type == number)
			return true;
		(void)edge_take(&message, -len & (align - 1), &skipped);
	}
	return false;
}

static unsigned channel_of(const struct av_flow *f)
{
	return AV_FIRST_CHANNEL + f->index % 0xf00;
}

size_t av_channel_frame(struct av_flow *f, uint8_t out[AV_MESSAGE_MAX],
			struct edge_slice payload)
{
	struct edge_put w = edge_put(out, AV_MESSAGE_MAX);

	edge_put_u16(&w, (uint16_t)channel_of(f));
	edge_put_u16(&w, (uint16_t)edge_slice_len(payload));
	edge_put_slice(&w, payload);
	return edge_put_len(&w);
}

struct edge_slice av_channel_payload(const struct av_flow *f,
				     struct edge_slice in)
{
	struct edge_slice payload = edge_slice(NULL, 0);
	uint16_t channel, len;

	if (edge_take_u16(&in, &channel) && channel == channel_of(f) &&
	    edge_take_u16(&in, &len))
		(void)edge_take(&in, len, &payload);
	return payload;
}

size_t av_stream_cut(struct edge_slice in)
{
	uint16_t first, len;

	if (!edge_take_u16(&in, &first) || !edge_take_u16(&in, &len))
		return 0;
	if (first >> 14) /* ChannelData, padded on streams */
		return 4 + ((size_t)len + 3) / 4 * 4;
	return MST_HEADER_LEN + (size_t)len;
}

/* -- stamps --------------------------------------------------------------- */

void av_stamp_put(uint8_t *payload, const struct av_stamp *s)
{
	struct edge_put w = edge_put(payload, AV_PAYLOAD_MIN);

	edge_put_u32(&w, 0x80000000u); /* as RTP begins */
	edge_put_u32(&w, MARK);
	edge_put_u64(&w, s->at_ns);
	edge_put_u32(&w, s->flow);
	edge_put_u8(&w, s->round);
}

bool av_stamp_take(struct av_stamp *out, struct edge_slice payload)
{
	uint32_t rtp, mark;

	return edge_take_u32(&payload, &rtp) &&
	       edge_take_u32(&payload, &mark) && mark == MARK &&
	       edge_take_u64(&payload, &out->at_ns) &&
	       edge_take_u32(&payload, &out->flow) &&
	       edge_take_u8(&payload, &out->round);
}

/* -- the bare forwarder --------------------------------------------------- */

/* Nothing is asked: flow f is relayed at the port f + 1 behind the server's. */
static size_t forward_ask(struct av_flow *f, uint8_t out[AV_MESSAGE_MAX])
{
	(void)out;
	if (f->state == AV_LEAVE) {
		f->state = AV_GONE;
		return 0;
	}
	f->relayed = f->server;
	f->relayed.port = (uint16_t)(f->server.port + 1 + f->index);
	f->state = AV_READY;
	return 0;
}

static void forward_answer(struct av_flow *f, struct edge_slice in)
{
	(void)f;
	(void)in;
}

const struct av_dialect av_forward = {
	.name = "forward",
	.ask = forward_ask,
	.answer = forward_answer,
	.frame = av_channel_frame,
	.payload = av_channel_payload,
};

/* -- nobody between them ----------------------------------------------------
 */

/* The two speak to each other: what is left is the price of the ends. */
static size_t direct_ask(struct av_flow *f, uint8_t out[AV_MESSAGE_MAX])
{
	struct sockaddr_storage sa;
	socklen_t len = sizeof(sa);

	(void)out;
	if (f->state == AV_LEAVE) {
		f->state = AV_GONE;
		return 0;
	}
	if (getsockname(f->client, (struct sockaddr *)&sa, &len) ||
	    edge_addr_from_sockaddr(&f->relayed, (struct sockaddr *)&sa))
		bench_die("direct");
	len = edge_addr_to_sockaddr(&f->peer_at, &sa);
	if (connect(f->client, (struct sockaddr *)&sa, len))
		bench_die("direct");
	f->state = AV_READY;
	return 0;
}

static size_t direct_frame(struct av_flow *f, uint8_t out[AV_MESSAGE_MAX],
			   struct edge_slice payload)
{
	(void)f;
	memcpy(out, payload.p, edge_slice_len(payload));
	return edge_slice_len(payload);
}

static struct edge_slice direct_payload(const struct av_flow *f,
					struct edge_slice in)
{
	(void)f;
	return in;
}

const struct av_dialect av_direct = {
	.name = "direct",
	.ask = direct_ask,
	.answer = forward_answer,
	.frame = direct_frame,
	.payload = direct_payload,
};
