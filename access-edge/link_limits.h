/* What one connection may do, and until when; AE 2.2, 2.12, 5. */
#ifndef ACCESS_EDGE_LINK_LIMITS_H
#define ACCESS_EDGE_LINK_LIMITS_H

#include "access-edge/link.h"

void acc_link_limits_start(struct acc_link *l);
void acc_link_frame_limits(const struct acc_link *l,
			   struct edge_sip_frame_limits *out);
/** (Re)start the one timer for the nearest deadline. */
void acc_link_arm(struct acc_link *l);

#endif
