/* Keys that a pool lives on, as they lie on disk. */
#ifndef EDGECTL_KEYRING_H
#define EDGECTL_KEYRING_H

#include "edgectl/ctl.h"

/** A shared route key that is, or soon will be, out of date: what was seen.
 * None at all is no fault: a single edge makes its own. */
bool ctl_route_key_fault(const struct ctl *c, char *saw, size_t cap);

#endif
