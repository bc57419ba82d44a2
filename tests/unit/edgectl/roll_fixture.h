/* A machine with an A/V authentication certificate, at any time of the day. */
#ifndef TESTS_UNIT_EDGECTL_ROLL_FIXTURE_H
#define TESTS_UNIT_EDGECTL_ROLL_FIXTURE_H

#include "edgectl/cert_file.h"
#include "edgectl/ctl.h"
#include "tests/support/certs.h"

enum { ROLL_WORDS = 16, ROLL_HOUR = 3600 };

struct roll {
	struct certs *certs;
	struct ctl c;	/* of the last call */
	uint64_t now_s; /* the clock of the next one */
	int64_t old_ends_s;
	int watch; /* of roll_watch */
	int watched[2];
	char spki[4][65]; /* of "old" "new" "next" "other" */
};

enum { ROLL_OLD, ROLL_NEW, ROLL_NEXT, ROLL_OTHER };

/** edge.ini names av.pem and av.key, copies of "old", 20 days long; "new",
 * "next" and "other" are 60 days long, "ed" has an Ed25519 key. */
void roll_init(struct roll *r);
void roll_fini(struct roll *r);
/** edge.ini as roll_init wrote it. */
void roll_ini(struct roll *r);

/** Run a verb at r->now_s: words up to NULL. "@x" is file x of the folder. */
enum ctl_exit roll_run(struct roll *r, ctl_verb_fn *fn, ...);
/** cert stage of that name, effective then. */
enum ctl_exit roll_stage(struct roll *r, const char *name, int64_t effective_s);
/** Ids of the findings of the last call: "E:CERT-008 W:CTL-009"; those about
 * the topology that is not there left out. */
const char *roll_findings(const struct roll *r);
/** What was seen by the first finding of that id; "" when there is none. */
const char *roll_saw(const struct roll *r, const char *id);
/** A text of the answer. */
const char *roll_text(const struct roll *r, const char *name);
/** "role" to fingerprint in the answer of cert list; "" when there is none. */
const char *roll_role(const struct roll *r, const char *role);
/** Fingerprint of the certificate in a file; "" when it is not there. */
const char *roll_spki(struct roll *r, const char *file);
/** From now on openings of these two files of the folder are counted. */
void roll_watch(struct roll *r, const char *chain, const char *key);
/** How often the chain was opened, and the key; the watch ends. */
void roll_opened(struct roll *r, unsigned out[2]);
bool roll_is_there(struct roll *r, const char *file);
/** Permission bits of a file that is there. */
unsigned roll_mode(struct roll *r, const char *file);

#endif
