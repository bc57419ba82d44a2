/* A throw-away authority of a laboratory, and what it signs. */
#ifndef EDGECTL_CERT_ISSUE_H
#define EDGECTL_CERT_ISSUE_H

#include "common/err.h"
#include "edgectl/cert_names.h"

struct ctl_cert_authority {
	const char *pem, *key; /* files */
	const char *name;      /* its common name */
};

/** A new one, a year long. EDGE_EDUP: a file is there already. */
EDGE_MUST_CHECK enum edge_err
ctl_cert_authority_make(const struct ctl_cert_authority *a, int64_t now_s);

struct ctl_cert_leaf {
	const struct ctl_cert_names *names; /* the first is its subject */
	const char *chain, *key;	    /* files that are not there yet */
	int64_t now_s;
};

/** A leaf with a new key, 90 days long; chain holds it and its authority. */
EDGE_MUST_CHECK enum edge_err
ctl_cert_leaf_make(const struct ctl_cert_authority *a,
		   const struct ctl_cert_leaf *l);

#endif
