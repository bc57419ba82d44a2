/* What lies behind the internal interface: no peer may be there (AV 6.4). */
#ifndef AV_EDGE_INSIDE_H
#define AV_EDGE_INSIDE_H

#include <stdbool.h>
#include <stddef.h>

#include "common/addr.h"
#include "common/err.h"
#include "common/slice.h"

enum { AVE_INSIDE_MAX = 4096 }; /* ours: routes read [networks] */

struct ave_network {
	struct edge_addr net; /* port 0 */
	unsigned bits;
};

struct ave_networks {
	struct ave_network *v;
	size_t count;
	bool is_default_left_out; /* 0/0 itself is no network inside */
	bool is_cut;		  /* more than AVE_INSIDE_MAX */
};

/** No bit is set behind its own. */
bool ave_network_is_whole(const struct ave_network *n);
void ave_networks_free(struct ave_networks *n);

/* The kernel's routing tables, kept open: the sandbox lets none be opened. */
struct ave_routes {
	int v4, v6; /* -1: none */
};

void ave_routes_open(struct ave_routes *r);
void ave_routes_close(struct ave_routes *r);
/** Networks that leave by that device; and every address of this host. */
EDGE_MUST_CHECK enum edge_err ave_routes_read(struct ave_networks *out,
					      const struct ave_routes *r,
					      const char *device);

/** The tables as text: /proc/net/route and /proc/net/ipv6_route. Lines that
 * are not understood are passed over. EDGE_ENOMEM. */
EDGE_MUST_CHECK enum edge_err ave_routes_parse(struct ave_networks *out,
					       struct edge_slice text,
					       bool is_v6, const char *device);

#endif
