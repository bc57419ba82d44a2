/* MS-TURN: total, and what is decoded is encoded and decoded the same. */
#include <assert.h>
#include <string.h>

#include "av-edge/mst_msg.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	static uint8_t buf[70000];
	struct edge_put w = edge_put(buf, sizeof(buf));
	struct mst_msg m, again;
	char line[300];

	if (mst_msg_decode(&m, edge_slice(p, len)) != EDGE_OK)
		return 0;
	mst_msg_print(line, sizeof(line), &m);
	assert(strlen(line) < sizeof(line));
	assert(m.seen_count <= MST_ATTRS_MAX);
	if (mst_msg_decode(&again, mst_msg_encode(&w, &m)) == EDGE_OK)
		assert(again.type == m.type);
	return 0;
}
