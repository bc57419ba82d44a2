/* What a TCP client's bytes are: first bytes to dialect, stream to messages. */
#include "av-edge/stream_cut.h"

#include <string.h>
#include <sys/random.h>

enum {
	STUN_HEADER = 20,
	FRAME_HEADER = 4,
	STUN_COOKIE = 0x2112a442, /* RFC 8489 §5 */
	FRAME_CONTROL = 0x02,	  /* AV 1.4 */
	FRAME_DATA = 0x03,
	HELLO_TIME = 11, /* AV 1.3: time, then random, ignored [offset] */
	HELLO_TAIL = 43, /* session id length, suites, compression [offset] */
};

static const uint8_t hello_head[] = {0x16, 3, 1, 0, 0x2d, 1, 0, 0, 0x29, 3, 1};
static const uint8_t hello_tail[] = {0, 0, 2, 0, 0x18, 1, 0};

static bool starts_like(struct edge_slice in, const uint8_t *p, size_t len)
{
	size_t have = edge_slice_len(in);

	return memcmp(in.p, p, have < len ? have : len) == 0;
}

static enum ave_first first_record(struct edge_slice in)
{
	const uint8_t any[] = {0x16, 3};

	if (!starts_like(in, any, sizeof(any)))
		return AVE_FIRST_STRANGE;
	if (!starts_like(in, hello_head, sizeof(hello_head)))
		return AVE_FIRST_TLS;
	if (edge_slice_len(in) < AVE_HELLO_LEN)
		return AVE_FIRST_MORE;
	return memcmp(in.p + HELLO_TAIL, hello_tail, sizeof(hello_tail))
		       ? AVE_FIRST_TLS
		       : AVE_FIRST_PSEUDO_TLS;
}

static bool is_cookie(struct edge_slice in)
{
	uint64_t head;
	uint32_t id;

	return edge_take_u64(&in, &head) &&
	       (id = (uint32_t)head, id == STUN_COOKIE);
}

enum ave_first ave_stream_first(struct edge_slice in)
{
	if (in.p == in.end)
		return AVE_FIRST_MORE;
	switch (*in.p) {
	case 0x16:
		return first_record(in);
	case FRAME_CONTROL:
	case FRAME_DATA:
		if (edge_slice_len(in) < 2)
			return AVE_FIRST_MORE;
		return in.p[1] ? AVE_FIRST_STRANGE : AVE_FIRST_MS;
	case 0x00:
	case 0x01:
		if (edge_slice_len(in) < 8)
			return AVE_FIRST_MORE;
		return is_cookie(in) ? AVE_FIRST_RFC : AVE_FIRST_STRANGE;
	default:
		return AVE_FIRST_STRANGE;
	}
}

enum edge_err ave_stream_hello_reply(uint8_t out[AVE_HELLO_REPLY_LEN],
				     uint32_t wall_s)
{
	static const uint8_t head[] = {0x16, 3, 1,    0, 0x4e, 2,
				       0,    0, 0x46, 3, 1};
	static const uint8_t tail[] = {0, 0x18, 0, 0x0e, 0, 0, 0};
	struct edge_put w = edge_put(out, AVE_HELLO_REPLY_LEN);
	uint8_t noise[28 + 32];

	if (getrandom(noise, sizeof(noise), 0) != sizeof(noise))
		return EDGE_ESYS;
	edge_put_bytes(&w, head, sizeof(head));
	edge_put_u32(&w, wall_s);
	edge_put_bytes(&w, noise, 28);
	edge_put_u8(&w, 32);
	edge_put_bytes(&w, noise + 28, 32);
	edge_put_bytes(&w, tail, sizeof(tail));
	return EDGE_OK;
}

static enum edge_err cut_ms(enum ave_cut *cut, struct edge_slice *body,
			    size_t *whole, struct edge_slice in)
{
	uint8_t type, reserved;
	uint16_t len;

	if (!edge_take_u8(&in, &type))
		return EDGE_EAGAIN;
	if (type != FRAME_CONTROL && type != FRAME_DATA)
		return EDGE_EFORMAT;
	if (!edge_take_u8(&in, &reserved))
		return EDGE_EAGAIN;
	if (reserved)
		return EDGE_EFORMAT;
	if (!edge_take_u16(&in, &len) || !edge_take(&in, len, body))
		return EDGE_EAGAIN;
	*cut = type == FRAME_CONTROL ? AVE_CUT_MST_CONTROL : AVE_CUT_MST_DATA;
	*whole = FRAME_HEADER + (size_t)len;
	return EDGE_OK;
}

/* RFC 8656 §12.5: ChannelData is padded to 4 on a stream. */
static enum edge_err cut_rfc(enum ave_cut *cut, struct edge_slice *body,
			     size_t *whole, struct edge_slice in)
{
	struct edge_slice head = in;
	bool is_channel;
	uint16_t type, len;
	size_t used;

	if (!edge_take_u16(&head, &type) || !edge_take_u16(&head, &len))
		return EDGE_EAGAIN;
	is_channel = (type & 0xc000) == 0x4000;
	if (!is_channel && (type & 0xc000 || len & 3))
		return EDGE_EFORMAT;
	if (!is_channel && edge_slice_len(in) >= 8 && !is_cookie(in))
		return EDGE_EFORMAT;
	used = (is_channel ? FRAME_HEADER : STUN_HEADER) + (size_t)len;
	*whole = (used + 3) & ~(size_t)3;
	if (edge_slice_len(in) < *whole)
		return EDGE_EAGAIN;
	*body = edge_slice(in.p, used);
	*cut = is_channel ? AVE_CUT_RFC_CHANNEL : AVE_CUT_RFC_MESSAGE;
	return EDGE_OK;
}

enum edge_err ave_stream_cut(enum ave_cut *cut, struct edge_slice *body,
			     size_t *whole, struct edge_slice in,
			     enum ave_stream_kind kind)
{
	return kind == AVE_STREAM_MS ? cut_ms(cut, body, whole, in)
				     : cut_rfc(cut, body, whole, in);
}
