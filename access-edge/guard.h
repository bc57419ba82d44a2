/* PURE: validity by role, loops and hops; AE 2.3 beyond the grammar. */
#ifndef ACCESS_EDGE_GUARD_H
#define ACCESS_EDGE_GUARD_H

#include "common/sip/msg.h"
#include "access-edge/reason.h"
#include "access-edge/source.h"
#include "access-edge/view.h"

struct acc_guard_verdict {
	enum acc_reason reason;
	char unsupported[256]; /* EXTENSION: tags for the Unsupported header */
};

/** A parsed request of that source: From tag, top Via transport, first-hop
 * rule, Max-Forwards, loop, Proxy-Require. hash is acc_guard_loop_hash(). */
void acc_guard_request(struct acc_guard_verdict *out, const struct acc_view *v,
		       const struct edge_sip_msg *m,
		       const struct acc_source *from, uint64_t hash);

/** Keyed per pool: (side it came from, Request-URI, From and To tag, Call-ID,
 * CSeq number, Route, Proxy-Require), AE 9.2 16.3.4. The side: what a user
 * sends to a partner comes in and leaves by the same edge, with nothing
 * changed. */
uint64_t acc_guard_loop_hash(const struct acc_view *v,
			     const struct edge_sip_msg *m,
			     const struct acc_source *from);

/** The Vias of a request, or of the response to it without the first skip
 * ones: the same sum when the response leads back the same way (RFC 3261
 * 8.2.6.2). */
uint64_t acc_guard_via_sum(const uint8_t key[16], const struct edge_sip_msg *m,
			   size_t skip);

#endif
