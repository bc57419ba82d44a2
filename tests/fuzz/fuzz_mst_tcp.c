/* Frames: total, and the same for every way to cut the stream. */
#include <assert.h>

#include "av-edge/classify.h"
#include "av-edge/mst_tcp.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	struct edge_slice in = edge_slice(p, len),
			  part = edge_slice(p, len / 2);
	struct mst_frame a, b;
	enum edge_err err = mst_frame_take(&a, &in);

	if (mst_frame_take(&b, &part) == EDGE_OK)
		assert(err == EDGE_OK && a.payload.p == b.payload.p &&
		       a.payload.end == b.payload.end && a.type == b.type);
	assert(err != EDGE_OK || in.p == a.payload.end);
	(void)ave_classify_stream(edge_slice(p, len));
	(void)ave_classify(edge_slice(p, len));
	if (mst_hello_check(edge_slice(p, len)) == EDGE_OK)
		assert(len >= MST_HELLO_LEN);
	return 0;
}
