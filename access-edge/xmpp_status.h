/* What the admin endpoint shows of the XMPP proxy. */
#ifndef ACCESS_EDGE_XMPP_STATUS_H
#define ACCESS_EDGE_XMPP_STATUS_H

#include "access-edge/xmpp_core.h"
#include "access-edge/xmpp_service.h"
#include "access-edge/xmpp_sockets.h"

enum { ACC_XMPP_STATUS_STREAMS = 200 /* ours: told one by one */ };

const struct acc_xmpp_core *acc_xmpp_core_of(const struct acc_xmpp *x);
bool acc_xmpp_has_door(const struct acc_xmpp *x, enum acc_xmpp_door d);

#endif
