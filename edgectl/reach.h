/* What came back of an attempt to reach somebody, and what that says of the
 * way there. PURE. */
#ifndef EDGECTL_REACH_H
#define EDGECTL_REACH_H

#include "common/err.h"

enum ctl_reach {
	CTL_REACHED,	   /* or it failed for another reason */
	CTL_REACH_REFUSED, /* the machine says that nobody listens */
	CTL_REACH_SILENT,  /* nothing */
	CTL_REACH_NO_WAY,  /* a router or a filter says no */
};

/** error: errno of EDGE_ESYS. */
enum ctl_reach ctl_reach_of(enum edge_err err, int error);
/** For people, after what was seen; "" of CTL_REACHED. */
const char *ctl_reach_meaning(enum ctl_reach r);

#endif
