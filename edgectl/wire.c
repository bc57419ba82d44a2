/* Runs a loop until the one connection it has brings a message. */
#include "edgectl/wire.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/conn.h"
#include "common/loop.h"
#include "common/sip/frame.h"
#include "common/tls.h"

enum {
	IN_MAX = 128 * 1024, /* ours: one message, nothing else comes */
	OUT_MAX = 128 * 1024,
};

static const char system_roots[] = "/etc/ssl/certs/ca-certificates.crt";

static const struct edge_sip_frame_limits limits = {
	.head_len = 32 * 1024,
	.line_len = 16 * 1024,
	.lines = EDGE_SIP_LINES,
	.vias = EDGE_SIP_LIST,
	.record_routes = EDGE_SIP_LIST,
	.routes = EDGE_SIP_LIST,
	.body_len = 64 * 1024,
};

struct ctl_wire {
	struct edge_loop *loop;
	struct edge_tls *tls;
	struct edge_conn *conn;
	struct edge_sip_arena *arena;
	struct edge_sip_framer framer;
	struct edge_peer_policy policy;
	struct edge_timer timer;
	struct edge_sip_msg msg;
	uint8_t *raw; /* of msg */
	uint32_t ms;
	bool is_secured, is_ended, is_late;
	char cipher[96];
};

static void on_event(struct edge_conn *c, enum edge_conn_event ev, void *arg)
{
	struct ctl_wire *w = arg;

	if (ev == EDGE_CONN_DRAINED)
		return;
	if (ev == EDGE_CONN_SECURED)
		w->is_secured = true;
	else if (ev == EDGE_CONN_DATA)
		edge_conn_pause(c); /* told again when the next is wanted */
	else
		w->is_ended = true;
	edge_loop_stop(w->loop);
}

static void on_time(struct edge_timer *t, uint64_t now_ms)
{
	struct ctl_wire *w =
		(struct ctl_wire *)(void *)((uint8_t *)t -
					    offsetof(struct ctl_wire, timer));

	(void)now_ms;
	w->is_late = true;
	edge_loop_stop(w->loop);
}

/* One turn or more; false when the time is over. */
static bool turn(struct ctl_wire *w)
{
	return !w->is_late && !edge_loop_run(w->loop) && !w->is_late;
}

static void start_clock(struct ctl_wire *w)
{
	w->is_late = false;
	edge_wheel_start(edge_loop_wheel(w->loop), &w->timer,
			 edge_loop_now_ms(w->loop) + w->ms, on_time);
}

static enum edge_err judge(const struct ctl_wire *w,
			   const struct ctl_wire_plan *p, char *why, size_t cap)
{
	const struct edge_peer *peer = edge_conn_peer(w->conn);

	if (!w->is_secured) {
		snprintf(why, cap, "%s%s%s",
			 w->is_ended ? edge_conn_why_str(edge_conn_why(w->conn))
				     : "no answer",
			 *edge_conn_detail(w->conn) ? ": " : "",
			 edge_conn_detail(w->conn));
		return w->is_ended ? EDGE_ECLOSED : EDGE_ETIMEOUT;
	}
	if (peer->fault == EDGE_PEER_FINE && edge_peer_has_name(peer, p->name))
		return EDGE_OK;
	snprintf(why, cap, "its certificate: %s, wanted %s",
		 peer->fault == EDGE_PEER_FINE
			 ? edge_peer_fault_str(EDGE_PEER_NAME)
			 : edge_peer_fault_str(peer->fault),
		 p->name);
	return EDGE_EAUTH;
}

static enum edge_err dial(struct ctl_wire *w, const struct ctl_wire_plan *p)
{
	static const struct edge_addr any;
	const struct edge_conn_plan plan = {
		.loop = w->loop,
		.tls = w->tls,
		.policy = &w->policy,
		.in_cap = IN_MAX,
		.out_cap = OUT_MAX,
		.high_water = OUT_MAX / 2,
		.low_water = OUT_MAX / 4,
		.handshake_ms = p->ms,
		.stall_ms = p->ms,
		.fn = on_event,
		.arg = w,
	};

