/* OPTIONS of our own to a next-hop member on an idle connection; AE 2.9. */
#ifndef ACCESS_EDGE_PROBE_H
#define ACCESS_EDGE_PROBE_H

#include "access-edge/link.h"

void acc_probe_send(struct acc_link *l, const char *member);

#endif
