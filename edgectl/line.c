/* Runs a loop until one of the connections it has brings something. */
#include "edgectl/line.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/conn.h"
#include "common/loop.h"
#include "common/tls.h"

static const char system_roots[] = "/etc/ssl/certs/ca-certificates.crt";

struct ctl_lines {
	struct edge_loop *loop;
	struct edge_timer timer;
	bool is_late;
};

struct ctl_line {
	struct ctl_lines *at;
	struct edge_tls *tls;
	struct edge_conn *conn;
	struct edge_peer_policy policy;
	size_t looked_at; /* bytes that had come when more was wanted */
	bool is_secured, is_ended;
	char cipher[96];
};

enum edge_err ctl_lines_new(struct ctl_lines **out)
{
	struct ctl_lines *l = calloc(1, sizeof(*l));
	enum edge_err err = l ? edge_loop_new(&l->loop) : EDGE_ENOMEM;

	if (err) {
		free(l);
		return err;
	}
	*out = l;
	return EDGE_OK;
}

void ctl_lines_free(struct ctl_lines *l)
{
	if (!l)
		return;
	edge_wheel_stop(&l->timer);
	edge_loop_free(l->loop);
	free(l);
}

static void on_time(struct edge_timer *t, uint64_t now_ms)
{
	struct ctl_lines *l =
		(struct ctl_lines *)(void *)((uint8_t *)t -
					     offsetof(struct ctl_lines, timer));

	(void)now_ms;
	l->is_late = true;
	edge_loop_stop(l->loop);
}

void ctl_lines_start_clock(struct ctl_lines *l, uint32_t ms)
{
	l->is_late = false;
	edge_wheel_start(edge_loop_wheel(l->loop), &l->timer,
			 edge_loop_now_ms(l->loop) + ms, on_time);
}

bool ctl_lines_turn(struct ctl_lines *l)
{
	return !l->is_late && !edge_loop_run(l->loop) && !l->is_late;
}

static void on_event(struct edge_conn *c, enum edge_conn_event ev, void *arg)
{
	struct ctl_line *l = arg;

	if (ev == EDGE_CONN_DATA && edge_conn_buffered(c) == l->looked_at)
		return; /* told again: what is wanted stands behind it */
	if (ev == EDGE_CONN_SECURED)
		l->is_secured = true;
	else if (ev == EDGE_CONN_DATA)
		edge_conn_pause(c); /* told again when more is wanted */
	else if (ev != EDGE_CONN_DRAINED)
		l->is_ended = true;
	edge_loop_stop(l->at->loop);
}

static enum edge_err judge(const struct ctl_line *l,
			   const struct ctl_wire_plan *p, char *why, size_t cap)
{
	const struct edge_peer *peer = edge_conn_peer(l->conn);

	if (!l->is_secured) {
		snprintf(why, cap, "%s%s%s",
			 l->is_ended ? edge_conn_why_str(edge_conn_why(l->conn))
				     : "no answer",
			 *edge_conn_detail(l->conn) ? ": " : "",
			 edge_conn_detail(l->conn));
		return l->is_ended ? EDGE_ECLOSED : EDGE_ETIMEOUT;
	}
	if (peer->fault == EDGE_PEER_FINE &&
	    (edge_peer_has_name(peer, p->name) ||
	     (p->other && edge_peer_has_name(peer, p->other))))
		return EDGE_OK;
	snprintf(why, cap, "its certificate: %s, wanted %s",
		 peer->fault == EDGE_PEER_FINE
			 ? edge_peer_fault_str(EDGE_PEER_NAME)
			 : edge_peer_fault_str(peer->fault),
		 p->name);
	return EDGE_EAUTH;
}

static enum edge_err dial(struct ctl_line *l, const struct ctl_wire_plan *p)
{
	const struct edge_conn_plan plan = {
		.loop = l->at->loop,
		.tls = l->tls,
		.policy = &l->policy,
		.in_cap = CTL_LINE_MAX,
		.out_cap = CTL_LINE_MAX,
		.high_water = CTL_LINE_MAX / 2,
		.low_water = CTL_LINE_MAX / 4,
		.handshake_ms = p->ms,
		.stall_ms = p->ms,
		.has_secrets = true,
		.fn = on_event,
		.arg = l,
	};

	return edge_conn_dial(&l->conn, &plan, &p->local, p->device, &p->server,
			      p->name);
}

static enum edge_err make_tls(struct ctl_line *l, const struct ctl_wire_plan *p,
			      char *why, size_t cap)
{
	const struct edge_tls_recipe r = {
		.chain = p->chain,
		.key = p->key,
		.trust = p->trust ? p->trust : system_roots,
		.ask = EDGE_TLS_ASK_REQUIRED,
		.is_client = true,
	};

	return edge_tls_new(&l->tls, &r, why, cap);
}

enum edge_err ctl_line_open(struct ctl_line **out, struct ctl_lines *at,
			    const struct ctl_wire_plan *p, char *why,
			    size_t why_cap)
{
	struct ctl_line *l = calloc(1, sizeof(*l));
	enum edge_err err = EDGE_ENOMEM;

	*why = '\0';
	if (!l)
		goto out;
	l->at = at;
	err = make_tls(l, p, why, why_cap);
	if (!err)
		err = dial(l, p);
	if (err)
		goto out;
	ctl_lines_start_clock(at, p->ms);
	while (!l->is_secured && !l->is_ended && ctl_lines_turn(at))
		;
	err = judge(l, p, why, why_cap);
	if (err)
		goto out;
	snprintf(l->cipher, sizeof(l->cipher), "%s %s",
		 edge_conn_tls_version(l->conn), edge_conn_tls_suite(l->conn));
	*out = l;
	l = NULL;
out:
	if (err && !*why)
		snprintf(why, why_cap, "%s", edge_err_str(err));
	ctl_line_close(l);
	return err;
}

void ctl_line_close(struct ctl_line *l)
{
	if (!l)
		return;
	edge_conn_close(l->conn);
	edge_tls_drop(l->tls);
	free(l);
}

enum edge_err ctl_line_write(struct ctl_line *l, struct edge_slice bytes)
{
	return edge_conn_write(l->conn, bytes);
}

size_t ctl_line_queued(const struct ctl_line *l)
{
	return edge_conn_queued(l->conn);
}

struct edge_slice ctl_line_input(const struct ctl_line *l)
{
	return edge_conn_input(l->conn);
}

void ctl_line_consume(struct ctl_line *l, size_t len)
{
	edge_conn_consume(l->conn, len);
}

void ctl_line_resume(struct ctl_line *l)
{
	l->looked_at = edge_conn_buffered(l->conn);
	edge_conn_resume(l->conn);
}

bool ctl_line_is_ended(const struct ctl_line *l)
{
	return l->is_ended;
}

const struct edge_addr *ctl_line_local(const struct ctl_line *l)
{
	return edge_conn_local(l->conn);
}

const char *ctl_line_tls(const struct ctl_line *l)
{
	return l->cipher;
}
