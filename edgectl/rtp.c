/* One G.711 packet each 20 ms and way, protected by libsrtp2; the payload
 * carries when it was sent. */
#include "edgectl/rtp.h"

#include <poll.h>
#include <srtp2/srtp.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/crypto.h"

enum {
	RTP_HEAD = 12,
	PAYLOAD = 160, /* 20 ms of G.711 */
	EVERY_US = 20000,
	PACKET_MAX = RTP_HEAD + PAYLOAD + SRTP_MAX_TRAILER_LEN,
	KEY_LEN = SRTP_AES_ICM_128_KEY_LEN_WSALT,
	STRAGGLERS_US = 1500000, /* ours: waited for at the end */
	STREAM_MAX = 64 * 1024,
	PATTERN = 0x5a,
};

struct way { /* from end[i] to the other */
	srtp_t out, in;
	uint8_t key[KEY_LEN];
	uint64_t total_us;
	struct ctl_rtp_way *told;
	size_t held; /* of a stream, not yet cut */
	uint8_t stream[STREAM_MAX];
};

struct run {
	const struct ctl_rtp_plan *plan;
	struct way way[2];
};

static uint64_t now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

static bool make_srtp(srtp_t *out, uint8_t key[KEY_LEN], bool is_out)
{
	srtp_policy_t p;

	memset(&p, 0, sizeof(p));
	srtp_crypto_policy_set_aes_cm_128_hmac_sha1_80(&p.rtp);
	srtp_crypto_policy_set_aes_cm_128_hmac_sha1_80(&p.rtcp);
	p.ssrc.type = is_out ? ssrc_any_outbound : ssrc_any_inbound;
	p.key = key;
	p.window_size = 1024;
	return srtp_create(out, &p) == srtp_err_status_ok;
}

static size_t packet_make(uint8_t *out, uint32_t number)
{
	struct edge_put w = edge_put(out, PACKET_MAX);

	edge_put_u8(&w, 0x80); /* version 2 */
	edge_put_u8(&w, 0);    /* PCMU */
	edge_put_u16(&w, (uint16_t)number);
	edge_put_u32(&w, number * PAYLOAD);
	edge_put_u32(&w, 0x6c796e63);
	edge_put_u64(&w, now_us());
	for (int i = 8; i < PAYLOAD; i++)
		edge_put_u8(&w, PATTERN);
	return edge_put_len(&w);
}

static enum edge_err push(struct run *r, int i, uint32_t number)
{
	uint32_t storage[(PACKET_MAX + 6) / 4 + 1]; /* SRTP wants it aligned */
	uint8_t *packet = (uint8_t *)(storage + 1);
	int len = (int)packet_make(packet, number);

	if (srtp_protect(r->way[i].out, packet, &len) != srtp_err_status_ok)
		return EDGE_ESTATE;
	r->way[i].told->sent++;
	if (!r->plan->is_stream)
		return ctl_turn_send(r->plan->end[i],
				     edge_slice(packet, (size_t)len));
	packet[-2] = (uint8_t)(len >> 8);
	packet[-1] = (uint8_t)len;
	return ctl_turn_send(r->plan->end[i],
			     edge_slice(packet - 2, (size_t)len + 2));
}

static void take_packet(struct way *w, struct edge_slice s)
{
	uint32_t storage[PACKET_MAX / 4 + 1];
	uint8_t *b = (uint8_t *)storage;
	int len = (int)edge_slice_len(s);
	struct edge_slice payload;
	uint64_t sent = 0, passed;
	bool good = len > RTP_HEAD && len <= PACKET_MAX;

	if (good) {
		memcpy(b, s.p, (size_t)len);
		good = srtp_unprotect(w->in, b, &len) == srtp_err_status_ok &&
		       len == RTP_HEAD + PAYLOAD;
	}
	payload = edge_slice(b + RTP_HEAD, PAYLOAD);
	good = good && edge_take_u64(&payload, &sent);
	for (const uint8_t *p = payload.p; good && p < payload.end; p++)
		good = *p == PATTERN;
	if (!good) {
		w->told->bad++;
		return;
	}
	passed = now_us() - sent;
	w->told->received++;
	w->total_us += passed;
	if (passed > w->told->worst_us)
		w->told->worst_us = (uint32_t)passed;
}

