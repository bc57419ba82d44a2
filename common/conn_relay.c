/* Buffered TLS connection, what a relay needs: one's input is the other's
 * output. */
#include "common/conn_flow.h"

/* Both are wiped or neither, and the memory is what the queue may hold. */
static bool change_places(struct edge_conn *from, struct edge_conn *to)
{
	return !to->out.len && from->in.cap <= to->out_cap &&
	       edge_bytes_swap(&from->in, &to->out);
}

size_t edge_conn_forward(struct edge_conn *from, struct edge_conn *to)
{
	struct edge_slice bytes = edge_bytes_slice(&from->in);
	size_t len = edge_slice_len(bytes), room;

	if (!edge_conn_flow_takes(to) || to->out.len >= to->out_cap)
		return 0;
	room = to->out_cap - to->out.len;
	if (len > room)
		len = room;
	if (!len)
		return 0;
	if (len < from->in.len || !change_places(from, to)) {
		bytes.end = bytes.p + len;
		if (edge_bytes_add(&to->out, bytes, to->out_cap))
			return 0;
		edge_bytes_take(&from->in, len);
	}
	edge_conn_flow_queued(to);
	return len;
}
