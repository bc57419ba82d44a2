/* What this host's network needs: PURE, from topology, settings and view. */
#ifndef EDGECTL_NET_PLAN_H
#define EDGECTL_NET_PLAN_H

#include "edgectl/net_view.h"
#include "edgectl/side.h"
#include "topology/finding.h"

struct edge_config;
struct topo;

enum {
	CTL_NET_FINDINGS = 128, /* the last one: no room for all */
	CTL_NET_STEPS = 512,
	CTL_NET_GOODS = 128,
	CTL_NET_TEXT = 256,
	CTL_NET_LINE = 240,
	CTL_NET_SIDE_ADDRS = 16,
	CTL_NET_NETS = 64,
	/* ours: two tables, and the priority of the rules that lead there */
	CTL_NET_TABLE_OUTSIDE = 5201,
	CTL_NET_TABLE_INSIDE = 5202,
};

/* What is wanted, by people and by the topology. */
struct ctl_net_wants {
	const struct topo *topo;	/* NULL: little can be said */
	const char *device[CTL_SIDES];	/* NULL: by address */
	const char *gateway[CTL_SIDES]; /* checked lists; NULL: by the view */
	const char *inside;		/* checked list; NULL: by HOSTS */
	bool lab;			/* both sides may share a device */
};

struct ctl_net_finding {
	const char *id; /* "NET-001" */
	enum topo_level level;
	char place[CTL_NET_LINE], saw[CTL_NET_TEXT];
};

struct ctl_net_step {
	int finding;		 /* that it cures; -1: is so already */
	bool is_by_people;	 /* a plan never does it: addresses, links */
	char line[CTL_NET_LINE]; /* words, one space between them */
};

struct ctl_net_plan {
	struct ctl_net_finding finding[CTL_NET_FINDINGS];
	size_t findings;
	struct ctl_net_step step[CTL_NET_STEPS]; /* in their order */
	size_t steps;
	char good[CTL_NET_GOODS][CTL_NET_TEXT];
	size_t goods;
	char device[CTL_SIDES][16];	    /* empty: not found */
	bool is_outside_bad, is_inside_bad; /* no way out; no way in */
	size_t left_out; /* for want of room; finding NET-012 */
	/* of the topology, and not on the device of their side */
	struct edge_addr astray[2 * CTL_NET_SIDE_ADDRS];
	size_t strays;
};

/** Settings of edge.ini, no options of a verb. */
struct ctl_net_wants ctl_net_wants_of(const struct topo *t,
				      const struct edge_config *c);
/** The one router of a side, by routes of the main table on the device that p
 * has found for it: the default's outside, any other's inside. family 0: there
 * is none, or more than one. */
struct edge_addr ctl_net_router(const struct ctl_net_plan *p,
				const struct ctl_net_view *v,
				enum ctl_net_side side);
/** Rules lead to our tables: a plan has been applied. */
bool ctl_net_is_ours(const struct ctl_net_view *v);
/** All fields of p are written. */
void ctl_net_plan(struct ctl_net_plan *p, const struct ctl_net_wants *w,
		  const struct ctl_net_view *v);

#endif
