/* edge.ini: any bytes give a configuration in range or a reason. */
#include <assert.h>
#include <string.h>

#include "common/config.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	static const struct edge_limit_row limit = {"access.a", 1,  5,
						    9,		"", ""};
	static const struct edge_option_row option = {"access.b", "c", ""};
	static const struct edge_config_rows rows = {&limit, 1, &option, 1};
	struct edge_config *c = NULL;
	char why[200] = "";
	struct edge_addr net;
	unsigned bits;
	uint16_t port;

	if (edge_config_parse(&c, edge_slice(bytes, len), &rows, why,
			      sizeof(why))) {
		assert(!c && !strncmp(why, "line ", 5));
		return 0;
	}
	assert(c->limits[0] >= limit.min && c->limits[0] <= limit.max);
	assert(c->state[0] == '/' && c->run[0] == '/' && c->resolv[0] == '/');
	for (int i = 0; i < EDGE_CERT_USES; i++)
		assert(!c->certificate[i].chain == !c->certificate[i].key);
	assert(edge_config_option(c, "access.b"));
	for (const char *list = c->network.inside; list && *list;)
		if (!edge_config_next_net(&list, &net, &bits))
			assert(0); /* the list was checked */
	for (const char *list = c->network.manage;
	     list && *list && strcmp(list, "none") != 0;)
		if (!edge_config_next_manage(&list, &port, &net, &bits))
			assert(0);
	edge_config_free(c);
	return 0;
}
