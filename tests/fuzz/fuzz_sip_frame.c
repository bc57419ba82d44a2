/* Framing: total, and the same for every way to cut the stream. */
#include <assert.h>

#include "common/sip/frame.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t len);

static const struct edge_sip_frame_limits limits = {
	.head_len = 2048,
	.line_len = 512,
	.lines = 20,
	.vias = 5,
	.record_routes = 4,
	.routes = 4,
	.body_len = 256,
};

static enum edge_err feed(struct edge_slice in, size_t step,
			  struct edge_sip_frame *out, size_t *consumed)
{
	struct edge_sip_framer f = {0};
	struct edge_slice have = {in.p, in.p};
	enum edge_err err = EDGE_EAGAIN;

	*consumed = 0;
	while (err == EDGE_EAGAIN && have.end < in.end) {
		const size_t left = (size_t)(in.end - have.end);

		have.end += left < step ? left : step;
		err = edge_sip_frame_next(&f, &limits, have, out);
		assert(out->consumed <= edge_slice_len(have));
		have.p += out->consumed;
		*consumed += out->consumed;
	}
	return err;
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	struct edge_sip_frame a = {0}, b = {0};
	size_t step, consumed_a, consumed_b;
	enum edge_err err;

	if (len < 2)
		return 0;
	step = p[0] ? p[0] : 1;
	err = feed(edge_slice(p + 1, len - 1), len, &a, &consumed_a);
	assert(feed(edge_slice(p + 1, len - 1), step, &b, &consumed_b) == err);
	assert(consumed_a == consumed_b && a.fault == b.fault);
	assert((err == EDGE_OK || err == EDGE_EAGAIN) ==
	       (a.fault == EDGE_SIP_FRAME_FINE));
	assert(a.head_len == b.head_len && a.skip_body == b.skip_body);
	assert(edge_slice_len(a.msg) == edge_slice_len(b.msg));
	assert(a.head_len <= edge_slice_len(a.msg) || a.msg.p == a.msg.end);
	return 0;
}
