/* A snapshot's facts for people, or exactly as they are. */
#ifndef EDGECTL_FACTS_H
#define EDGECTL_FACTS_H

#include "common/slice.h"
#include "edgectl/ctl.h"

/** exact: the snapshot's own bytes, head line included; else padded. With
 * --json: member "facts", an object. */
void ctl_facts_print(struct ctl *c, struct edge_slice snap, bool exact);

#endif
