/* Buffered TLS connection that moves to another loop. */
#include "common/conn_flow.h"

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
