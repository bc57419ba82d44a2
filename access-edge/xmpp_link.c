/* One XMPP connection: bytes to items, deadlines, holding back, its end. */
#include "access-edge/xmpp_link.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "access-edge/limits.h"
#include "access-edge/xmpp_say.h"
#include "access-edge/xmpp_tell.h"
#include "access-edge/xmpp_xml.h"
#include "common/log.h"
#include "common/sock.h"

enum {
	IN_CAP = 32768,	   /* ours: all of it is parsed at once [bytes] */
	EARLY_LEN = 10000, /* RFC 6120 13.12, before it is ready [bytes] */
	SAY_LEN = 16384,   /* ours: what we say at once [bytes] */
	GOODBYE_MS = 2000, /* ours: to take our last words [ms] */
	ID_LEN = 16	   /* AE 6.3 step 3 [bytes] */
};

uint32_t acc_xmpp_limit(const struct acc_xmpp_core *c, unsigned which)
{
	return (uint32_t)atomic_load_explicit(&c->limits[which],
					      memory_order_relaxed);
}

uint64_t acc_xmpp_now(const struct acc_xmpp_core *c)
{
	return edge_loop_now_ms(c->loop);
}

void acc_xmpp_count(struct acc_xmpp_core *c, size_t stat)
{
	edge_stats_add(c->stats, c->stats_shard, stat, 1);
}

struct acc_xmpp_link *acc_xmpp_link_find(const struct acc_xmpp_core *c,
					 edge_handle id)
{
	return id ? edge_handles_find(c->links, id) : NULL;
}

struct acc_xmpp_link *acc_xmpp_link_of_deadline(struct edge_timer *t)
{
	return (void *)((char *)t - offsetof(struct acc_xmpp_link, deadline));
}

static void start(struct acc_xmpp_link *l, struct edge_timer *t, uint64_t ms,
		  void (*fn)(struct edge_timer *t, uint64_t now_ms))
{
	edge_wheel_start(edge_loop_wheel(l->core->loop), t,
			 acc_xmpp_now(l->core) + ms, fn);
}

/* -- its end ------------------------------------------------------------ */

static void stop_timers(struct acc_xmpp_link *l)
{
	edge_wheel_stop(&l->deadline);
	edge_wheel_stop(&l->beat);
	edge_wheel_stop(&l->rate);
}

static void release_waiter(void *thing, void *arg)
{
	struct acc_xmpp_link *l = thing;
	const edge_handle *full = arg;

	if (l->waits_for != *full)
		return;
	l->waits_for = 0;
	acc_xmpp_link_release(l, ACC_XMPP_HOLD_QUEUE);
}

static void release_waiters(struct acc_xmpp_link *full)
{
	if (!full->is_waited_for)
		return;
	full->is_waited_for = false;
	edge_handles_each(full->core->links, release_waiter, &full->id);
}

static void free_link(void *thing)
{
	struct acc_xmpp_link *l = thing;

	acc_xmpp_xml_free(l->xml);
	free(l);
}

/* The connection is closed or handed over already. */
static void finish(struct acc_xmpp_link *l, enum acc_xmpp_reason r)
{
	struct acc_xmpp_core *c = l->core;

	l->is_over = true;
	l->conn = NULL;
	stop_timers(l);
	acc_xmpp_tell_end(l, r);
	l->role->over(l, r);
	release_waiters(l);
	edge_handles_drop(c->links, l->id);
	if (l->kind != ACC_XMPP_LINK_GATEWAY)
		c->streams--;
	edge_loop_defer_free(c->loop, l, free_link);
}

/* A stream error wants a header before it (RFC 6120 4.9.1.2). */
static void say_end(struct acc_xmpp_link *l, enum acc_xmpp_reason r)
{
	char buf[1024];
	struct edge_put w = edge_put(buf, sizeof(buf));

	if (!l->has_spoken && l->kind != ACC_XMPP_LINK_IN &&
	    l->kind != ACC_XMPP_LINK_GATEWAY)
		return;
	if (!l->has_spoken)
		acc_xmpp_link_say_header(l, true, true);
	acc_xmpp_put_end(&w, r);
	if (l->conn)
		acc_xmpp_link_offer(l, edge_put_done(&w));
}

void acc_xmpp_link_end(struct acc_xmpp_link *l, enum acc_xmpp_reason r)
{
	if (l->is_over)
		return;
	l->is_over = true;
	if (l->conn) {
		say_end(l, r);
		edge_conn_close_after_flush(l->conn, GOODBYE_MS);
	}
	finish(l, r);
}

