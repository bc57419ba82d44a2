/* Zip: whatever opens keeps its promises about names, sizes and counts. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "topology/archive.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct topo_archive *a = NULL;
	char why[200] = "";

	if (topo_archive_open(&a, edge_slice(bytes, len), why, sizeof(why)))
		return 0;
	assert(topo_archive_count(a) <= TOPO_ARCHIVE_ENTRIES_MAX);
	for (size_t i = 0; i < topo_archive_count(a); i++) {
		const char *name = topo_archive_name(a, i);
		uint8_t *p = NULL;
		size_t size = 0;

		assert(*name && *name != '/' && strncmp(name, "../", 3) != 0);
		assert(!strstr(name, "/../") && !strchr(name, '\\'));
		if (topo_archive_read(a, i, &p, &size))
			continue;
		assert(size <= len * TOPO_ARCHIVE_RATIO_MAX && !p[size]);
		free(p);
	}
	topo_archive_free(a);
	return 0;
}
