/* A snapshot's facts for people, or exactly as they are but for secrets. */
#ifndef EDGECTL_FACTS_H
#define EDGECTL_FACTS_H

#include "common/slice.h"
#include "edgectl/ctl.h"

/** exact: the snapshot's own lines, head line included; else padded. In both
 * the value of a secret is "(secret)". With
 * --json: member "facts", an object. */
void ctl_facts_print(struct ctl *c, struct edge_slice snap, bool exact);

#endif
