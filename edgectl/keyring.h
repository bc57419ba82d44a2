/* Keys that a pool lives on, as they lie on disk. */
#ifndef EDGECTL_KEYRING_H
#define EDGECTL_KEYRING_H

#include "edgectl/ctl.h"
#include "edgectl/finding.h"

/** A shared route key that is, or soon will be, out of date: what was seen.
 * None at all is no fault: a single edge makes its own. */
bool ctl_route_key_fault(const struct ctl *c, char *saw, size_t cap);

/* How a keyring gets a key in date. */
struct ctl_key_cure {
	const char *tool;    /* edgectl, as doctor was called */
	const char *kind;    /* "route" or "psom" */
	const char *service; /* that reads it */
	size_t members;	     /* others in the pool */
};
/** Alone it makes one. In a pool that would be a key that nobody else has: the
 * ring comes from a member, in a bundle. */
void ctl_key_cure(struct ctl_cure *out, const struct ctl_key_cure *k);

#endif
