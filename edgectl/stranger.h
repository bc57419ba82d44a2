/* Somebody on the Internet. */
#ifndef EDGECTL_STRANGER_H
#define EDGECTL_STRANGER_H

#include "common/addr.h"

/** An address that every host should have a way to, and that no list of what
 * cannot be on the Internet holds; port 0. Only thought of: no packet goes
 * there. */
struct edge_addr ctl_stranger(uint8_t family);

#endif
