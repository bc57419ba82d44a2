/* The network of this host as it is: links, addresses, routes, rules. */
#ifndef EDGECTL_NET_VIEW_H
#define EDGECTL_NET_VIEW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/addr.h"
#include "common/err.h"

enum { /* ours: more than an edge host has */
       CTL_NET_LINKS = 64,
       CTL_NET_ADDRS = 256,
       CTL_NET_ROUTES = 1024,
       CTL_NET_RULES = 256,
       CTL_NET_MAIN = 254, /* RT_TABLE_MAIN */
};

struct ctl_net_link {
	int index;
	char name[16];
	bool is_up, is_loopback;
	int rp_filter;		/* 0 off, 1 strict, 2 loose; -1: not known */
	int forward4, forward6; /* what comes in by it; -1: not known */
};

struct ctl_net_addr {
	struct edge_addr at; /* port 0 */
	unsigned bits;
	int link; /* its index */
};

struct ctl_net_route {
	uint8_t family, protocol; /* RTPROT_* */
	bool is_unicast;	  /* else unreachable, blackhole, prohibit */
	uint8_t type;		  /* RTN_* */
	bool is_throw;		  /* the next rule decides */
	struct edge_addr net;	  /* family 0 with bits 0: the default */
	unsigned bits;
	struct edge_addr via; /* family 0: on the link */
	int link;	      /* 0: none */
	uint32_t table, metric;
};

struct ctl_net_rule {
	uint8_t family;
	bool is_plain; /* nothing but a source decides, to a table */
	struct edge_addr from;
	unsigned bits; /* 0: any */
	uint32_t priority, table;
};

struct ctl_net_view { /* -1 in a switch: not known, or no such family */
	struct ctl_net_link link[CTL_NET_LINKS];
	struct ctl_net_addr addr[CTL_NET_ADDRS];
	struct ctl_net_route route[CTL_NET_ROUTES];
	struct ctl_net_rule rule[CTL_NET_RULES]; /* as the kernel walks them */
	size_t links, addrs, routes, rules;
	int rp_filter_all, forward4, forward6;
	bool is_cut; /* there was more: nothing follows from what is missing */
};

/** By rtnetlink and /proc/sys; the caller frees it. EDGE_ESYS with errno. */
EDGE_MUST_CHECK enum edge_err ctl_net_view_read(struct ctl_net_view **out);
/** Messages of rtnetlink into the view; what is not understood is left out. */
void ctl_net_view_decode(struct ctl_net_view *v, const void *bytes, size_t len);

const struct ctl_net_link *ctl_net_link_find(const struct ctl_net_view *v,
					     int index);
/** NULL: no link has it. */
const struct ctl_net_addr *ctl_net_addr_find(const struct ctl_net_view *v,
					     const struct edge_addr *at);
/** The route of one table that packets to an address take: longest prefix,
 * then least metric. NULL: none. */
const struct ctl_net_route *ctl_net_route_in(const struct ctl_net_view *v,
					     uint32_t table,
					     const struct edge_addr *to);
/** The same as the rules lead from a source; without a source (NULL) only the
 * rules for everybody count. */
const struct ctl_net_route *ctl_net_route_to(const struct ctl_net_view *v,
					     const struct edge_addr *from,
					     const struct edge_addr *to);

#endif
