/* One client outside, from accept() to its last log line: WC 4.1. */
#include "webconf-edge/client.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/crypto.h"
#include "common/log.h"
#include "common/loop.h"
#include "webconf-edge/client_leg.h"
#include "webconf-edge/client_tell.h"

enum {
	OPENING_MAX = PSOM_HEADER_LEN + PSOM_BODY_MAX,
	PIPELINED_MAX = 16 * 1024, /* WC 4.1.1: before S6 [bytes] */
};

typedef enum wce_client_state client_step(struct wce_client *c);

static struct wce_client *of_timer(struct edge_timer *t)
{
	return (void *)((char *)t - offsetof(struct wce_client, timer));
}

/* -- the end ------------------------------------------------------------ */

static void leave_preauth(struct wce_client *c)
{
	if (!c->is_preauth)
		return;
	c->is_preauth = false;
	atomic_fetch_sub(&c->shard->shared->preauth, 1);
	edge_admit_secured(c->shard->shared->admit, &c->from);
}

static void client_free(void *thing)
{
	struct wce_client *c = thing;

	edge_wipe(&c->token, sizeof(c->token));
	free(c);
}

/* What the end costs others: its seat, its slot, its place in the table. */
void wce_client_forget(struct wce_client *c)
{
	struct wce_shared *shared = c->shard->shared;
	const bool was_preauth = c->is_preauth;

	edge_wheel_stop(&c->timer);
	if (was_preauth)
		atomic_fetch_sub(&shared->preauth, 1);
	if (!c->at.secured) {
		atomic_fetch_sub(&shared->handshakes, 1);
		TAILQ_REMOVE(&c->shard->shaking, c, in_line);
	}
	if (c->at.paired)
		atomic_fetch_sub(&shared->paired, 1);
	if (c->is_throttled)
		atomic_fetch_sub(&shared->throttled, 1);
	atomic_fetch_sub(&shared->clients, 1);
	edge_admit_leave(shared->admit, &c->from, !was_preauth);
	wce_shard_post(c->shard, c->done); /* NULL: the desk knows it not */
	c->done = NULL;
	edge_handles_drop(c->shard->clients, c->handle);
	c->state = WCE_CLIENT_CLOSED;
	edge_loop_defer_free(c->shard->loop, c, client_free);
}

/* The answer of the profile, when there is one and the client can read it. */
static void refuse(struct wce_client *c, enum wce_reason why)
{
	uint8_t bytes[WCE_ANSWER_MAX];
	size_t len =
		c->profile ? c->profile->reject(bytes, sizeof(bytes), why) : 0;

	if (!len || edge_conn_write(c->conn, edge_slice(bytes, len))) {
		edge_conn_close(c->conn);
		return;
	}
	edge_conn_close_after_flush(
		c->conn, (uint32_t)wce_client_limit(c, WCE_LIMIT_REJECT_MS));
}

void wce_client_end(struct wce_client *c, enum wce_reason why)
{
	if (c->state == WCE_CLIENT_CLOSED)
		return;
	if (c->at.paired)
		wce_pair_abort(&c->pair, wce_client_now(c));
	wce_client_tell_end(c, why);
	if (!c->at.paired) {
		refuse(c, why);
		edge_conn_close(c->leg);
	}
	c->conn = NULL;
	c->leg = NULL;
	wce_client_forget(c);
}

static enum wce_client_state end(struct wce_client *c, enum wce_reason why)
{
	wce_client_end(c, why);
	return WCE_CLIENT_CLOSED;
}

/* -- the opening: S2 and S3 --------------------------------------------- */

static void on_late_opening(struct edge_timer *t, uint64_t now_ms)
{
	(void)now_ms;
	wce_client_end(of_timer(t), WCE_REASON_SLOW);
}

static void note_sni(struct wce_client *c)
{
	const char *name = edge_conn_tls_server_name(c->conn);

	edge_log_escape(c->sni, sizeof(c->sni),
			edge_slice_str(*name ? name : "-"));
}

