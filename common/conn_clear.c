/* Buffered connection that began in the clear and becomes a TLS one. */
#include "common/conn_flow.h"
#include "common/tls.h"

bool edge_conn_is_plain(const struct edge_conn *c)
{
	return c->is_plain;
}

enum edge_err edge_conn_start_tls(struct edge_conn *c, struct edge_tls *tls,
				  const char *server_name)
{
	enum edge_err err;

	if (!c->is_plain || c->state != CONN_OPEN || c->is_starting ||
	    c->is_ending)
		return EDGE_ESTATE;
	if (c->in.len || c->held.len || edge_slice_len(c->stream.rx))
		return EDGE_EDENIED;
	err = edge_tls_stream_ready(&c->stream, tls, c->is_client, server_name);
	if (err)
		return err;
	c->tls = edge_tls_hold(tls);
	c->is_starting = true;
	edge_conn_flow_watch(c);
	edge_loop_defer(c->loop, &c->task);
	return EDGE_OK;
}
