/* The two sides of an edge. */
#ifndef EDGECTL_SIDE_H
#define EDGECTL_SIDE_H

enum ctl_net_side { CTL_OUTSIDE, CTL_INSIDE, CTL_SIDES };

#endif
