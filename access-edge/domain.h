/* PURE: which domains may talk through here; AE 2.8 and 3.1 switches. */
#ifndef ACCESS_EDGE_DOMAIN_H
#define ACCESS_EDGE_DOMAIN_H

#include "common/sip/msg.h"
#include "access-edge/reason.h"
#include "access-edge/source.h"
#include "access-edge/view.h"

/** A request that comes in. in_dialog: a To tag and a valid own Route token
 * (DESIGN 10). */
enum acc_reason acc_domain_check(const struct acc_view *v,
				 const struct edge_sip_msg *m,
				 const struct acc_source *from, bool in_dialog);

/** A request of the inside that would leave for a partner. */
enum acc_reason acc_domain_outbound(const struct acc_view *v,
				    const struct edge_sip_msg *m,
				    bool in_dialog);

#endif
