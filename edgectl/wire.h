/* A SIP connection over TLS for a tool: send, then wait for the answer. */
#ifndef EDGECTL_WIRE_H
#define EDGECTL_WIRE_H

#include <stddef.h>
#include <stdint.h>

#include "common/addr.h"
#include "common/err.h"
#include "common/sip/msg.h"
#include "common/slice.h"
#include "edgectl/line.h"

struct ctl_wire; /* has the loop of its thread: one at a time */

/** Connected, and the other end is who it should be. why gets words. */
EDGE_MUST_CHECK enum edge_err ctl_wire_open(struct ctl_wire **out,
					    const struct ctl_wire_plan *p,
					    char *why, size_t why_cap);
void ctl_wire_close(struct ctl_wire *w); /* NULL is fine */
EDGE_MUST_CHECK enum edge_err ctl_wire_send(struct ctl_wire *w,
					    struct edge_slice bytes);
/** The next message; valid until the next call. EDGE_ETIMEOUT, EDGE_ECLOSED,
 * EDGE_EFORMAT: what came is not SIP. */
EDGE_MUST_CHECK enum edge_err ctl_wire_receive(struct ctl_wire *w,
					       const struct edge_sip_msg **out);
const struct edge_addr *ctl_wire_local(const struct ctl_wire *w);
/** For people: the TLS version and suite in use. */
const char *ctl_wire_tls(const struct ctl_wire *w);

#endif