static enum wce_client_state on_secured(struct wce_client *c)
{
	const uint64_t by =
		wce_client_now(c) + wce_client_limit(c, WCE_LIMIT_OPENING_MS);
	const uint64_t at_last =
		c->at.accepted +
		wce_client_limit(c, WCE_LIMIT_OPENING_TOTAL_MS);

	c->at.secured = wce_client_now(c);
	snprintf(c->tls_text, sizeof(c->tls_text), "%s/%s",
		 edge_conn_tls_version(c->conn), edge_conn_tls_suite(c->conn));
	note_sni(c);
	c->profile =
		wce_profile_find((struct edge_slice){0}); /* until it speaks */
	atomic_fetch_sub(&c->shard->shared->handshakes, 1);
	TAILQ_REMOVE(&c->shard->shaking, c, in_line);
	wce_shard_count(c->shard,
			wce_stats_handshake(c->at.secured - c->at.accepted), 1);
	wce_client_arm(c, by < at_last ? by : at_last, on_late_opening);
	return WCE_CLIENT_OPENING;
}

/* What will tell the desk of the end is made now: then there may be no memory
 * for it. */
static bool ask_desk(struct wce_client *c, const struct wce_opening *o)
{
	struct wce_mail *m = wce_mail_new(WCE_MAIL_ASK, c->handle);

	c->done = wce_mail_new(WCE_MAIL_DONE, c->handle);
	if (!m || !c->done ||
	    !edge_slice_copy(c->mcu, sizeof(c->mcu), o->mcu)) {
		wce_mail_free(m);
		wce_mail_free(c->done);
		c->done = NULL;
		return false;
	}
	memcpy(m->ask.mcu, c->mcu, sizeof(m->ask.mcu));
	memcpy(m->ask.conference, c->token.conference,
	       sizeof(m->ask.conference));
	memcpy(m->ask.nonce, c->token.nonce, sizeof(m->ask.nonce));
	m->ask.expires_s = c->token.expires_s;
	m->ask.source = edge_addr_source(&c->from);
	wce_shard_post(c->shard, m);
	return true;
}

static enum wce_reason check_token(struct wce_client *c,
				   const struct wce_opening *o)
{
	const struct psom_token_rule rule = {
		.skew_s = (uint32_t)wce_client_limit(c, WCE_LIMIT_TOKEN_SKEW_S),
		.life_s = (uint32_t)wce_client_limit(c, WCE_LIMIT_TOKEN_LIFE_S),
	};

	return c->profile->token_check(&c->token, o, c->shard->keys, &rule,
				       (uint64_t)time(NULL));
}

static enum wce_reason judge(struct wce_client *c)
{
	const struct edge_slice in = edge_conn_input(c->conn);
	struct wce_opening o;
	enum wce_reason why;

	c->profile = wce_profile_find(in);
	if (!c->profile)
		return WCE_REASON_NOT_OURS;
	why = c->profile->opening_parse(&o, in);
	if (why == WCE_REASON_OK)
		why = check_token(c, &o);
	if (why != WCE_REASON_OK)
		return why;
	if (c->shard->is_draining)
		return WCE_REASON_EDGE_DRAINING;
	c->at.opened = wce_client_now(c);
	c->opening_len = o.used;
	c->is_verbatim = o.forward_verbatim;
	leave_preauth(c);
	return ask_desk(c, &o) ? WCE_REASON_OK : WCE_REASON_EDGE_FULL;
}

static void hold_pipelined(struct wce_client *c)
{
	if (edge_conn_buffered(c->conn) >= c->opening_len + PIPELINED_MAX)
		edge_conn_pause(c->conn);
}

static enum wce_client_state on_opening(struct wce_client *c)
{
	const enum wce_reason why = judge(c);

	if (why == WCE_REASON_MORE)
		return c->state;
	if (why != WCE_REASON_OK)
		return end(c, why);
	wce_client_await_leg(c);
	hold_pipelined(c);
	return WCE_CLIENT_WAITING;
}

static enum wce_client_state on_early(struct wce_client *c)
{
	hold_pipelined(c);
	return c->state;
}

