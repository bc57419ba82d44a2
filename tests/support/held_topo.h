/* Counted snapshots filled by hand; linked instead of topology's snap.c. */
#ifndef TESTS_SUPPORT_HELD_TOPO_H
#define TESTS_SUPPORT_HELD_TOPO_H

#include "topology/topology.h"

/** A copy that topo_hold and topo_drop count; the caller has one. */
const struct topo *held_topo_new(const struct topo *t);
/** Copies that live. */
int held_topo_count(void);

#endif
