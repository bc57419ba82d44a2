/* The closed list of reasons. */
#ifndef AV_EDGE_REASON_H
#define AV_EDGE_REASON_H

enum ave_reason {
#define AVE_REASON(id, label, words) AVE_##id,
#include "av-edge/ave_reason.def"
#undef AVE_REASON
	AVE_REASONS
};

const char *ave_reason_label(enum ave_reason r); /* "stale_nonce" */
const char *ave_reason_str(enum ave_reason r);	 /* in words */

#endif
