/* Buffered TLS connection, how its owner ends it: at once, in order, abruptly,
 * or one side only. */
#include <errno.h>
#include <stddef.h>
#include <sys/socket.h>

#include "common/conn_flow.h"
#include "common/sock.h"

enum { FIN_MS = 5000 /* ours: all is written, the other end may close [ms] */ };

void edge_conn_close(struct edge_conn *c)
{
	if (!c || c->state == CONN_CLOSED)
		return;
	if (c->state == CONN_DETACHED ||
	    (edge_conn_flow_is_secured(c) && edge_conn_flow_write(c) &&
	     !c->is_blocked && !c->is_shut))
		edge_tls_stream_goodbye(&c->stream);
	edge_conn_flow_finish(c);
}

void edge_conn_abort(struct edge_conn *c)
{
	if (!c || c->state == CONN_CLOSED)
		return;
	if (c->stream.fd >= 0)
		edge_sock_set_abrupt(c->stream.fd);
	edge_conn_flow_finish(c);
}

void edge_conn_shut(struct edge_conn *c)
{
	if (!edge_conn_flow_takes(c))
		return;
	c->is_ending = true;
	if (!c->is_blocked && edge_conn_flow_is_secured(c))
		edge_loop_defer(c->loop, &c->task);
}

static void on_linger_over(struct edge_timer *t, uint64_t now_ms)
{
	(void)now_ms;
	edge_conn_flow_finish(edge_conn_flow_of(t));
}

static void on_loop_over(struct edge_leaver *v)
{
	edge_conn_flow_finish(
		(void *)((char *)v - offsetof(struct edge_conn, leaver)));
}

static void linger(struct edge_conn *c, uint32_t ms)
{
	c->state = CONN_LINGER;
	c->is_ending = true;
	edge_bytes_fini(&c->in);
	edge_bytes_fini(&c->held);
	c->leaver.fn = on_loop_over;
	edge_loop_join(c->loop, &c->leaver);
	edge_conn_flow_deadline(c, ms ? ms : 1, on_linger_over);
	edge_loop_defer(c->loop, &c->task);
}

void edge_conn_close_after_flush(struct edge_conn *c, uint32_t ms)
{
	if (edge_conn_flow_is_secured(c))
		linger(c, ms);
	else
		edge_conn_close(c);
}

void edge_conn_cut_after_flush(struct edge_conn *c, uint32_t ms)
{
	c->is_cut = true;
	if (edge_conn_flow_is_secured(c))
		linger(c, ms);
	else
		edge_conn_flow_finish(c);
}

/* Write the rest, say goodbye, then wait until the other end has read it: a
 * close with unread input would reset the connection under our last words. Who
 * has closed its own side before still reads. */
void edge_conn_flow_linger(struct edge_conn *c, unsigned ready)
{
	size_t cap;
	uint8_t *scratch = edge_loop_scratch(c->loop, &cap);
	const uint64_t now = edge_loop_now_ms(c->loop);
	bool was_shut;

	if (ready & EDGE_LOOP_READ) {
		ssize_t n = recv(c->stream.fd, scratch, cap, 0);

		c->is_deaf = !n;
		if (n < 0 && errno != EAGAIN && errno != EINTR) {
			edge_conn_flow_finish(c);
			return;
		}
	}
	was_shut = c->is_shut;
	if ((!was_shut && !edge_conn_flow_write(c)) ||
	    (c->is_shut && c->is_deaf)) {
		edge_conn_flow_finish(c);
		return;
	}
	if (c->is_shut && !was_shut && c->deadline.due_ms > now + FIN_MS)
		edge_conn_flow_deadline(c, FIN_MS, on_linger_over);
	edge_conn_flow_watch(c);
}
