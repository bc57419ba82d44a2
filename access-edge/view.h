/* What the pure parts may look at while one message is handled. */
#ifndef ACCESS_EDGE_VIEW_H
#define ACCESS_EDGE_VIEW_H

#include <stdbool.h>
#include <stdint.h>

#include "topology/topology.h"

struct acc_route_keys;

struct acc_options {			  /* [options] of edge.ini, AE 10 */
	bool double_record_route;	  /* on */
	bool diagnostics_unauthenticated; /* EnableHeaderForUnAuthenticatedUsers,
					     off */
	const char
		*proxy_require; /* more understood tags, comma list, or NULL */
	unsigned keep_alive_s;	/* 300; 0: EnableWhiteSpaceKeepAlive off */
	bool srv_target_in_domain; /* on: x.fabrikam.com for fabrikam.com */
	bool hide_internal_via;	   /* off; partners never see them */
	bool crl_hard_fail;	   /* off; AE 1.5 */
};

struct acc_view {
	const struct topo *topo;
	const struct acc_route_keys *keys;
	uint32_t boot; /* this process, random; never 0 */
	const struct acc_options *options;
	uint64_t wall_s; /* for key validity */
};

#endif
