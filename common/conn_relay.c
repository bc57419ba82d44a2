/* Buffered TLS connection, what a relay needs: one's input is the other's
 * output, and a connection that moves to another loop. */
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

enum edge_err edge_conn_detach(struct edge_conn *c)
{
	if (c->state != CONN_OPEN || c->is_ending || c->is_blocked ||
	    edge_conn_queued(c) || c->task.queued || c->is_telling)
		return EDGE_ESTATE;
	edge_wheel_stop(&c->deadline);
	edge_loop_unwatch(c->loop, c->stream.fd);
	c->watched = 0;
	c->loop = NULL;
	c->state = CONN_DETACHED;
	return EDGE_OK;
}

enum edge_err edge_conn_attach(struct edge_conn *c, struct edge_loop *loop,
			       edge_conn_fn *fn, void *arg)
{
	const bool was_paused = c->is_paused;

	if (c->state != CONN_DETACHED)
		return EDGE_ESTATE;
	c->loop = loop;
	c->state = CONN_OPEN;
	c->is_paused = false; /* it must fit now, not when it is resumed */
	edge_conn_flow_watch(c);
	c->is_paused = was_paused;
	if (!c->watched) {
		c->loop = NULL;
		c->state = CONN_DETACHED;
		return EDGE_ELIMIT;
	}
	c->fn = fn;
	c->arg = arg;
	c->retell = true;
	edge_loop_defer(loop, &c->task);
	return EDGE_OK;
}
