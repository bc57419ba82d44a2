/* The closed list of reasons. */
#ifndef WEBCONF_EDGE_REASON_H
#define WEBCONF_EDGE_REASON_H

enum wce_reason {
#define WCE_REASON(id, label, code, retry_s, text, detail) WCE_REASON_##id,
#include "webconf-edge/wce_reason.def"
#undef WCE_REASON
	WCE_REASONS
};

const char *wce_reason_name(enum wce_reason r);	  /* "bad_mac": a counter's */
unsigned wce_reason_code(enum wce_reason r);	  /* 401; 0: say nothing */
unsigned wce_reason_retry_s(enum wce_reason r);	  /* 5 */
const char *wce_reason_text(enum wce_reason r);	  /* what the peer may read */
const char *wce_reason_detail(enum wce_reason r); /* "BAD_MAC": the log's */

#endif
