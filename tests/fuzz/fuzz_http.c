/* HTTP codec: total, and every slice lies inside the input. */
#include <assert.h>

#include "common/http.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	for (int kind = EDGE_HTTP_REQUEST; kind <= EDGE_HTTP_ANSWER; kind++) {
		struct edge_http_msg m;

		if (edge_http_decode(&m, (enum edge_http_kind)kind,
				     edge_slice(p, len), 4096))
			continue;
		assert(m.len <= len && m.body.end == p + m.len);
		assert(m.path.p >= p && m.path.end <= m.body.p);
		assert(m.query.p >= p && m.query.end <= m.body.p);
	}
	return 0;
}
