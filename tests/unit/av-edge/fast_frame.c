/* Frames with one UDP datagram, made and judged byte by byte. */
#include "tests/unit/av-edge/fast_frame.h"

#include <check.h>
#include <string.h>

const uint8_t frame_own_mac[6] = {2, 1, 1, 1, 1, 1};

void frame_put16(uint8_t *p, unsigned v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

unsigned frame_get16(const uint8_t *p)
{
	return (unsigned)(p[0] << 8 | p[1]);
}

uint32_t frame_add(uint32_t sum, const uint8_t *p, size_t len)
{
	for (size_t i = 0; i < len; i++)
		sum += i % 2 ? p[i] : (uint32_t)p[i] << 8;
	return sum;
}

unsigned frame_folded(uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return sum;
}

/* Of a frame's datagram; 0xffff: its checksum fits. */
static unsigned udp_sum(const struct frame *f, size_t bytes)
{
	const unsigned len = frame_get16(f->p + 38);

	return frame_folded(
		frame_add(frame_add(17 + len, f->p + 26, 8), f->p + 34, bytes));
}

bool frame_is_summed(const struct frame *f)
{
	return udp_sum(f, frame_get16(f->p + 38)) == 0xffff;
}

struct frame frame_make(const struct edge_addr *from,
			const struct edge_addr *to, const uint8_t *mac,
			struct edge_slice payload)
{
	const size_t len = edge_slice_len(payload);
	struct frame f = {.len = FRAME_HEADS + len};
	uint8_t *ip = f.p + 14, *udp = f.p + 34;

	memcpy(f.p, frame_own_mac, 6);
	memcpy(f.p + 6, mac, 6);
	frame_put16(f.p + 12, 0x0800);
	ip[0] = 0x45;
	ip[1] = 0xb8; /* Expedited Forwarding */
	frame_put16(ip + 2, (unsigned)(28 + len));
	ip[8] = 61;
	ip[9] = 17;
	memcpy(ip + 12, from->ip, 4);
	memcpy(ip + 16, to->ip, 4);
	frame_put16(ip + 10, 0xffff - frame_folded(frame_add(0, ip, 20)));
	frame_put16(udp, from->port);
	frame_put16(udp + 2, to->port);
	frame_put16(udp + 4, (unsigned)(8 + len));
	memcpy(udp + 8, payload.p, len);
	frame_put16(udp + 6, 0xffff - udp_sum(&f, 8 + len));
	return f;
}

/* A good packet from here to there with that payload. */
void frame_is_sent(const struct frame *f, const struct edge_addr *from,
		   const struct edge_addr *to, const uint8_t *mac,
		   struct edge_slice payload)
{
	const uint8_t *ip = f->p + 14;

	ck_assert_uint_eq(f->len, FRAME_HEADS + edge_slice_len(payload));
	ck_assert_mem_eq(f->p, mac, 6);
	ck_assert_mem_eq(f->p + 6, frame_own_mac, 6);
	ck_assert_uint_eq(frame_folded(frame_add(0, ip, 20)), 0xffff);
	ck_assert_uint_eq(frame_get16(ip + 2), f->len - 14);
	ck_assert_uint_eq(ip[1], 0xb8);
	ck_assert_uint_eq(ip[8], 60);
	ck_assert_mem_eq(ip + 12, from->ip, 4);
	ck_assert_mem_eq(ip + 16, to->ip, 4);
	ck_assert_uint_eq(frame_get16(f->p + 34), from->port);
	ck_assert_uint_eq(frame_get16(f->p + 36), to->port);
	ck_assert_uint_eq(frame_get16(f->p + 38), f->len - 34);
	ck_assert_mem_eq(f->p + FRAME_HEADS, payload.p,
			 edge_slice_len(payload));
}
