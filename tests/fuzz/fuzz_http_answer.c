/* Answers from others: the body is the same in whatever pieces it comes. */
#include <assert.h>
#include <string.h>

#include "common/http_body.h"

enum { BODY_MAX = 1 << 16 };

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t len);

struct got {
	uint8_t bytes[BODY_MAX];
	size_t len, used;
	enum edge_err err;
};

static void take(struct got *g, const struct edge_http_head *h,
		 struct edge_slice all, size_t piece)
{
	struct edge_http_body b;
	struct edge_slice in, out;
	const uint8_t *start = all.p;

	edge_http_body_init(&b, h);
	while (all.p < all.end && !g->err && !edge_http_body_is_done(&b)) {
		in = edge_slice(all.p, edge_slice_len(all) < piece
					       ? edge_slice_len(all)
					       : piece);
		g->err = edge_http_body_take(&b, &in, &out);
		assert(out.p >= all.p && out.end <= in.end);
		memcpy(g->bytes + g->len, out.p, edge_slice_len(out));
		g->len += edge_slice_len(out);
		all.p = in.p;
	}
	g->used = (size_t)(all.p - start);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	static struct got whole, bytes;
	struct edge_http_head h;

	if (len > BODY_MAX || edge_http_head_decode(&h, edge_slice(p, len)))
		return 0;
	assert(h.len <= len && h.location.p >= p &&
	       h.location.end <= p + h.len);
	whole.len = bytes.len = 0;
	whole.err = bytes.err = EDGE_OK;
	take(&whole, &h, edge_slice(p + h.len, len - h.len), len);
	take(&bytes, &h, edge_slice(p + h.len, len - h.len), 1);
	assert(whole.len == bytes.len && whole.err == bytes.err);
	assert(whole.used == bytes.used);
	assert(!memcmp(whole.bytes, bytes.bytes, whole.len));
	return 0;
}
