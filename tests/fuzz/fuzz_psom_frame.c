/* EP1 frames: first byte says leg and sender; total, and the laws hold. */
#include <assert.h>
#include <string.h>

#include "webconf-edge/psom_frame.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	static uint8_t buf[PSOM_HEADER_LEN + PSOM_CONTROL_BODY_MAX];
	struct psom_frame f, again;
	enum psom_leg leg;
	struct edge_slice out;
	size_t used = 0, less;
	char line[200];

	if (!len)
		return 0;
	leg = (enum psom_leg)((p[0] & 15) % 3);
	if (psom_frame_decode(&f, &used, edge_slice(p + 1, len - 1), leg,
			      p[0] >> 4) != PSOM_FINE)
		return 0;
	assert(used >= PSOM_HEADER_LEN && used <= len - 1);
	assert(psom_frame_print(line, sizeof(line), &f) == strlen(line));
	assert(psom_frame_decode(&again, &less, edge_slice(p + 1, used - 1),
				 leg, p[0] >> 4) == PSOM_MORE);
	out = psom_frame_encode(buf, sizeof(buf), &f);
	assert(out.p && edge_slice_len(out) <= used);
	assert(psom_frame_decode(&again, &less, out, leg, p[0] >> 4) ==
	       PSOM_FINE);
	for (unsigned t = 0; t < PSOM_TAG_COUNT; t++)
		assert(edge_slice_eq(f.value[t], again.value[t]));
	return 0;
}
