/* One certificate against what its use wants. PURE. */
#ifndef EDGECTL_CERT_JUDGE_H
#define EDGECTL_CERT_JUDGE_H

#include "edgectl/cert_file.h"
#include "topology/finding.h"

enum { CTL_VERDICTS = 12, CTL_VERDICT_TEXT = 480 };

struct ctl_verdicts {
	struct ctl_verdict {
		enum topo_level level;
		const char *id;
		char text[CTL_VERDICT_TEXT];
	} v[CTL_VERDICTS];
	size_t count;
};

struct ctl_cert_case {
	enum edge_cert_use use;
	bool is_current, is_previous; /* else it is staged */
	const struct ctl_cert *cert;
	const struct ctl_cert_names *wanted;
	const char *key_file; /* NULL: not set */
	const char *why;      /* the key could not be read */
	const char *roots;    /* NULL: the system's */
	const char *spki;     /* of the pool's A/V certificate; or NULL */
	bool dials_partners;
};

/** Adds what is wrong with it, worst things first; nothing when all is well. */
void ctl_cert_judge(struct ctl_verdicts *out, const struct ctl_cert_case *c);

#endif
