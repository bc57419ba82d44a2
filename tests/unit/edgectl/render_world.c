/* Name servers come from the vectors, not from this machine. */
#include "tests/unit/edgectl/render_world.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "common/config.h"

void render_world_config(struct render_world *w, const char *ini)
{
	char text[2048], why[200] = "";

	edge_config_free(w->c.config);
	w->c.config = NULL;
	(void)snprintf(text, sizeof(text),
		       "[local]\nresolv = %s/firewall/resolv.conf\n%s",
		       getenv("EDGE_VECTORS"), ini);
	ck_assert_msg(!edge_config_parse(&w->c.config, edge_slice_str(text),
					 NULL, why, sizeof(why)),
		      "%s", why);
}

void render_world_init(struct render_world *w, const char *file)
{
	static char hosts[1 << 16];
	char path[512];
	size_t len;
	FILE *f;

	memset(w, 0, sizeof(*w));
	ck_assert(!ctl_init(&w->c));
	w->c.json = true;
	render_world_config(w, "");
	(void)snprintf(path, sizeof(path), "%s/topology/n5-hosts-edge01",
		       getenv("EDGE_VECTORS"));
	f = fopen(path, "rb");
	ck_assert_ptr_nonnull(f);
	len = fread(hosts, 1, sizeof(hosts) - 1, f);
	(void)fclose(f);
	hosts[len] = '\0';
	topo_doc_load(&w->doc, file);
	topo_doc_hosts(&w->doc, hosts);
	w->r = (struct ctl_render){
		.c = &w->c,
		.topo = topo_doc_topo(&w->doc, "edge01.corp.contoso.com"),
		.device = {"ext", "int"},
	};
}

void render_world_fini(struct render_world *w)
{
	free(w->text);
	topo_doc_fini(&w->doc);
	ctl_fini(&w->c);
}

const char *render_world_make(struct render_world *w, ctl_render_fn *fn)
{
	free(w->text);
	w->text = NULL;
	w->r.out = open_memstream(&w->text, &w->len);
	ck_assert_ptr_nonnull(w->r.out);
	fn(&w->r);
	(void)fclose(w->r.out);
	return w->text;
}

unsigned render_world_count(const struct render_world *w, const char *what)
{
	unsigned count = 0;

	for (const char *p = w->text; (p = strstr(p, what)); p++)
		count++;
	return count;
}
