/* The parts of family DNS. */
#ifndef EDGECTL_DOCTOR_DNS_H
#define EDGECTL_DOCTOR_DNS_H

#include "edgectl/doctor.h"

/** HOSTS of the store: every name, every pool whole, nothing else. */
void ctl_dns_hosts(struct ctl_doctor *d);

#endif
