/* Rulesets as JSON: any document is walked to an end, and to a verdict. */
#include <assert.h>
#include <jansson.h>

#include "edgectl/nft.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t len);

static void judge(const struct ctl_nft *n, enum ctl_nft_hook hook, bool is_tcp)
{
	const struct ctl_nft_packet p = {
		.hook = hook,
		.in = hook == CTL_NFT_OUTPUT ? NULL : "ext",
		.out = hook == CTL_NFT_INPUT ? NULL : "int",
		.is_tcp = is_tcp,
		.from = {.family = AF_INET,
			 .ip = {198, 51, 100, 7},
			 .port = 40000},
		.to = {.family = AF_INET, .ip = {192, 0, 2, 21}, .port = 443},
	};
	struct ctl_nft_verdict v = ctl_nft_judge(n, &p);

	assert(v.outcome && v.outcome <= 3);
	assert(!(v.outcome & CTL_NFT_DROPPED) || v.dropped.chain);
	assert(v.outcome == CTL_NFT_PASSES || v.passed.chain ||
	       v.outcome == CTL_NFT_DROPPED);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	json_t *doc = json_loadb((const char *)p, len, 0, NULL);
	struct ctl_nft *n = NULL;
	uint16_t ports[64];

	if (doc && !ctl_nft_new(&n, doc)) {
		for (int hook = 0; hook < 3; hook++)
			for (int tcp = 0; tcp < 2; tcp++)
				judge(n, (enum ctl_nft_hook)hook, tcp);
		size_t count = ctl_nft_ports(n, ports, 64);

		for (size_t k = count < 64 ? count : 64; k > 1; k--)
			assert(ports[k - 1] > ports[k - 2]);
		ctl_nft_free(n);
	}
	json_decref(doc);
	return 0;
}
