/* User names of all layouts: total, and what is read is made again. */
#include <assert.h>
#include <string.h>

#include "av-edge/mras_ms2_cred.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	uint8_t again[MRAS_BLOB_V2_LEN];
	struct mras_token t;
	struct mras_blob b;

	(void)mras_token_decode(&t, edge_slice(p, len));
	if (mras_ms2_decode(&t, edge_slice(p, len)))
		assert(t.issued_s <= t.expires_s);
	if (!mras_blob_decode(&b, edge_slice(p, len)))
		return 0;
	assert(mras_blob_encode(again, &b, edge_slice_str("key")) == len);
	assert(!memcmp(again, p, len - MRAS_SHA1_LEN));
	return 0;
}
