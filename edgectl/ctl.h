/* What every verb of edgectl works with: settings, findings, one answer. */
#ifndef EDGECTL_CTL_H
#define EDGECTL_CTL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/config.h"
#include "common/err.h"
#include "topology/finding.h"

/* DESIGN 8; the same for every verb. */
enum ctl_exit {
	CTL_GOOD = 0,
	CTL_WARNINGS = 1, /* done, with warnings; or a test failed */
	CTL_USAGE = 2,
	CTL_REFUSED = 3, /* by a running service */
	CTL_SIGNATURE = 4,
	CTL_OLDER = 5,
	CTL_IO = 6,
	CTL_INVALID = 7, /* input */
};

#define CTL_CONFIG "/etc/lync-edge/edge.ini"

struct json_t; /* jansson's */

struct ctl {
	const char *config_path;
	struct edge_config *config; /* NULL until ctl_config */
	bool json;
	struct json_t *doc;	 /* the answer of --json; never NULL then */
	struct json_t *findings; /* in doc */
	unsigned errors, warnings;
	uint64_t now_s;	    /* wall clock at start */
	unsigned answer_ms; /* for a daemon to answer; 0: as always */
};

/* One option of a verb: value for those that take one, else is_set. */
struct ctl_option {
	const char *name; /* without "--" */
	const char **value;
	bool *is_set;
};

typedef enum ctl_exit ctl_verb_fn(struct ctl *c, int argc, char **argv);

EDGE_MUST_CHECK enum edge_err ctl_init(struct ctl *c);
void ctl_fini(struct ctl *c);
/** Prints the answer of --json; the exit status with warnings counted in. */
enum ctl_exit ctl_done(struct ctl *c, enum ctl_exit status);

/** Takes options (also --json and --config) out of argv, in any place; "--"
 * ends them. What is left is *argc words. Unknown ones are reported. */
enum ctl_exit ctl_options(struct ctl *c, const struct ctl_option *options,
			  size_t count, int *argc, char **argv);
/** Wrong call: reported, CTL_USAGE. */
enum ctl_exit ctl_usage(struct ctl *c, const char *fmt, ...) EDGE_PRINTF(2, 3);
/** Decimal option from 1; false: reported. */
bool ctl_number(struct ctl *c, const char *what, const char *text,
		uint64_t *out);

/** Reads edge.ini once; reported when it cannot. */
enum ctl_exit ctl_config(struct ctl *c);
/** This machine's FQDN: given, else of edge.ini, else of the system; NULL
 * when none is known (reported). Lives as long as c. */
const char *ctl_self(struct ctl *c, const char *given);

/** One finding; want, why and fix come from finding.def and doctor.def by its
 * id, and so does the page that says more. */
void ctl_find(struct ctl *c, enum topo_level level, const char *id,
	      const char *place, const char *fmt, ...) EDGE_PRINTF(5, 6);
void ctl_find_all(struct ctl *c, const struct topo_findings *f);
/** An error finding; the exit status that err stands for. */
enum ctl_exit ctl_fail(struct ctl *c, enum edge_err err, const char *id,
		       const char *place, const char *fmt, ...)
	EDGE_PRINTF(5, 6);
enum ctl_exit ctl_exit_of(enum edge_err err);
/** Text of an error, with errno for system calls. */
const char *ctl_reason(enum edge_err err);

/** A line for people; nothing with --json. */
void ctl_say(const struct ctl *c, const char *fmt, ...) EDGE_PRINTF(2, 3);
/** Members of the --json answer; nothing without it. value is taken over. */
void ctl_put(struct ctl *c, const char *name, struct json_t *value);
void ctl_put_text(struct ctl *c, const char *name, const char *value);
void ctl_put_number(struct ctl *c, const char *name, uint64_t value);

/* The verbs, one file a family. */
ctl_verb_fn ctl_topology_import, ctl_topology_sign, ctl_topology_check,
	ctl_topology_show, ctl_topology_diff, ctl_topology_list,
	ctl_topology_rollback, ctl_hosts_load, ctl_secrets_new,
	ctl_secrets_export, ctl_cert_list, ctl_cert_check, ctl_cert_csr,
	ctl_cert_stage, ctl_cert_drop_previous, ctl_cert_assign, ctl_cert_lab,
	ctl_status, ctl_drain, ctl_test_av_edge, ctl_test_p2p_av,
	ctl_test_dataconf, ctl_policy_show, ctl_policy_explain, ctl_doctor,
	ctl_net_plan_verb, ctl_setup, ctl_up, ctl_topology_render,
	ctl_probe_external;

#endif
