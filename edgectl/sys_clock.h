/* The clock of this host against others. */
#ifndef EDGECTL_SYS_CLOCK_H
#define EDGECTL_SYS_CLOCK_H

#include "edgectl/doctor.h"

/** Asks the servers of [network] ntp from outside; without them the kernel. */
void ctl_sys_clock(struct ctl_doctor *d);

#endif
