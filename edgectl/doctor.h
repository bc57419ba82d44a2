/* doctor: is this host set up right? Families of checks, each a file. */
#ifndef EDGECTL_DOCTOR_H
#define EDGECTL_DOCTOR_H

#include "edgectl/daemons.h"
#include "edgectl/finding.h"
#include "topology/topology.h"

struct json_t;

struct ctl_doctor {
	struct ctl *c;			    /* its config is read */
	const struct topo *topo;	    /* NULL: none that can be read */
	enum edge_err no_topo;		    /* why; EDGE_ENOTFOUND: none */
	char why[256];			    /* in words */
	struct json_t *status[CTL_DAEMONS]; /* /v1/status; NULL: no answer */
	enum edge_err silent[CTL_DAEMONS];  /* why there is none */
	const char *family;		    /* that is at work */
	struct json_t *checks;		    /* for --json */
	unsigned good;			    /* checks */
	bool is_quiet;			    /* no line for what is good */
	struct ctl_cure cure;		    /* of the next finding */
	char tool[CTL_CURE_LINE / 2];	    /* "edgectl [--config FILE]" */
	/* what a family has said, so that a later one does not say it again */
	bool is_firewall_bad;	   /* FW: a listener of ours is not let in */
	bool is_clock_bad;	   /* SYS */
	unsigned bad_certificates; /* CRT: a bit per enum edge_cert_use */
	/* NET has said that packets cannot leave by that side: no other family
	 * tells what comes of it */
	bool is_way_out_bad, is_way_in_bad;
	/* FW has said that the filter blocks these */
	bool is_next_hop_blocked, is_dns_blocked;
};

/** One check has found all as it should be: a line with a tick. */
void ctl_doctor_good(struct ctl_doctor *d, const char *fmt, ...)
	EDGE_PRINTF(2, 3);
/** A finding of the family at work, with d->cure, which is empty afterwards. */
void ctl_doctor_bad(struct ctl_doctor *d, enum topo_level level, const char *id,
		    const char *place, const char *fmt, ...) EDGE_PRINTF(5, 6);

/* The families: each runs its checks. Without a topology only NET, SYS and TOP
 * run. */
typedef void ctl_doctor_family(struct ctl_doctor *d);
ctl_doctor_family ctl_doctor_net, ctl_doctor_fw, ctl_doctor_top, ctl_doctor_sys,
	ctl_doctor_dns, ctl_doctor_crt, ctl_doctor_tls, ctl_doctor_svc;

#endif
