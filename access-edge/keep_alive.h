/* PURE: our answer to ms-keep-alive; AE 2.12. */
#ifndef ACCESS_EDGE_KEEP_ALIVE_H
#define ACCESS_EDGE_KEEP_ALIVE_H

#include "common/sip/edit.h"
#include "access-edge/view.h"

/** Does the sender want a CRLF for its CRLFCRLF: a REGISTER that supports
 * outbound, or a top Via with keep (RFC 5626, RFC 6223; AE 2.2). */
bool acc_keep_alive_pings(const struct edge_sip_msg *m);
/** Does a request ask for it: UAC with hop-hop=yes? */
bool acc_keep_alive_asked(const struct edge_sip_msg *m);
/** What is offered [s], 0: nothing: the option, within what the topology's
 * proxy settings allow. */
unsigned acc_keep_alive_s(const struct acc_view *v);
/** A response to a client: the home server's header is replaced, or on a 2xx
 * to who asked ours is put in; with keep-alive off both are left out. */
void acc_keep_alive_answer(struct edge_sip_edit *e, const struct acc_view *v,
			   const struct edge_sip_msg *m, bool asked);

#endif
