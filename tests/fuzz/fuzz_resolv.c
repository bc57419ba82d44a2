/* resolv.conf: any bytes give servers that can be asked. */
#include <assert.h>

#include "edgectl/dns_judge.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	struct edge_addr at[CTL_DNS_SERVERS];
	size_t n = ctl_resolv_parse(at, edge_slice(p, len));

	assert(n <= CTL_DNS_SERVERS);
	for (size_t i = 0; i < n; i++)
		assert(at[i].family == AF_INET || at[i].family == AF_INET6);
	return 0;
}
