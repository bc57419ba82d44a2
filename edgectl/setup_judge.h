/* How far the setting up of this host is: four steps, from facts. PURE. */
#ifndef EDGECTL_SETUP_JUDGE_H
#define EDGECTL_SETUP_JUDGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/config.h"
#include "edgectl/units.h"

enum {
	CTL_SETUP_STORE,	/* Install Local Configuration Store */
	CTL_SETUP_PARTS,	/* Setup Lync Server Components */
	CTL_SETUP_CERTIFICATES, /* Request, Install or Assign Certificates */
	CTL_SETUP_START,	/* Start Services */
	CTL_SETUP_STEPS
};
enum {
	CTL_SETUP_TEXT = 480,
	CTL_SETUP_WHY = 160,
	CTL_SETUP_SERVICES = 3 /* enum ctl_daemon's first */
};

enum ctl_setup_mark { CTL_SETUP_DONE, CTL_SETUP_TODO, CTL_SETUP_FAILED };

enum ctl_setup_cert {
	CTL_CERT_GOOD,
	CTL_CERT_ABSENT,
	CTL_CERT_ASKED, /* a request waits for an authority */
	CTL_CERT_ANSWERED,
	CTL_CERT_BAD,  /* in edge.ini, but not to be used */
	CTL_CERT_STUCK /* the same, and another is staged beside it */
};

struct ctl_setup_facts {
	const char *fqdn;      /* of edge.ini; NULL: not set */
	const char *self;      /* of the topology; NULL: there is none */
	const char *store_why; /* why it cannot be read; NULL: it can */
	uint64_t seq;	       /* of the topology */
	size_t hosts;	       /* names in its HOSTS */
	bool has_folders;      /* state and run */
	bool trusts_inside;    /* [trust] internal can be read */
	bool is_single;	       /* no other member in the pool */
	bool has_route_key, has_psom_key;
	unsigned net_open;     /* findings about the network */
	const char *net_first; /* what the first saw; NULL: none */
	struct {
		enum ctl_setup_cert state;
		char why[CTL_SETUP_WHY]; /* BAD, STUCK */
	} cert[EDGE_CERT_USES];
	enum ctl_unit_state net; /* sets again what the plan has set; UNKNOWN:
				  * nothing of it is set */
	enum ctl_unit_state target;
	struct {
		bool runs, is_ready;
		enum ctl_unit_state unit;
		uint64_t seq; /* of its topology */
	} service[CTL_SETUP_SERVICES];
};

struct ctl_setup_step {
	enum ctl_setup_mark mark;
	char text[CTL_SETUP_TEXT]; /* what is, or what is to be done */
};

void ctl_setup_judge(struct ctl_setup_step out[CTL_SETUP_STEPS],
		     const struct ctl_setup_facts *f);
/** As the Deployment Wizard has it. */
const char *ctl_setup_step_name(size_t step);
/** "done", "to do", "failed". */
const char *ctl_setup_mark_name(enum ctl_setup_mark mark);
/** May that service start: its certificates are good. */
bool ctl_setup_may_start(const struct ctl_setup_facts *f, size_t service);
/** Units of what runs or is to be started that are in that state, and the
 * target; how many. */
enum { CTL_SETUP_UNITS = CTL_SETUP_SERVICES + 1 };
size_t ctl_setup_units(const char *out[CTL_SETUP_UNITS],
		       const struct ctl_setup_facts *f, const bool *wanted,
		       enum ctl_unit_state state);
/** All services run, are ready, and have the topology of the store. */
bool ctl_setup_serves(const struct ctl_setup_facts *f);
/** Wanted by a service of every edge; turn is a choice. */
bool ctl_setup_wants(enum edge_cert_use use);

#endif
