/* Send: never answered, whatever becomes of it; AV 1.14. */
#include "av-edge/mst_caller.h"

static enum ave_reason send_data(const struct mst_request *q)
{
	const struct mst_msg *m = q->msg;
	const struct edge_addr *peer = &m->v[MST_DESTINATION].addr;
	enum ave_reason why;

	if (!q->alloc)
		return AVE_NO_ALLOCATION;
	if (m->fault)
		return AVE_MALFORMED;
	why = mst_caller_owns(q);
	if (!why)
		why = mst_caller_may(q);
	if (why)
		return why;
	if (!mst_has(m, MST_DESTINATION) || !mst_has(m, MST_DATA))
		return AVE_MALFORMED;
	if (!peer->port) /* would mean the IP alone */
		return AVE_PEER_DENIED;
	/* no bytes: it opens the permission only */
	return ave_relay_send(q->relay, q->alloc, peer, m->v[MST_DATA].bytes);
}

void mst_send(const struct mst_request *q)
{
	enum ave_reason why = send_data(q);

	if (why)
		ave_relay_drop(q->relay, why);
}
