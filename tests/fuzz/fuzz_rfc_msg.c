/* STUN: total, and what is decoded is encoded and decoded the same. */
#include <assert.h>
#include <string.h>

#include "av-edge/rfc_auth.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	static uint8_t buf[70000];
	struct edge_put w = edge_put(buf, sizeof(buf));
	struct rfc_msg m, again;
	struct edge_slice payload;
	uint16_t channel;
	char line[300];

	if (rfc_channel_decode(&channel, &payload, edge_slice(p, len)) ==
	    EDGE_OK)
		assert(edge_slice_len(payload) + RFC_CHANNEL_HEAD <= len);
	if (rfc_msg_decode(&m, edge_slice(p, len)) != EDGE_OK)
		return 0;
	rfc_msg_print(line, sizeof(line), &m);
	assert(strlen(line) < sizeof(line));
	(void)rfc_fingerprint_fits(&m);
	assert(rfc_msg_decode(&again, rfc_msg_encode(&w, &m)) == EDGE_OK);
	assert(again.method == m.method && again.cls == m.cls);
	assert(again.present == m.present && again.seen_count == m.seen_count);
	return 0;
}
