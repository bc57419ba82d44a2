/* One message after the other out of a TCP client's bytes. */
#include "av-edge/stream_cut.h"

#include "av-edge/mst_tcp.h"

enum {
	STUN_HEADER = 20,
	CHANNEL_HEADER = 4,
	STUN_COOKIE = 0x2112a442, /* RFC 8489 §5 */
	LOOK_LEN = 8,		  /* type, length and cookie [bytes] */
};

static enum edge_err cut_mst(enum ave_cut *cut, struct edge_slice *body,
			     size_t *whole, struct edge_slice in)
{
	const uint8_t *start = in.p;
	struct mst_frame f;
	enum edge_err err = mst_frame_take(&f, &in);

	if (err)
		return err;
	*cut = f.type == MST_FRAME_CONTROL ? AVE_CUT_MST_CONTROL
					   : AVE_CUT_MST_DATA;
	*body = f.payload;
	*whole = (size_t)(in.p - start);
	return EDGE_OK;
}

static bool is_stun(struct edge_slice in)
{
	uint64_t head;

	return edge_slice_len(in) < LOOK_LEN ||
	       (edge_take_u64(&in, &head) && (uint32_t)head == STUN_COOKIE);
}

/* RFC 8656 §12.5: ChannelData is padded to 4 on a stream. */
static enum edge_err cut_rfc(enum ave_cut *cut, struct edge_slice *body,
			     size_t *whole, struct edge_slice in)
{
	struct edge_slice head = in;
	bool is_channel;
	uint16_t type, len;
	size_t used, all;

	if (!edge_take_u16(&head, &type) || !edge_take_u16(&head, &len))
		return EDGE_EAGAIN;
	is_channel = (type & 0xc000) == 0x4000;
	if (!is_channel && (type & 0xc000 || len & 3 || !is_stun(in)))
		return EDGE_EFORMAT;
	used = (is_channel ? CHANNEL_HEADER : STUN_HEADER) + (size_t)len;
	all = (used + 3) & ~(size_t)3;
	if (edge_slice_len(in) < all)
		return EDGE_EAGAIN;
	*whole = all;
	*body = edge_slice(in.p, used);
	*cut = is_channel ? AVE_CUT_RFC_CHANNEL : AVE_CUT_RFC_MESSAGE;
	return EDGE_OK;
}

enum edge_err ave_stream_cut(enum ave_cut *cut, struct edge_slice *body,
			     size_t *whole, struct edge_slice in,
			     enum ave_stream_kind kind)
{
	return kind == AVE_STREAM_MS ? cut_mst(cut, body, whole, in)
				     : cut_rfc(cut, body, whole, in);
}
