/* PURE: which domains may talk through here; AE 2.8 and 3.1 switches. */
#ifndef ACCESS_EDGE_DOMAIN_H
#define ACCESS_EDGE_DOMAIN_H

#include "common/sip/msg.h"
#include "access-edge/partner.h"
#include "access-edge/view.h"

/** A request that comes in; the checks that were made are in out. in_dialog: a
 * To tag and a valid own Route token (DESIGN 10). Partners: partner.h. */
enum acc_reason acc_domain_check(struct acc_verdict *out,
				 const struct acc_view *v,
				 const struct edge_sip_msg *m,
				 const struct acc_source *from, bool in_dialog);

#endif
