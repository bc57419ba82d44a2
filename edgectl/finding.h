/* Findings with a cure: what to run, and on whose machine. */
#ifndef EDGECTL_FINDING_H
#define EDGECTL_FINDING_H

#include "edgectl/ctl.h"

enum { /* ours: who has typed as many lines looks again */
       CTL_CURE_LINES = 32,
       CTL_CURE_LINE = 512,
};

/* Whose hands it takes. */
enum ctl_hands {
	CTL_ON_EDGE,	 /* this host */
	CTL_ON_MEMBER,	 /* another member of the pool */
	CTL_ON_INSIDE,	 /* a server inside */
	CTL_ON_DNS,	 /* the public zone: lines to publish */
	CTL_ON_FIREWALL, /* between this host and the Internet or the inside */
	CTL_ON_CA,	 /* who signs certificates */
};

/* Steps in order; each line is a shell command, or on CTL_ON_DNS a record as a
 * zone file has it. */
struct ctl_cure {
	struct ctl_cure_step {
		enum ctl_hands hands;
		char line[CTL_CURE_LINE];
	} step[CTL_CURE_LINES];
	size_t count, left_out; /* both are shown */
};

/** One more step; one that has no room is left out whole, and counted. */
void ctl_cure_add(struct ctl_cure *k, enum ctl_hands hands, const char *fmt,
		  ...) EDGE_PRINTF(3, 4);
/** The step without which those before it are in vain: a place is kept for
 * one. */
void ctl_cure_end(struct ctl_cure *k, enum ctl_hands hands, const char *fmt,
		  ...) EDGE_PRINTF(3, 4);
/** A step that restarts a service, and what that cuts off, behind a "#". */
void ctl_cure_restart(struct ctl_cure *k, enum ctl_hands hands,
		      const char *service);
/** "edgectl", with --config FILE when that is not the usual one. false: that
 * has no room; out is "edgectl" alone, which has another configuration. */
bool ctl_tool(const struct ctl *c, char *out, size_t cap);
/** Who writes steps writes "edgectl ..." alone: on this host it is called as it
 * was now. One that has no room then is left out, and counted. */
void ctl_cure_tool(struct ctl_cure *k, const struct ctl *c);
/** "edge", "member", "inside", "dns", "firewall", "ca". */
const char *ctl_hands_name(enum ctl_hands hands);

struct ctl_finding {
	enum topo_level level;
	const char *id, *place, *saw;
	const struct ctl_cure *cure; /* NULL: none */
};
/** Print or keep it; want, why and fix as ctl_find. */
void ctl_find_show(struct ctl *c, const struct ctl_finding *f);

/* A row of finding.def or doctor.def. */
struct ctl_advice {
	const char *id, *want, *why, *fix;
};
/** NULL: no such id. */
const struct ctl_advice *ctl_advice_find(const char *id);
/** The family that an id belongs to: "NET", "FW", "DNS", "TLS", "CRT", "TOP",
 * "SYS", "SVC"; "CTL" for what is of no family. */
const char *ctl_family_of(const char *id);

#endif
