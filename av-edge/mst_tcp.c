/* Frames and the pseudo-TLS hellos. */
#include "av-edge/mst_tcp.h"

#include <string.h>

enum { RANDOM_AT = 11, RANDOM_END = 43 }; /* AV 1.3: time and random */

enum edge_err mst_frame_take(struct mst_frame *out, struct edge_slice *in)
{
	struct edge_slice rest = *in;
	struct mst_frame f;
	uint8_t reserved;
	uint16_t len;

	if (!edge_take_u8(&rest, &f.type))
		return EDGE_EAGAIN;
	if (f.type != MST_FRAME_CONTROL && f.type != MST_FRAME_DATA)
		return EDGE_EFORMAT;
	if (!edge_take_u8(&rest, &reserved))
		return EDGE_EAGAIN;
	if (reserved)
		return EDGE_EFORMAT;
	if (!edge_take_u16(&rest, &len) || !edge_take(&rest, len, &f.payload))
		return EDGE_EAGAIN;
	*out = f;
	*in = rest;
	return EDGE_OK;
}

void mst_frame_head(uint8_t out[MST_FRAME_HEAD], uint8_t type, uint16_t len)
{
	struct edge_put w = edge_put(out, MST_FRAME_HEAD);

	edge_put_u8(&w, type);
	edge_put_u8(&w, 0);
	edge_put_u16(&w, len);
}

enum edge_err mst_hello_check(struct edge_slice in)
{
	static const uint8_t hello[MST_HELLO_LEN] = {
		0x16, 3, 1, 0,	  0x2d, 1, 0, 0, 0x29, 3, 1, [RANDOM_END] = 0,
		0,    2, 0, 0x18, 1,	0};
	size_t len = edge_slice_len(in);

	for (size_t i = 0; i < len && i < MST_HELLO_LEN; i++)
		if ((i < RANDOM_AT || i >= RANDOM_END) && in.p[i] != hello[i])
			return EDGE_EFORMAT;
	return len < MST_HELLO_LEN ? EDGE_EAGAIN : EDGE_OK;
}

void mst_hello_reply(uint8_t out[MST_HELLO_REPLY_LEN], uint32_t wall_s,
		     const uint8_t random[MST_HELLO_RANDOM_LEN])
{
	static const uint8_t head[] = {0x16, 3, 1,    0, 0x4e, 2,
				       0,    0, 0x46, 3, 1};
	static const uint8_t tail[] = {0, 0x18, 0, 0x0e, 0, 0, 0};
	struct edge_put w = edge_put(out, MST_HELLO_REPLY_LEN);

	edge_put_bytes(&w, head, sizeof(head));
	edge_put_u32(&w, wall_s);
	edge_put_bytes(&w, random, 28);
	edge_put_u8(&w, 32); /* session id */
	edge_put_bytes(&w, random + 28, 32);
	edge_put_bytes(&w, tail, sizeof(tail));
}