static enum wce_client_state on_lost(struct wce_client *c)
{
	if (c->state != WCE_CLIENT_TLS)
		return end(c, WCE_REASON_CLIENT_GONE);
	return end(c, edge_conn_why(c->conn) == EDGE_CONN_WHY_HANDSHAKE_TIME
			      ? WCE_REASON_TLS_SLOW
			      : WCE_REASON_TLS_FAILED);
}

static enum wce_client_state on_nothing(struct wce_client *c)
{
	return c->state;
}

static client_step
	*const steps[WCE_CLIENT_ASSIGNING + 1][EDGE_CONN_FAILED + 1] = {
		/* clang-format off */
	/*                         SECURED     DATA        DRAINED     EOF      TIMEOUT  FAILED */
	[WCE_CLIENT_TLS]       = {on_secured, on_nothing, on_nothing, on_lost, on_lost, on_lost},
	[WCE_CLIENT_OPENING]   = {on_nothing, on_opening, on_nothing, on_lost, on_lost, on_lost},
	[WCE_CLIENT_WAITING]   = {on_nothing, on_early,   on_nothing, on_lost, on_lost, on_lost},
	[WCE_CLIENT_ASSIGNING] = {on_nothing, on_early,   on_nothing, on_lost, on_lost, on_lost},
		/* clang-format on */
};

static void on_event(struct edge_conn *conn, enum edge_conn_event ev, void *arg)
{
	struct wce_client *c = arg;

	(void)conn;
	if (c->at.paired)
		wce_client_relayed(c, WCE_CLIENT, ev);
	else if (c->state <= WCE_CLIENT_ASSIGNING)
		c->state = steps[c->state][ev](c);
}

/* -- the beginning ------------------------------------------------------ */

static enum edge_err open_conn(struct wce_client *c, int fd)
{
	struct edge_conn_plan p =
		wce_conn_plan(c->shard->shared, c->shard->loop);

	p.in_cap = OPENING_MAX + PIPELINED_MAX; /* more once it is paired */
	p.sockets = &c->shard->shared->sockets;
	p.tls = c->shard->tls;
	p.fn = on_event;
	p.arg = c;
	return edge_conn_accept(&c->conn, &p, fd);
}

enum edge_err wce_client_accept(struct wce_shard *s, int fd,
				const struct edge_addr *from)
{
	struct wce_client *c = calloc(1, sizeof(*c));
	enum edge_err err = EDGE_ENOMEM;

	if (!c)
		goto out;
	c->shard = s;
	c->from = *from;
	c->at.accepted = edge_loop_now_ms(s->loop);
	edge_random(c->session, sizeof(c->session));
	err = edge_handles_put(s->clients, c, &c->handle);
	if (err)
		goto out;
	err = open_conn(c, fd);
	if (err)
		goto out;
	c->is_preauth = true;
	atomic_fetch_add(&s->shared->clients, 1);
	atomic_fetch_add(&s->shared->preauth, 1);
	atomic_fetch_add(&s->shared->handshakes, 1);
	TAILQ_INSERT_TAIL(&s->shaking, c, in_line);
	return EDGE_OK;
out:
	close(fd);
	edge_admit_leave(s->shared->admit, from, false);
	if (c && c->handle)
		edge_handles_drop(s->clients, c->handle);
	free(c);
	return err;
}

uint64_t wce_client_now(const struct wce_client *c)
{
	return edge_loop_now_ms(c->shard->loop);
}

uint64_t wce_client_limit(const struct wce_client *c, enum wce_limit which)
{
	return wce_limit(c->shard->shared, which);
}

void wce_client_arm(struct wce_client *c, uint64_t due_ms,
		    void (*fn)(struct edge_timer *t, uint64_t now_ms))
{
	edge_wheel_start(edge_loop_wheel(c->shard->loop), &c->timer, due_ms,
			 fn);
}

struct visit {
	void (*fn)(struct wce_client *c, void *arg);
	void *arg;
};

static void visit(void *thing, void *arg)
{
	const struct visit *v = arg;

	v->fn(thing, v->arg);
}

void wce_client_each(struct wce_shard *s,
		     void (*fn)(struct wce_client *c, void *arg), void *arg)
{
	struct visit v = {fn, arg};

	edge_handles_each(s->clients, visit, &v);
}