	return edge_conn_dial(&w->conn, &plan, &any, NULL, &p->server, p->name);
}

static enum edge_err make_tls(struct ctl_wire *w, const struct ctl_wire_plan *p,
			      char *why, size_t cap)
{
	const struct edge_tls_recipe r = {
		.trust = p->trust ? p->trust : system_roots,
		.ask = EDGE_TLS_ASK_REQUIRED,
		.is_client = true,
	};

	return edge_tls_new(&w->tls, &r, why, cap);
}

enum edge_err ctl_wire_open(struct ctl_wire **out,
			    const struct ctl_wire_plan *p, char *why,
			    size_t why_cap)
{
	struct ctl_wire *w = calloc(1, sizeof(*w));
	enum edge_err err = EDGE_ENOMEM;

	if (!w)
		goto out;
	w->ms = p->ms;
	w->raw = malloc(IN_MAX);
	if (!w->raw)
		goto out;
	err = edge_sip_arena_new(&w->arena);
	if (!err)
		err = edge_loop_new(&w->loop);
	if (!err)
		err = make_tls(w, p, why, why_cap);
	if (!err)
		err = dial(w, p);
	if (err)
		goto out;
	start_clock(w);
	while (!w->is_secured && !w->is_ended && turn(w))
		;
	err = judge(w, p, why, why_cap);
	if (err)
		goto out;
	snprintf(w->cipher, sizeof(w->cipher), "%s %s",
		 edge_conn_tls_version(w->conn), edge_conn_tls_suite(w->conn));
	*out = w;
	w = NULL;
out:
	if (err && !*why)
		snprintf(why, why_cap, "%s", edge_err_str(err));
	ctl_wire_close(w);
	return err;
}

void ctl_wire_close(struct ctl_wire *w)
{
	if (!w)
		return;
	edge_wheel_stop(&w->timer);
	edge_conn_close(w->conn);
	edge_loop_free(w->loop);
	edge_tls_drop(w->tls);
	edge_sip_arena_free(w->arena);
	free(w->raw);
	free(w);
}

enum edge_err ctl_wire_send(struct ctl_wire *w, struct edge_slice bytes)
{
	return edge_conn_write(w->conn, bytes);
}

/* A whole message out of what has come; EDGE_EAGAIN: not yet. */
static enum edge_err cut(struct ctl_wire *w)
{
	struct edge_sip_frame f;
	struct edge_slice raw;
	enum edge_err err = edge_sip_frame_next(&w->framer, &limits,
						edge_conn_input(w->conn), &f);

	if (!err && edge_slice_len(f.msg) > IN_MAX)
		err = EDGE_ELIMIT;
	if (err) {
		edge_conn_consume(w->conn, err == EDGE_EAGAIN ? f.consumed : 0);
		return err;
	}
	raw = edge_slice(w->raw, edge_slice_len(f.msg));
	memcpy(w->raw, f.msg.p, edge_slice_len(f.msg));
	edge_conn_consume(w->conn, f.consumed);
	return edge_sip_msg_parse(&w->msg, w->arena, raw, f.head_len);
}

enum edge_err ctl_wire_receive(struct ctl_wire *w,
			       const struct edge_sip_msg **out)
{
	enum edge_err err;

	start_clock(w);
	while ((err = cut(w)) == EDGE_EAGAIN) {
		if (w->is_ended)
			return EDGE_ECLOSED;
		edge_conn_resume(w->conn);
		if (!turn(w))
			return EDGE_ETIMEOUT;
	}
	if (!err)
		*out = &w->msg;
	return err;
}

const struct edge_addr *ctl_wire_local(const struct ctl_wire *w)
{
	return edge_conn_local(w->conn);
}

const char *ctl_wire_tls(const struct ctl_wire *w)
{
	return w->cipher;
}