void acc_xmpp_link_error(struct acc_xmpp_link *l, const struct acc_xmpp_item *i)
{
	static const char *const orderly[] = {"system-shutdown",
					      "connection-timeout", "reset"};
	const char *name = i->part_count ? i->parts[0].name : "";
	enum acc_xmpp_reason r = ACC_XMPP_R_REMOTE_ERROR;

	edge_log_escape(l->detail, sizeof(l->detail), edge_slice_str(name));
	for (size_t n = 0; n < sizeof(orderly) / sizeof(*orderly); n++)
		if (l->is_ready && strcmp(name, orderly[n]) == 0)
			r = ACC_XMPP_R_REMOTE_CLOSED;
	acc_xmpp_link_end(l, r);
}

static enum acc_xmpp_reason reason_of(const struct acc_xmpp_link *l)
{
	switch (edge_conn_why(l->conn)) {
	case EDGE_CONN_WHY_CONNECT:
		return ACC_XMPP_R_REMOTE_CONNECT;
	case EDGE_CONN_WHY_TLS:
	case EDGE_CONN_WHY_HANDSHAKE_TIME:
		return ACC_XMPP_R_TLS_FAILED;
	case EDGE_CONN_WHY_STALLED:
	case EDGE_CONN_WHY_QUEUE:
		return ACC_XMPP_R_QUEUE;
	case EDGE_CONN_WHY_INPUT:
		return ACC_XMPP_R_INTERNAL;
	case EDGE_CONN_LIVE:
	case EDGE_CONN_WHY_EOF:
	case EDGE_CONN_WHY_TRUNCATED:
	case EDGE_CONN_WHY_RESET:
	case EDGE_CONN_WHY_OURS:
		break;
	}
	return ACC_XMPP_R_REMOTE_CLOSED;
}

static void lose(struct acc_xmpp_link *l)
{
	const enum acc_xmpp_reason r = reason_of(l);

	acc_xmpp_tell_lost(l);
	edge_conn_close(l->conn);
	l->conn = NULL;
	if (l->role->lost && l->role->lost(l, r))
		return;
	if (!l->is_over)
		finish(l, r);
}

/* -- what comes in ------------------------------------------------------ */

static void on_rate(struct edge_timer *t, uint64_t now_ms)
{
	struct acc_xmpp_link *l =
		(void *)((char *)t - offsetof(struct acc_xmpp_link, rate));

	(void)now_ms;
	acc_xmpp_link_release(l, ACC_XMPP_HOLD_RATE);
}

/* AE 6.4: so many elements a second; what is more waits in its sender. */
static bool is_too_fast(struct acc_xmpp_link *l)
{
	uint64_t ms;

	if (l->kind == ACC_XMPP_LINK_GATEWAY)
		return false;
	ms = edge_bucket_wait_ms(&l->bucket, acc_xmpp_now(l->core));
	if (!ms)
		return false;
	acc_xmpp_link_hold(l, ACC_XMPP_HOLD_RATE);
	start(l, &l->rate, ms, on_rate);
	return true;
}

static void take_item(struct acc_xmpp_link *l, const struct acc_xmpp_item *i)
{
	switch (i->kind) {
	case ACC_XMPP_FAULT:
		acc_xmpp_link_end(l, acc_xmpp_reason_of(i->fault));
		return;
	case ACC_XMPP_END:
		acc_xmpp_link_end(l, ACC_XMPP_R_REMOTE_CLOSED);
		return;
	case ACC_XMPP_ELEMENT:
		(void)edge_bucket_take(&l->bucket, acc_xmpp_now(l->core));
		l->role->item(l, i);
		return;
	case ACC_XMPP_HEADER:
		l->role->item(l, i);
		return;
	case ACC_XMPP_NOTHING:
		break;
	}
}

static void drive(struct acc_xmpp_link *l)
{
	while (!l->is_over && !l->held && !is_too_fast(l)) {
		const struct acc_xmpp_item *i = acc_xmpp_xml_next(l->xml);

		if (i->kind == ACC_XMPP_NOTHING)
			return;
		take_item(l, i);
	}
}

static void on_data(struct acc_xmpp_link *l)
{
	acc_xmpp_xml_feed(l->xml, edge_conn_input(l->conn));
	edge_conn_consume(l->conn, edge_conn_buffered(l->conn));
	drive(l);
}

static void on_pump(struct edge_task *t)
{
	struct acc_xmpp_link *l =
		(void *)((char *)t - offsetof(struct acc_xmpp_link, pump));

	if (l->is_over || l->held)
		return;
	drive(l);
	if (!l->is_over && !l->held && l->conn)
		edge_conn_resume(l->conn);
}

void acc_xmpp_link_hold(struct acc_xmpp_link *l, unsigned hold)
{
	l->held |= hold;
	if (l->conn)
		edge_conn_pause(l->conn);
}

