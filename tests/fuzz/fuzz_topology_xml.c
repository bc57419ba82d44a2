/* Document reader: total; what passes the checks builds and decodes. */
#include <assert.h>
#include <stdlib.h>

#include "topology/snap.h"
#include "topology/xml.h"
#include "topology/check.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t len);

static void build(const struct topo_draft *d,
		  const struct topo_check_plan *plan, struct topo_findings *f)
{
	const struct topo *t;
	char *text;
	size_t len;

	if (topo_snap_build(&text, &len, d, plan, f))
		return;
	if (!topo_findings_refuse(f)) {
		assert(!topo_snap_decode(&t, edge_slice(text, len), 1, NULL,
					 0));
		topo_drop(t);
	}
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	struct topo_check_plan plan = {.self = "edge01.corp.contoso.com",
				       .allow_draft = true};
	struct topo_findings f;
	struct topo_draft *d = NULL;

	topo_findings_init(&f, "fuzz");
	if (topo_xml_parse(&d, edge_slice(p, len), &f)) {
		assert(f.has_level[TOPO_FATAL] && !d);
	} else {
		(void)!topo_check(d, &plan, &f);
		build(d, &plan, &f);
	}
	topo_draft_free(d);
	topo_findings_fini(&f);
	return 0;
}
