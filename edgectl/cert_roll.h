/* The times of a roll-over of the A/V authentication certificate. PURE but for
 * what lies on disk; TO 5.4. */
#ifndef EDGECTL_CERT_ROLL_H
#define EDGECTL_CERT_ROLL_H

#include "edgectl/cert_file.h"
#include "edgectl/ctl.h"
#include "topology/roll.h"

enum {
	CTL_ROLL_LIFETIME_S = 8 * 3600, /* TO 5.4: of tokens, by default */
	CTL_ROLL_SKEW_S = 300,		/* AV 6.2 */
};

enum ctl_roll_time {
	CTL_ROLL_GOOD,
	CTL_ROLL_LATE,	   /* CERT-007: tokens of the old key end early */
	CTL_ROLL_TOO_LATE, /* CERT-008: a time without any key */
};

struct ctl_roll_times { /* wall */
	int64_t effective_s;
	int64_t old_ends_s;
	uint32_t lifetime_s; /* of tokens */
};

enum ctl_roll_time ctl_roll_judge(const struct ctl_roll_times *t);
/** The latest good effective time. */
int64_t ctl_roll_latest(const struct ctl_roll_times *t);
/** From then on no token of the old key counts anywhere. */
int64_t ctl_roll_over_at(const struct ctl_roll_times *t);

/* Which pair is which, now. */
struct ctl_roll {
	const char *chain, *key; /* of edge.ini */
	bool has_staged;
	bool is_effective; /* the staged pair is the current one */
	struct topo_roll staged;
};

/** What lies beside the pair of [certificate.av-auth]; without one nothing is
 * staged. A staged file that cannot be read is reported (CERT-001). */
enum ctl_exit ctl_roll_find(struct ctl *c, struct ctl_roll *out);

/* What both verbs work with. */
struct ctl_roll_job {
	struct ctl *c;
	struct ctl_roll roll;
	struct ctl_roll_times times;
	struct ctl_cert old, new; /* of edge.ini; staged, or to be */
	size_t members;		  /* others in the pool */
};

extern const char ctl_roll_place[]; /* "av-auth" */
extern const char ctl_roll_service[];

/** --use: NULL or av-auth; else reported. */
enum ctl_exit ctl_roll_only_av_auth(struct ctl *c, const char *use);
/** Settings, what is staged, the old certificate, the times; all but new. */
enum ctl_exit ctl_roll_begin(struct ctl_roll_job *j);
/** The running service reads its keys again; what fails is a warning. */
void ctl_roll_reload(struct ctl *c);

/** Wall time for people. */
void ctl_roll_print(char out[32], int64_t wall_s);

#endif