void acc_xmpp_link_release(struct acc_xmpp_link *l, unsigned hold)
{
	if (!(l->held & hold) || l->is_over)
		return;
	l->held &= ~hold;
	if (!l->held)
		edge_loop_defer(l->core->loop, &l->pump);
}

void acc_xmpp_link_wait_for(struct acc_xmpp_link *l, struct acc_xmpp_link *full)
{
	full->is_waited_for = true;
	l->waits_for = full->id;
	acc_xmpp_link_hold(l, ACC_XMPP_HOLD_QUEUE);
}

static void on_conn(struct edge_conn *conn, enum edge_conn_event ev, void *arg)
{
	struct acc_xmpp_link *l = arg;

	(void)conn;
	switch (ev) {
	case EDGE_CONN_SECURED:
		l->role->opened(l);
		return;
	case EDGE_CONN_DATA:
		on_data(l);
		return;
	case EDGE_CONN_DRAINED:
		if (l->role->drained)
			l->role->drained(l);
		release_waiters(l);
		return;
	case EDGE_CONN_EOF:
	case EDGE_CONN_TIMEOUT:
	case EDGE_CONN_FAILED:
		lose(l);
		return;
	}
}

/* -- its beginning ------------------------------------------------------ */

enum edge_err acc_xmpp_link_init(struct acc_xmpp_link *l,
				 struct acc_xmpp_core *c,
				 const struct acc_xmpp_role *role,
				 enum acc_xmpp_kind_of_link kind)
{
	const struct acc_xmpp_xml_limits limits = {
		EARLY_LEN, (uint8_t)acc_xmpp_limit(c, ACC_LIMIT_XMPP_DEPTH)};
	enum edge_err err;

	l->core = c;
	l->role = role;
	l->kind = kind;
	l->pump.fn = on_pump;
	l->begun_ms = acc_xmpp_now(c);
	edge_bucket_init(&l->bucket, acc_xmpp_limit(c, ACC_LIMIT_XMPP_RATE),
			 acc_xmpp_limit(c, ACC_LIMIT_XMPP_BURST), l->begun_ms);
	err = acc_xmpp_xml_new(&l->xml, &limits);
	if (!err)
		err = edge_handles_put(c->links, l, &l->id);
	if (err) {
		acc_xmpp_xml_free(l->xml);
		l->xml = NULL;
		return err;
	}
	if (kind != ACC_XMPP_LINK_GATEWAY)
		c->streams++;
	return EDGE_OK;
}

void acc_xmpp_link_undo(struct acc_xmpp_link *l)
{
	struct acc_xmpp_core *c = l->core;

	l->is_over = true;
	stop_timers(l);
	edge_handles_drop(c->links, l->id);
	if (l->kind != ACC_XMPP_LINK_GATEWAY)
		c->streams--;
	edge_loop_defer_free(c->loop, l, free_link);
}

static struct edge_conn_plan plan_of(struct acc_xmpp_link *l,
				     struct edge_tls *tls)
{
	static const struct edge_sock_probing probing = {60, 20, 3, 60000};
	struct acc_xmpp_core *c = l->core;
	const uint32_t queue = acc_xmpp_limit(c, ACC_LIMIT_XMPP_OUT_QUEUE);

	return (struct edge_conn_plan){
		.loop = c->loop,
		.tls = tls,
		.policy = l->kind == ACC_XMPP_LINK_GATEWAY ? &c->gateway_policy
							   : &c->policy,
		.in_cap = IN_CAP,
		.out_cap = queue,
		.high_water = queue / 4,
		.low_water = queue / 16,
		.handshake_ms = acc_xmpp_limit(c, ACC_LIMIT_HANDSHAKE_MS),
		.stall_ms = acc_xmpp_limit(c, ACC_LIMIT_STALL_MS),
		.probing = &probing,
		.is_plain = !tls,
		.fn = on_conn,
		.arg = l,
	};
}

enum edge_err acc_xmpp_link_accept(struct acc_xmpp_link *l, int fd,
				   struct edge_tls *tls)
{
	const struct edge_conn_plan p = plan_of(l, tls);
	enum edge_err err = edge_conn_accept(&l->conn, &p, fd);

	if (err) {
		close(fd);
		return err;
	}
	l->remote = *edge_conn_remote(l->conn);
	return EDGE_OK;
}

enum edge_err acc_xmpp_link_dial(struct acc_xmpp_link *l,
				 const struct edge_addr *remote)
{
	struct edge_conn_plan p = plan_of(l, NULL);
	struct edge_addr local =
		l->core->topo->listen[TOPO_PORT_XMPP_OUTSIDE].addr;

	local.port = 0;
	l->remote = *remote;
	acc_xmpp_link_restart(l);
	if (l->is_over)
		return EDGE_ECLOSED;
	p.handshake_ms = acc_xmpp_limit(l->core, ACC_LIMIT_CONNECT_MS);
	return edge_conn_dial(&l->conn, &p, &local, l->core->device, remote,
			      NULL);
}

