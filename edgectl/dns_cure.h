/* What mends a record of the public zone. PURE. */
#ifndef EDGECTL_DNS_CURE_H
#define EDGECTL_DNS_CURE_H

#include "edgectl/dns_judge.h"
#include "edgectl/finding.h"

/** For a verdict that is a finding about that record.
 * @param config  edge.ini */
void ctl_dns_cure(struct ctl_cure *k, const struct ctl_dns_want *w,
		  enum ctl_dns_verdict verdict, const char *config);

#endif
