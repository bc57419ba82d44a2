/* A relay that gives no allocation: what that means, and what to run. PURE. */
#ifndef EDGECTL_RELAY_JUDGE_H
#define EDGECTL_RELAY_JUDGE_H

#include <stdbool.h>

#include "edgectl/finding.h"

enum ctl_relay_fault {
	CTL_RELAY_OTHER_KEY, /* it knows no such credential */
	CTL_RELAY_FULL,	     /* no room, or it could not */
	CTL_RELAY_PASSING,   /* of this one attempt: another may do */
	CTL_RELAY_STRANGE,   /* it does not speak as ours does */
	CTL_RELAY_NOBODY,    /* the machine says that nobody listens */
	CTL_RELAY_SILENT,    /* no answer at all */
	CTL_RELAY_NO_WAY,    /* a router or a filter says no */
	CTL_RELAY_FAULTS
};

struct ctl_relay_said {
	enum edge_err err; /* of ctl_turn_open */
	unsigned code;	   /* of an Error Code; 0: none */
	int error;	   /* errno; 0: none */
};
enum ctl_relay_fault ctl_relay_judge(const struct ctl_relay_said *s);
/** It has answered, and not given what was asked for. */
bool ctl_relay_is_refusal(enum ctl_relay_fault f);

struct ctl_relay_place {
	enum ctl_hands hands;  /* who has the relay: this host, or a member */
	const char *us, *text; /* addresses, without and with a port */
	bool is_tcp;
};
void ctl_relay_cure(struct ctl_cure *k, enum ctl_relay_fault f,
		    const struct ctl_relay_place *at);

/* The pair of A/V authentication as edge.ini of this host has it. */
struct ctl_relay_pair {
	const char *self, *chain, *key;
	const char *member; /* that refuses its credentials */
};
/** Have it on the other member, too. */
void ctl_relay_cure_key(struct ctl_cure *k, const struct ctl_relay_pair *p);

#endif