/* RFC 4571: length, packet, length, packet. */
static bool take_stream(struct way *w, struct edge_slice s)
{
	struct edge_slice in, packet;
	uint16_t len;

	if (w->held + edge_slice_len(s) > STREAM_MAX)
		return false;
	memcpy(w->stream + w->held, s.p, edge_slice_len(s));
	w->held += edge_slice_len(s);
	in = edge_slice(w->stream, w->held);
	while (edge_take_u16(&in, &len) && edge_take(&in, len, &packet)) {
		take_packet(w, packet);
		w->held = edge_slice_len(in);
		memmove(w->stream, in.p, w->held);
		in = edge_slice(w->stream, w->held);
	}
	return true;
}

/* All that has come to end[i] by now. */
static enum edge_err take_all(struct run *r, int i)
{
	struct way *from = &r->way[1 - i];
	struct edge_slice got;
	enum edge_err err;

	for (;;) {
		err = ctl_turn_receive(r->plan->end[i], &got, 0);
		if (err)
			return err == EDGE_ETIMEOUT ? EDGE_OK : err;
		if (!r->plan->is_stream)
			take_packet(from, got);
		else if (!take_stream(from, got))
			return EDGE_EFORMAT;
	}
}

static bool is_over(const struct run *r, uint64_t now, uint64_t start)
{
	uint64_t end = start + (uint64_t)r->plan->packets * EVERY_US;
	uint32_t all = r->plan->packets;

	return (r->way[0].told->received + r->way[0].told->bad >= all &&
		r->way[1].told->received + r->way[1].told->bad >= all) ||
	       now > end + STRAGGLERS_US;
}

static enum edge_err talk(struct run *r)
{
	struct pollfd fd[2] = {
		{.fd = ctl_turn_fd(r->plan->end[0]), .events = POLLIN},
		{.fd = ctl_turn_fd(r->plan->end[1]), .events = POLLIN},
	};
	uint64_t start = now_us(), now = start, due;
	enum edge_err err = EDGE_OK;
	uint32_t number = 0;

	while (!err && !is_over(r, now, start)) {
		due = start + (uint64_t)number * EVERY_US;
		for (int i = 0;
		     number < r->plan->packets && now >= due && i < 2 && !err;
		     i++)
			err = push(r, i, number);
		number += number < r->plan->packets && now >= due;
		due = start + (uint64_t)number * EVERY_US;
		if (due > now || number == r->plan->packets)
			(void)poll(fd, 2,
				   due > now ? (int)((due - now) / 1000) : 20);
		for (int i = 0; i < 2 && !err; i++)
			err = take_all(r, i);
		now = now_us();
	}
	return err;
}

static bool prepare(struct run *r, struct ctl_rtp_way way[2])
{
	bool good = true;

	for (int i = 0; i < 2; i++) {
		struct way *w = &r->way[i];

		way[i] = (struct ctl_rtp_way){0};
		w->told = &way[i];
		edge_random(w->key, sizeof(w->key));
		good = good && make_srtp(&w->out, w->key, true) &&
		       make_srtp(&w->in, w->key, false);
	}
	return good;
}

enum edge_err ctl_rtp_run(struct ctl_rtp_way way[2],
			  const struct ctl_rtp_plan *p)
{
	struct run *r = calloc(1, sizeof(*r));
	enum edge_err err = EDGE_ESTATE;

	if (!r)
		return EDGE_ENOMEM;
	r->plan = p;
	if (srtp_init() != srtp_err_status_ok)
		goto out;
	if (prepare(r, way))
		err = talk(r);
	for (int i = 0; i < 2; i++) {
		if (r->way[i].out)
			srtp_dealloc(r->way[i].out);
		if (r->way[i].in)
			srtp_dealloc(r->way[i].in);
		if (way[i].received)
			way[i].average_us = (uint32_t)(r->way[i].total_us /
						       way[i].received);
	}
	srtp_shutdown();
out:
	edge_wipe(r, sizeof(*r));
	free(r);
	return err;
}
