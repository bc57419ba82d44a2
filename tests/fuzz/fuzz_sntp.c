/* Answers of time servers: total; what is taken has a time. */
#include <assert.h>

#include "edgectl/sntp.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	const uint64_t nonce = 0x4142434445464748ULL; /* "ABCDEFGH" */
	struct ctl_sntp s;

	if (ctl_sntp_decode(&s, edge_slice(p, len), nonce))
		return 0;
	assert(len >= CTL_SNTP_LEN && s.stratum && s.received && s.sent);
	(void)ctl_sntp_behind_ms(&s, 0, UINT64_MAX);
	return 0;
}
