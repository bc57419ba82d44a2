/* What a client or partner outside meets, step by step, as a tree. */
#ifndef EDGECTL_PROBE_WALK_H
#define EDGECTL_PROBE_WALK_H

#include <stdbool.h>
#include <stdint.h>

#include "common/addr.h"
#include "edgectl/probe_line.h"
#include "edgectl/probe_tree.h"

enum ctl_probe_part {
	CTL_PROBE_SIGN_IN,
	CTL_PROBE_FEDERATION,
	CTL_PROBE_WEBCONF,
	CTL_PROBE_AV,
	CTL_PROBE_PARTNERS, /* XMPP */
	CTL_PROBE_PARTS
};

struct ctl_probe_place {
	char name[254]; /* "": not given */
	uint16_t port;
};

struct ctl_probe_plan {
	char domain[254];
	struct ctl_probe_place sip, webconf, av;
	bool without[CTL_PROBE_PARTS];
	struct edge_addr local; /* family 0: any */
	uint32_t ms;
};

struct ctl_probe_dns;
struct ctl_probe_roots;

struct ctl_probe_run {
	const struct ctl_probe_plan *plan;
	struct ctl_probe_tree *tree;
	struct ctl_probe_dns *dns;
	struct ctl_probe_roots *roots;
	struct ctl_probe_line line; /* the one at work */
	unsigned answered, unanswered;
	unsigned ends;	       /* addresses tried */
	unsigned targets;      /* of SRV records */
	char stray[320];       /* "a SRV → b" of one in another domain */
	uint16_t sign_in_port; /* of a SRV record; 0: none */
};

/** "sign-in"; as --without takes it. */
const char *ctl_probe_part_name(enum ctl_probe_part p);
/** DNS answered none of the questions. */
bool ctl_probe_is_deaf(const struct ctl_probe_run *r);
/** All parts below the root of r->tree. Ends early when DNS is deaf. */
void ctl_probe_walk(struct ctl_probe_run *r);

/* ---- one address of a part; probe_end.c */

enum ctl_probe_fault {
	CTL_PROBE_NO_RECORD,
	CTL_PROBE_NO_ADDRESS,
	CTL_PROBE_NO_TCP,
	CTL_PROBE_NO_TLS,
	CTL_PROBE_CHAIN,
	CTL_PROBE_NAME,
	CTL_PROBE_VALIDITY,
	CTL_PROBE_NO_ANSWER,
	CTL_PROBE_FAULTS
};

/** "PROBE-103"; NULL where it cannot happen. */
const char *ctl_probe_id(enum ctl_probe_part p, enum ctl_probe_fault f);
/** A BAD node; its number. */
size_t ctl_probe_bad(struct ctl_probe_run *r, size_t parent, const char *id,
		     const char *saw, const char *text);
/** Connect to the address, and speak the part's protocol. */
void ctl_probe_end(struct ctl_probe_run *r, size_t parent,
		   enum ctl_probe_part p, const char *name,
		   const struct edge_addr *at);

#endif
