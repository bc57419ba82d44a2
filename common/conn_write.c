/* Buffered TLS connection, what goes out: the queue, its last words, and a
 * reader too slow. */
#include <sys/socket.h>

#include "common/conn_flow.h"

bool edge_conn_flow_takes(const struct edge_conn *c)
{
	return edge_conn_flow_is_live(c) && !c->is_ending && !c->is_starting;
}

void edge_conn_flow_queued(struct edge_conn *c)
{
	if (edge_conn_above_high_water(c))
		c->was_high = true;
	if (!c->is_blocked && edge_conn_flow_is_secured(c))
		edge_loop_defer(c->loop, &c->task);
}

bool edge_conn_flow_write(struct edge_conn *c)
{
	size_t cap;
	uint8_t *scratch = edge_loop_out_scratch(c->loop, &cap);
	enum edge_tls_step step =
		edge_tls_stream_write(&c->stream, &c->out, scratch, cap);

	if (step == EDGE_TLS_DONE && c->is_ending && !c->is_shut) {
		if (!c->is_cut)
			step = edge_tls_stream_goodbye(&c->stream);
		if (step == EDGE_TLS_DONE) {
			c->is_shut = true;
			shutdown(c->stream.fd, SHUT_WR);
		}
	}
	c->is_blocked = step == EDGE_TLS_WANT_WRITE;
	return step != EDGE_TLS_BROKEN;
}

bool edge_conn_flow_has_to_write(const struct edge_conn *c)
{
	return edge_conn_queued(c) || (c->is_ending && !c->is_shut);
}

static void on_stall(struct edge_timer *t, uint64_t now_ms);

void edge_conn_flow_flush(struct edge_conn *c)
{
	const size_t before = edge_conn_queued(c);
	size_t left;

	if (!edge_conn_flow_write(c)) {
		edge_conn_flow_detail_tls(c);
		edge_conn_flow_fail(c, EDGE_CONN_WHY_RESET);
		return;
	}
	left = edge_conn_queued(c);
	if (!c->is_blocked)
		edge_wheel_stop(&c->deadline);
	else if (left != before || !edge_timer_running(&c->deadline))
		edge_conn_flow_deadline(c, c->stall_ms, on_stall);
	edge_conn_flow_watch(c);
	if (c->was_high && left <= c->low_water) {
		c->was_high = false;
		edge_conn_flow_tell(c, EDGE_CONN_DRAINED);
	}
}

static void on_stall(struct edge_timer *t, uint64_t now_ms)
{
	struct edge_conn *c = edge_conn_flow_of(t);

	(void)now_ms;
	edge_conn_flow_detail(c, "%zu bytes unwritten", edge_conn_queued(c));
	edge_conn_flow_fail(c, EDGE_CONN_WHY_STALLED);
}

void edge_conn_flow_wait_to_answer(struct edge_conn *c)
{
	c->is_blocked = true;
	if (!edge_timer_running(&c->deadline))
		edge_conn_flow_deadline(c, c->stall_ms, on_stall);
	edge_conn_flow_watch(c);
}
