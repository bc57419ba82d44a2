/* A topology, settings and a rendering of them. */
#ifndef TESTS_UNIT_EDGECTL_RENDER_WORLD_H
#define TESTS_UNIT_EDGECTL_RENDER_WORLD_H

#include "edgectl/render.h"
#include "tests/support/topo_doc.h"

struct render_world {
	struct topo_doc doc;
	struct ctl c; /* json, so nothing is printed */
	struct ctl_render r;
	char *text; /* of the last rendering */
	size_t len;
};

/** file of the topology vectors for edge01.corp.contoso.com, with the HOSTS of
 * the samples. */
void render_world_init(struct render_world *w, const char *file);
/** Other settings: text of edge.ini. */
void render_world_config(struct render_world *w, const char *ini);
void render_world_fini(struct render_world *w);
/** The text, till the next one. */
const char *render_world_make(struct render_world *w, ctl_render_fn *fn);
/** How often it occurs in the text. */
unsigned render_world_count(const struct render_world *w, const char *what);

#endif
