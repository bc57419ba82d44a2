/* First bytes tell what is spoken. */
#include "av-edge/classify.h"

#include <string.h>

#include "av-edge/mst_msg.h"
#include "av-edge/mst_tcp.h"

enum {
	TWO_TOP_BITS = 0xc0,
	CHANNEL_BITS = 0x40,
	RFC_HEADER_LEN = 20,
	TLS_HANDSHAKE = 0x16,
	STREAM_LOOK = 8, /* type, length and cookie of a STUN message */
};

static const uint8_t rfc_cookie[4] = {0x21, 0x12, 0xa4, 0x42};

bool ave_is_rfc(struct edge_slice in)
{
	size_t len = edge_slice_len(in), said;

	if (len < RFC_HEADER_LEN || in.p[0] & TWO_TOP_BITS)
		return false;
	said = (size_t)(in.p[2] << 8 | in.p[3]);
	return said == len - RFC_HEADER_LEN && !(said & 3) &&
	       !memcmp(in.p + 4, rfc_cookie, sizeof(rfc_cookie));
}

enum ave_kind ave_classify(struct edge_slice d)
{
	if (mst_is(d))
		return AVE_KIND_MST;
	if (edge_slice_len(d) < 4)
		return AVE_KIND_OTHER;
	if ((d.p[0] & TWO_TOP_BITS) == CHANNEL_BITS)
		return AVE_KIND_CHANNEL;
	if (ave_is_rfc(d))
		return AVE_KIND_RFC;
	if (d.p[0] == 0xff && d.p[1] == 0x10)
		return AVE_KIND_MULTIPLEXED;
	return AVE_KIND_OTHER;
}

static enum ave_opening hello(struct edge_slice first)
{
	switch ((int)mst_hello_check(first)) {
	case EDGE_OK:
		return AVE_OPENING_PSEUDO_TLS;
	case EDGE_EAGAIN:
		return AVE_OPENING_SHORT;
	default:
		break;
	}
	if (edge_slice_len(first) > 1 && first.p[1] != 3)
		return AVE_OPENING_BAD;
	return AVE_OPENING_TLS;
}

enum ave_opening ave_classify_stream(struct edge_slice first)
{
	size_t len = edge_slice_len(first);

	if (!len)
		return AVE_OPENING_SHORT;
	if (first.p[0] == TLS_HANDSHAKE)
		return hello(first);
	if (first.p[0] == MST_FRAME_CONTROL || first.p[0] == MST_FRAME_DATA)
		return len < 2	    ? AVE_OPENING_SHORT
		       : first.p[1] ? AVE_OPENING_BAD
				    : AVE_OPENING_MST;
	if (first.p[0] > 1)
		return AVE_OPENING_BAD;
	if (len < STREAM_LOOK)
		return AVE_OPENING_SHORT;
	return memcmp(first.p + 4, rfc_cookie, sizeof(rfc_cookie))
		       ? AVE_OPENING_BAD
		       : AVE_OPENING_RFC;
}
