/* The ruleset is what nft prints of the rendering, in the vectors. */
#include "tests/unit/edgectl/fw_world.h"

#include <check.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

struct fw_world *fw_world_new(void)
{
	struct fw_world *f = calloc(1, sizeof(*f));
	char path[512];

	ck_assert_ptr_nonnull(f);
	render_world_init(&f->w, "02-edge-pool-director.xml");
	(void)snprintf(path, sizeof(path), "%s/firewall/lync-edge.json",
		       getenv("EDGE_VECTORS"));
	f->doc = json_load_file(path, 0, NULL);
	ck_assert_ptr_nonnull(f->doc);
	return f;
}

void fw_world_free(struct fw_world *f)
{
	json_decref(f->doc);
	render_world_fini(&f->w);
	free(f);
}

void fw_put(struct fw_world *f, bool first, const char *text)
{
	json_t *o = json_loads(text, 0, NULL);
	json_t *all = json_object_get(f->doc, "nftables");

	ck_assert_msg(o, "%s", text);
	if (first)
		json_array_insert_new(all, 0, o);
	else
		json_array_append_new(all, o);
}

void fw_own_table(struct fw_world *f, const char *policy, const char *rule)
{
	char text[2048];

	(void)snprintf(text, sizeof(text),
		       "{\"chain\":{\"family\":\"inet\",\"table\":\"own\","
		       "\"name\":\"in\",\"type\":\"filter\",\"hook\":\"input\","
		       "\"prio\":0,\"policy\":\"%s\"}}",
		       policy);
	fw_put(f, false, text);
	if (!rule)
		return;
	(void)snprintf(text, sizeof(text),
		       "{\"rule\":{\"family\":\"inet\",\"table\":\"own\","
		       "\"chain\":\"in\",\"handle\":7,\"expr\":[%s]}}",
		       rule);
	fw_put(f, false, text);
}

void fw_address(struct fw_world *f, const char *text)
{
	struct edge_addr *at = &f->net.addr[f->net.addrs++].at;

	ck_assert(!edge_addr_parse(at, edge_slice_str(text), 0));
}

void fw_clear(struct fw_world *f)
{
	json_array_clear(json_object_get(f->doc, "nftables"));
}

const char *fw_ids(struct fw_world *f)
{
	static char ids[256];
	struct ctl_fw_view v = {
		.topo = f->w.r.topo,
		.config = f->w.c.config,
		.sockets = &f->sockets,
		.net = &f->net,
		.manage = f->manage,
		.boot = f->boot,
		.device = {"ext", "int"},
	};
	struct ctl_nft *n = NULL;
	size_t len = 0;

	ck_assert(!ctl_nft_new(&n, f->doc));
	v.nft = n;
	ctl_fw_judge(&f->report, &v);
	ctl_nft_free(n);
	ids[0] = '\0';
	for (size_t i = 0; i < f->report.findings; i++)
		len += (size_t)snprintf(ids + len, sizeof(ids) - len, "%s%s",
					i ? " " : "", f->report.finding[i].id);
	return ids;
}

bool fw_has_good(const struct fw_world *f, const char *text)
{
	for (size_t i = 0; i < f->report.goods; i++)
		if (strstr(f->report.good[i], text))
			return true;
	return false;
}
