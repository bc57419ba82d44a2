/* Setting a host up: what setup and up have in common. */
#ifndef EDGECTL_SETUP_H
#define EDGECTL_SETUP_H

#include "edgectl/ctl.h"
#include "edgectl/finding.h"
#include "edgectl/setup_judge.h"
#include "topology/topology.h"

struct ctl_setup {
	struct ctl *c;
	/* answers; NULL or false: not given */
	const char *bundle, *hosts, *fqdn;
	const char *outside_gateway, *inside_gateway, *inside, *manage, *resolv;
	const char *trust_public, *trust_internal, *operator_keys;
	const char *requests; /* folder of requests; NULL: beside edge.ini */
	const char *ca;	      /* of lab certificates; NULL: beside edge.ini */
	bool is_unsigned, lab;
	bool is_status; /* look, write nothing */
	bool is_up;	/* called again by its bundle */
	/* what this call may be given, for the next one like it */
	const struct ctl_option *option;
	size_t options;
	/* while at work */
	const struct topo *topo; /* NULL: none yet */
	struct ctl_cure left;	 /* what others have to do, and whose hands */
	bool is_again;		 /* and when they have, this call again */
	bool is_imported;	 /* of what was given for the store */
	bool is_other_bundle;	 /* with another bundle, FOLDER */
};

/** Options of both verbs; out: CTL_SETUP_OPTIONS of them. */
enum { CTL_SETUP_OPTIONS = 13 };
void ctl_setup_options(struct ctl_setup *s,
		       struct ctl_option out[CTL_SETUP_OPTIONS]);

/** Answers into edge.ini, which is made when it is not there; of is_status
 * they hold for this call alone. */
enum ctl_exit ctl_setup_settings(struct ctl_setup *s);

/* The four steps: each does what it can, adds to left what it cannot. Done
 * again they change nothing. */
enum ctl_exit ctl_setup_store(struct ctl_setup *s);
enum ctl_exit ctl_setup_parts(struct ctl_setup *s);
enum ctl_exit ctl_setup_certificates(struct ctl_setup *s);
enum ctl_exit ctl_setup_start(struct ctl_setup *s);

/* What the judge goes by, read from the world. */
struct ctl_setup_world {
	struct ctl_setup_facts facts; /* points into the others */
	char store_why[CTL_SETUP_WHY], net_first[CTL_SETUP_WHY];
};
/** s->topo becomes the current version. */
void ctl_setup_look(struct ctl_setup *s, struct ctl_setup_world *w);
/** One certificate: what is in edge.ini, else what waits in requests. */
enum ctl_setup_cert ctl_setup_cert_state(struct ctl_setup *s,
					 enum edge_cert_use use, char *why,
					 size_t cap);

/** FOLDER/USE.csr and the like, in the folder of requests. */
enum ctl_exit ctl_setup_request_file(struct ctl_setup *s, char *out, size_t cap,
				     const char *name);
/** Current topology into s->topo; the old one is dropped. */
void ctl_setup_load(struct ctl_setup *s, char *why, size_t cap);
/** A line of left for this host: "edgectl ..." */
void ctl_setup_left(struct ctl_setup *s, enum ctl_hands hands, const char *fmt,
		    ...) EDGE_PRINTF(3, 4);
/** Of the pair in use and the one staged beside it none does, for that reason;
 * and what to do with them. */
void ctl_setup_tell_stuck(struct ctl_setup *s, const char *why);
/** Keys that this member of a pool lacks, and how they come: with a new bundle,
 * which the next call has instead of the one that this one had. */
void ctl_setup_left_keys(struct ctl_setup *s, bool has_route, bool has_psom);
/** This call once more, with its options; false: it has no room. */
EDGE_MUST_CHECK bool ctl_setup_again(const struct ctl_setup *s,
				     char out[CTL_CURE_LINE]);
/** What is left, by whose hands, the call itself last; and for --json. */
void ctl_setup_tell_left(struct ctl_setup *s);
void ctl_setup_fini(struct ctl_setup *s);

#endif
