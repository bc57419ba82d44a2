/* Messages of rtnetlink: any bytes give a view within its room, from which a
 * way may be asked. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "edgectl/net_view.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	struct edge_addr to = {.family = AF_INET, .ip = {192, 0, 2, 1}};
	struct ctl_net_view *v = calloc(1, sizeof(*v));
	void *copy = malloc(len ? len : 1); /* aligned, and no byte more */
	const struct ctl_net_route *r;

	if (!v || !copy)
		abort();
	memcpy(copy, p, len);
	ctl_net_view_decode(v, copy, len);
	assert(v->links <= CTL_NET_LINKS && v->addrs <= CTL_NET_ADDRS &&
	       v->routes <= CTL_NET_ROUTES && v->rules <= CTL_NET_RULES);
	for (size_t i = 0; i < v->links; i++)
		assert(memchr(v->link[i].name, 0, sizeof(v->link[i].name)));
	for (size_t i = 0; i < v->routes; i++)
		assert(v->route[i].bits <=
		       (v->route[i].family == AF_INET ? 32u : 128u));
	for (size_t i = 0; i < v->rules; i++)
		assert(v->rule[i].bits <=
		       (v->rule[i].family == AF_INET ? 32u : 128u));
	r = ctl_net_route_to(v, &to, &to);
	assert(!r || r->family == AF_INET);
	free(copy);
	free(v);
	return 0;
}
