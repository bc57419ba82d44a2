/* Manifest, meta and secrets: what parses prints the same values again. */
#include <assert.h>
#include <string.h>

#include "topology/manifest.h"
#include "topology/meta.h"
#include "topology/secrets.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static void secrets(struct edge_slice in)
{
	struct topo_secrets s, back;
	char text[TOPO_SECRETS_PRINT_MAX], why[200] = "";
	size_t n;

	if (topo_secrets_parse(&s, in, why, sizeof(why))) {
		assert(*why);
		return;
	}
	assert(!topo_secrets_print(text, sizeof(text), &n, &s));
	assert(!topo_secrets_parse(&back, edge_slice(text, n), NULL, 0));
	assert(!s.route == !back.route && !s.psom == !back.psom);
	if (s.route)
		assert(!memcmp(s.route, back.route, sizeof(*s.route)));
	topo_secrets_fini(&s);
	topo_secrets_fini(&back);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct edge_slice in = edge_slice(bytes, len);
	char text[TOPO_META_BYTES_MAX];
	struct topo_manifest manifest;
	struct topo_meta meta, again;
	size_t n;

	if (!topo_manifest_parse(&manifest, in, NULL, 0)) {
		/* canonical but for leading zeros and letter case */
		assert(!topo_manifest_print(text, sizeof(text), &n, &manifest));
		assert(!topo_manifest_parse(&manifest, edge_slice(text, n),
					    NULL, 0));
	}
	if (!topo_meta_parse(&meta, in, NULL, 0)) {
		assert(!topo_meta_print(text, sizeof(text), &n, &meta));
		assert(!topo_meta_parse(&again, edge_slice(text, n), NULL, 0));
		assert(meta.seq == again.seq);
	}
	secrets(in);
	return 0;
}
