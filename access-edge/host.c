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
