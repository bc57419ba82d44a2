/* Bodies of A/V authentication: total; what is taken is whole, and echoed. */
#include <assert.h>

#include "av-edge/mras_xml.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	static struct mras_request r;
	static uint8_t out[MRAS_RESPONSE_MAX];
	struct edge_put w = edge_put(out, sizeof(out));
	enum mras_phrase phrase = mras_xml_read(&r, edge_slice(p, len));

	assert(phrase || (r.count && edge_slice_len(r.asks[0].identity)));
	mras_xml_open(&w, &r, phrase);
	assert(!w.overflow && r.text_len <= len);
	return 0;
}
