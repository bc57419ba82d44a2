/* A certificate against what its use wants: the rules of cert check (TO 5). */
#ifndef EDGECTL_CERT_JUDGE_H
#define EDGECTL_CERT_JUDGE_H

#include "edgectl/cert_file.h"
#include "edgectl/ctl.h"

struct ctl_cert_judge {
	struct ctl *c;		 /* takes the findings; its settings are read */
	const struct topo *topo; /* NULL: none imported, names are not judged */
	enum edge_cert_use use;
	const struct ctl_cert_files *files; /* as it was read from */
	const char *spki; /* of the pool's A/V certificate; NULL: not known */
	bool is_previous; /* its end is what is waited for */
	bool is_name_forced; /* a name that is missing is a warning */
};

/** [trust] of edge.ini that a certificate of this use leads to; NULL: the
 * system's roots. */
const char *ctl_cert_roots(const struct ctl *c, enum edge_cert_use use);
/** Every rule; each fault is a finding at the use's name.
 * @param why  what ctl_cert_read said of the key */
void ctl_cert_judge(const struct ctl_cert_judge *j, const struct ctl_cert *x,
		    const char *why);

#endif