/* -- what goes out ------------------------------------------------------ */

enum edge_err acc_xmpp_link_write(struct acc_xmpp_link *l,
				  struct edge_slice bytes)
{
	return l->conn ? edge_conn_write(l->conn, bytes) : EDGE_ECLOSED;
}

void acc_xmpp_link_offer(struct acc_xmpp_link *l, struct edge_slice bytes)
{
	if (acc_xmpp_link_write(l, bytes) != EDGE_OK)
		return;
}

void acc_xmpp_link_say(struct acc_xmpp_link *l, const struct edge_put *w)
{
	const struct edge_slice s = edge_put_done(w);

	if (l->is_over)
		return;
	if (!edge_slice_len(s) || acc_xmpp_link_write(l, s) != EDGE_OK)
		acc_xmpp_link_end(l, ACC_XMPP_R_QUEUE);
}

void acc_xmpp_link_say_header(struct acc_xmpp_link *l, bool is_answer,
			      bool says_version)
{
	char buf[SAY_LEN], hex[2 * ID_LEN + 1];
	uint8_t id[ID_LEN];
	struct edge_put w = edge_put(buf, sizeof(buf));
	struct acc_xmpp_head h = {
		.from = l->own, .to = l->domain, .says_version = says_version};

	edge_random(id, sizeof(id));
	edge_hex(hex, edge_slice(id, sizeof(id)));
	if (is_answer)
		h.id = edge_slice_str(hex);
	memcpy(l->stream_id, hex, sizeof(hex));
	acc_xmpp_put_header(&w, &h);
	l->has_spoken = true;
	acc_xmpp_link_offer(l, edge_put_done(&w));
}

bool acc_xmpp_link_has_rest(const struct acc_xmpp_link *l)
{
	return acc_xmpp_xml_has_rest(l->xml);
}

void acc_xmpp_link_restart(struct acc_xmpp_link *l)
{
	l->has_spoken = false;
	if (acc_xmpp_xml_restart(l->xml) != EDGE_OK)
		acc_xmpp_link_end(l, ACC_XMPP_R_INTERNAL);
}

void acc_xmpp_link_start_tls(struct acc_xmpp_link *l, struct edge_tls *tls,
			     const char *server_name)
{
	enum edge_err err = EDGE_EDENIED;

	if (l->is_over)
		return;
	if (!acc_xmpp_xml_has_rest(l->xml))
		err = edge_conn_start_tls(l->conn, tls, server_name);
	if (err) {
		acc_xmpp_link_end(l, err == EDGE_EDENIED
					     ? ACC_XMPP_R_TLS_CLEAR_TEXT
					     : ACC_XMPP_R_INTERNAL);
		return;
	}
	acc_xmpp_link_restart(l);
}

/* -- time --------------------------------------------------------------- */

void acc_xmpp_link_expect(struct acc_xmpp_link *l, uint64_t ms,
			  void (*late)(struct edge_timer *t, uint64_t now_ms))
{
	start(l, &l->deadline, ms, late);
}

static void on_idle(struct edge_timer *t, uint64_t now_ms)
{
	(void)now_ms;
	acc_xmpp_link_end(acc_xmpp_link_of_deadline(t), ACC_XMPP_R_IDLE);
}

static void on_beat(struct edge_timer *t, uint64_t now_ms)
{
	struct acc_xmpp_link *l =
		(void *)((char *)t - offsetof(struct acc_xmpp_link, beat));

	(void)now_ms;
	if (l->conn && !edge_conn_queued(l->conn))
		acc_xmpp_link_offer(l, edge_slice_str(" "));
	start(l, &l->beat, l->beat_ms, on_beat);
}

void acc_xmpp_link_ready(struct acc_xmpp_link *l, uint64_t idle_ms,
			 uint64_t beat_ms)
{
	const struct acc_xmpp_core *c = l->core;

	acc_xmpp_xml_allow(l->xml, acc_xmpp_limit(c, ACC_LIMIT_XMPP_STANZA));
	l->idle_ms = idle_ms;
	l->beat_ms = beat_ms;
	l->is_ready = true;
	edge_wheel_stop(&l->deadline);
	acc_xmpp_link_touch(l);
	if (beat_ms)
		start(l, &l->beat, beat_ms, on_beat);
}

void acc_xmpp_link_touch(struct acc_xmpp_link *l)
{
	if (l->is_ready && l->idle_ms)
		start(l, &l->deadline, l->idle_ms, on_idle);
}
