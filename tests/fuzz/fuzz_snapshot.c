/* Snapshot decoder: total; encode(decode(x)) is a fixed point. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "topology/snap.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	const struct topo *t, *again;
	char *one, *two, why[128];
	size_t n, m;

	if (topo_snap_decode(&t, edge_slice(p, len), 1, why, sizeof(why))) {
		assert(why[0]);
		return 0;
	}
	assert(topo_next_hop(t)->port && t->self && t->internal.family);
	assert(!topo_snap_encode(&one, &n, t));
	assert(!topo_snap_decode(&again, edge_slice(one, n), 1, NULL, 0));
	assert(!topo_snap_encode(&two, &m, again));
	assert(n == m && memcmp(one, two, n) == 0);
	topo_drop(t);
	topo_drop(again);
	free(one);
	free(two);
	return 0;
}
