/* The text that clients and home servers sign (AE 8.3). */
#ifndef TESTS_UNIT_SIP_SIGNATURE_H
#define TESTS_UNIT_SIP_SIGNATURE_H

#include "common/sip/msg.h"

/** The 16 items in order, written to w; version 2 leaves some out. */
struct edge_slice sip_signature(const struct edge_sip_msg *m, struct edge_put w,
				bool is_v2);

#endif
