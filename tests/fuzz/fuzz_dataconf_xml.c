/* connection-info: total; what is taken is whole, what is not says why. */
#include <assert.h>
#include <string.h>

#include "edgectl/dataconf_xml.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	struct ctl_join join;
	char why[160] = "";

	if (ctl_join_decode(&join, edge_slice(p, len), why, sizeof(why))) {
		assert(*why);
		return 0;
	}
	assert(*join.mcu && *join.conference && *join.inner);
	assert(join.proxy_count <= CTL_JOIN_PROXIES);
	for (size_t i = 0; i < join.proxy_count; i++)
		assert(*join.proxies[i].host && join.proxies[i].port);
	return 0;
}
