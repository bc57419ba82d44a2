/* EP1-DO: total, and what is decoded is encoded to the same bytes. */
#include <assert.h>

#include "edgectl/dataconf_do.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	static uint8_t out[CTL_DO_FRAME_MAX];
	struct edge_slice in = edge_slice(p, len);
	struct ctl_do d;
	size_t used = 0;

	while (ctl_do_decode(&d, &used, in) == EDGE_OK) {
		struct edge_slice frame = edge_slice(in.p, used);

		assert(used >= 9 && used <= edge_slice_len(in));
		assert(edge_slice_eq(ctl_do_encode(out, sizeof(out), &d),
				     frame));
		in.p += used;
	}
	return 0;
}
