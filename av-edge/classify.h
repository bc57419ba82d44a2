/* First bytes tell what is spoken; AV 1.2. */
#ifndef AV_EDGE_CLASSIFY_H
#define AV_EDGE_CLASSIFY_H

#include <stdbool.h>

#include "common/slice.h"

enum ave_kind {
	AVE_KIND_OTHER,	      /* payload, or nothing that we know */
	AVE_KIND_MST,	      /* MS-TURN control: whatever else it may be */
	AVE_KIND_CHANNEL,     /* ChannelData by its two top bits */
	AVE_KIND_RFC,	      /* RFC 8489 STUN */
	AVE_KIND_MULTIPLEXED, /* AV 1.19 */
};

/** Rules 1, 3, 4 and 5 for a datagram; rule 2 needs the allocation. */
enum ave_kind ave_classify(struct edge_slice datagram);
bool ave_is_rfc(struct edge_slice in); /* rule 4 */

enum ave_opening {
	AVE_OPENING_SHORT, /* more bytes are needed */
	AVE_OPENING_PSEUDO_TLS,
	AVE_OPENING_TLS,
	AVE_OPENING_MST, /* frames without pseudo-TLS */
	AVE_OPENING_RFC,
	AVE_OPENING_BAD, /* close */
};

enum ave_opening ave_classify_stream(struct edge_slice first);

#endif
