/* Certificates of a laboratory's own authority, for other verbs too. */
#ifndef EDGECTL_CERT_LAB_H
#define EDGECTL_CERT_LAB_H

#include "edgectl/cert_names.h"
#include "edgectl/ctl.h"

/** Wants lab = yes; else reported. The authority is made when its folder has
 * none. is_now as in cert_assign.h. */
enum ctl_exit ctl_cert_lab_issue(struct ctl *c, enum edge_cert_use use,
				 const char *folder, bool is_now);

#endif
