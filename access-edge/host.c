/* Address literals in URIs and Vias. */
#include "access-edge/host.h"

#include <string.h>

bool acc_host_addr(struct edge_addr *out, struct edge_slice host)
{
	size_t len = edge_slice_len(host);

	if (len == 0)
		return false;
	if (*host.p == '[') {
		if (len < 2 || host.end[-1] != ']')
			return false;
		host = edge_slice(host.p + 1, len - 2);
	} else if (*host.p < '0' || *host.p > '9' || memchr(host.p, ':', len)) {
		return false; /* a name, and the common case */
	}
	return edge_addr_parse(out, host, 0) == EDGE_OK;
}

bool acc_host_is_ip(struct edge_slice host, const struct edge_addr *a)
{
	struct edge_addr got;

	return acc_host_addr(&got, host) && edge_addr_same_ip(&got, a);
}

struct edge_slice acc_host_of(const struct edge_sip_addr *a)
{
	return a->uri.is_sip ? a->uri.host : (struct edge_slice){0};
}

bool acc_host_is_own(const struct topo *t, struct edge_slice host)
{
	return edge_slice_len(host) != 0 && topo_find_domain(t, host) != NULL;
}
