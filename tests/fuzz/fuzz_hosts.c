/* HOSTS: any bytes give a table within its limits, or a line and a reason. */
#include <assert.h>
#include <string.h>

#include "topology/hosts.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct topo_hosts_fault fault = {0};
	struct topo_hosts *h = NULL;

	if (topo_hosts_parse(&h, edge_slice(bytes, len), &fault)) {
		assert(!h && fault.text[0]);
		return 0;
	}
	for (size_t i = 0; i < topo_hosts_count(h); i++) {
		struct topo_hosts_entry e = topo_hosts_at(h, i);
		const struct edge_addr *addrs;
		size_t count;

		assert(e.count && e.count <= TOPO_HOSTS_MAX_ADDRS);
		assert(strlen(e.name) <= TOPO_HOSTS_MAX_NAME);
		assert(!i || strcmp(topo_hosts_at(h, i - 1).name, e.name) < 0);
		assert(topo_hosts_find(h, edge_slice_str(e.name), &addrs,
				       &count));
		assert(addrs == e.addrs && count == e.count);
	}
	topo_hosts_free(h);
	return 0;
}
