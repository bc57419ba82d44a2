/* The closed list of the XMPP proxy's refusals. */
#ifndef ACCESS_EDGE_XMPP_REASON_H
#define ACCESS_EDGE_XMPP_REASON_H

#include <stdbool.h>

#include "access-edge/xmpp_item.h"

enum acc_xmpp_reason {
#define XMPP_REASON(id, name, stream, stanza, wait, text) ACC_XMPP_R_##id,
#include "access-edge/xmpp_reason.def"
#undef XMPP_REASON
	ACC_XMPP_REASONS
};

const char *acc_xmpp_reason_name(enum acc_xmpp_reason r); /* "tls_wanted" */
const char *acc_xmpp_reason_text(enum acc_xmpp_reason r);
/** Stream error by its name in RFC 6120; "": the stream ends without one. */
const char *acc_xmpp_reason_stream(enum acc_xmpp_reason r);
/** Condition of a bounced stanza; never "". */
const char *acc_xmpp_reason_stanza(enum acc_xmpp_reason r);
/** type='wait' of a bounce, else 'cancel'. */
bool acc_xmpp_reason_is_wait(enum acc_xmpp_reason r);
/** What a fault of the reader is; never OK. */
enum acc_xmpp_reason acc_xmpp_reason_of(enum acc_xmpp_fault f);

#endif
