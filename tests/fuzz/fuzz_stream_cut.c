/* Messages out of a stream: total, and the same wherever it is cut. */
#include <assert.h>

#include "av-edge/stream_cut.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	struct edge_slice in =
		len ? edge_slice(p + 1, len - 1) : edge_slice(p, 0);
	enum ave_stream_kind kind =
		len && *p & 1 ? AVE_STREAM_RFC : AVE_STREAM_MS;
	struct edge_slice body, again;
	enum ave_cut cut, other;
	size_t whole, same;

	while (ave_stream_cut(&cut, &body, &whole, in, kind) == EDGE_OK) {
		const struct edge_slice exact = edge_slice(in.p, whole);

		assert(whole && whole <= edge_slice_len(in));
		assert(body.p >= in.p && body.end <= exact.end);
		assert(!ave_stream_cut(&other, &again, &same, exact, kind));
		assert(other == cut && same == whole && again.p == body.p &&
		       again.end == body.end);
		in.p += whole;
	}
	return 0;
}
