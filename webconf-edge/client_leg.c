/* A client and its data leg: waiting, asking, paired; WC 4.1 S4 to S7. */
#include "webconf-edge/client_leg.h"

#include <stddef.h>

#include "common/crypto.h"
#include "common/loop.h"
#include "webconf-edge/client_tell.h"
#include "webconf-edge/psom_assign.h"

enum {
	LOOK_MS = 1000, /* ours: progress is looked at so often */
	LEGS = 2,	/* WC 4.1 S5: one is tried again */
};

static struct wce_client *of_timer(struct edge_timer *t)
{
	return (void *)((char *)t - offsetof(struct wce_client, timer));
}

static void on_late_pair(struct edge_timer *t, uint64_t now_ms)
{
	(void)now_ms;
	wce_client_end(of_timer(t), WCE_REASON_PAIR_TIMEOUT);
}

void wce_client_await_leg(struct wce_client *c)
{
	wce_client_arm(
		c, wce_client_now(c) + wce_client_limit(c, WCE_LIMIT_PAIR_MS),
		on_late_pair);
}

/* -- the data leg: S5 --------------------------------------------------- */

/* Once more with another leg, then no more: WC 4.1. */
static void try_again(struct wce_client *c)
{
	struct wce_mail *m = wce_mail_new(WCE_MAIL_AGAIN, c->handle);

	edge_conn_close(c->leg);
	c->leg = NULL;
	if (!m || c->legs_tried >= LEGS) {
		wce_mail_free(m);
		wce_client_end(c, WCE_REASON_ASSIGN_TIMEOUT);
		return;
	}
	wce_shard_post(c->shard, m);
	wce_shard_count(c->shard, WCE_STAT_ASSIGN_RETRIED, 1);
	c->state = WCE_CLIENT_WAITING;
	wce_client_await_leg(c);
}

static void on_late_assign(struct edge_timer *t, uint64_t now_ms)
{
	(void)now_ms;
	try_again(of_timer(t));
}

static void on_progress_look(struct edge_timer *t, uint64_t now_ms);

static void pair_up(struct wce_client *c)
{
	uint8_t bytes[WCE_ANSWER_MAX];
	const size_t len = c->profile->accept(bytes, sizeof(bytes), c->session);

	if (!len || edge_conn_write(c->conn, edge_slice(bytes, len))) {
		wce_client_end(c, WCE_REASON_CLIENT_GONE);
		return;
	}
	c->at.paired = wce_client_now(c);
	atomic_fetch_add(&c->shard->shared->paired, 1);
	wce_client_tell_paired(c);
	if (!c->is_verbatim)
		edge_conn_consume(c->conn, c->opening_len);
	edge_conn_set_in_cap(
		c->conn,
		wce_conn_plan(c->shard->shared, c->shard->loop).in_cap);
	c->state = WCE_CLIENT_RELAY;
	c->progress_ms = c->at.paired;
	edge_wheel_stop(&c->timer);
	if (wce_client_limit(c, WCE_LIMIT_IDLE_S))
		wce_client_arm(c, c->at.paired + LOOK_MS, on_progress_look);
	wce_pair_start(&c->pair, c->conn, c->leg, c->at.paired);
}

static void on_answer(struct wce_client *c)
{
	size_t used;
	const enum psom_assign_answer answer =
		c->profile->answer(&used, edge_conn_input(c->leg), c->session);

	switch (answer) {
	case PSOM_ASSIGN_MORE:
		return;
	case PSOM_ASSIGN_TAKEN:
		edge_conn_consume(c->leg, used);
		pair_up(c);
		return;
	case PSOM_ASSIGN_DENIED:
		wce_client_end(c, WCE_REASON_MCU_REFUSED);
		return;
	case PSOM_ASSIGN_REFUSED:
		wce_client_end(c, WCE_REASON_ASSIGN_REFUSED);
		return;
	case PSOM_ASSIGN_BROKEN:
		try_again(c);
		return;
	}
}

/* -- both: S6 and S7 ---------------------------------------------------- */

static enum wce_reason reason_of(enum edge_conn_why why)
{
	static const enum wce_reason reasons[] = {
		[EDGE_CONN_WHY_EOF] = WCE_REASON_EOF,
		[EDGE_CONN_WHY_TRUNCATED] = WCE_REASON_TRUNCATED,
		[EDGE_CONN_WHY_RESET] = WCE_REASON_RESET,
		[EDGE_CONN_WHY_STALLED] = WCE_REASON_STALL,
	};

	return (size_t)why < sizeof(reasons) / sizeof(*reasons) && reasons[why]
		       ? reasons[why]
		       : WCE_REASON_RESET;
}

static void on_progress_look(struct edge_timer *t, uint64_t now_ms)
{
	struct wce_client *c = of_timer(t);
	const uint64_t bytes = wce_pair_bytes(&c->pair);
	const uint64_t quiet_ms =
		c->state == WCE_CLIENT_HALF
			? wce_client_limit(c, WCE_LIMIT_HALF_IDLE_MS)
			: wce_client_limit(c, WCE_LIMIT_IDLE_S) * 1000;

	if (bytes != c->progress_bytes) {
		c->progress_bytes = bytes;
		c->progress_ms = now_ms;
	}
	if (quiet_ms && now_ms - c->progress_ms >= quiet_ms)
		wce_client_end(c, c->state == WCE_CLIENT_HALF
					  ? WCE_REASON_HALF_SLOW
					  : WCE_REASON_IDLE);
	else if (c->state == WCE_CLIENT_HALF &&
		 now_ms - c->half_ms >=
			 wce_client_limit(c, WCE_LIMIT_HALF_TOTAL_MS))
		wce_client_end(c, WCE_REASON_HALF_SLOW);
	else
		wce_client_arm(c, now_ms + LOOK_MS, on_progress_look);
}

/* WC 4.10: data legs that cannot keep up are a health indicator. */
static void look_at_throttling(struct wce_client *c)
{
	struct wce_shared *shared = c->shard->shared;
	const bool is = c->pair.from[WCE_CLIENT].stalled_since_ms != 0;

	if (is == c->is_throttled)
		return;
	c->is_throttled = is;
	if (is) {
		atomic_fetch_add(&shared->throttled, 1);
		wce_shard_count(c->shard, WCE_STAT_SERVER_THROTTLED, 1);
	} else {
		atomic_fetch_sub(&shared->throttled, 1);
	}
}

void wce_client_relayed(struct wce_client *c, enum wce_side side,
			enum edge_conn_event ev)
{
	wce_pair_event(&c->pair, side, ev, wce_client_now(c));
	look_at_throttling(c);
	if (c->pair.state == WCE_PAIR_OVER) {
		wce_client_tell_end(c, reason_of(c->pair.why));
		wce_client_forget(c);
	} else if (c->pair.state == WCE_PAIR_HALF &&
		   c->state == WCE_CLIENT_RELAY) {
		c->state = WCE_CLIENT_HALF;
		c->half_ms = c->progress_ms = wce_client_now(c);
		c->progress_bytes = wce_pair_bytes(&c->pair);
		wce_client_arm(c, c->half_ms + LOOK_MS, on_progress_look);
	}
}

static void on_leg_event(struct edge_conn *leg, enum edge_conn_event ev,
			 void *arg)
{
	struct wce_client *c = arg;

	(void)leg;
	if (c->at.paired)
		wce_client_relayed(c, WCE_MCU, ev);
	else if (ev == EDGE_CONN_DATA)
		on_answer(c);
	else if (ev != EDGE_CONN_DRAINED)
		try_again(c);
}

/* -- from the desk ------------------------------------------------------ */

/* The opening is parsed again rather than kept: it is in the input still. */
static bool ask_mcu(struct wce_client *c)
{
	uint8_t bytes[PSOM_HEADER_LEN + PSOM_BODY_MAX];
	struct psom_assign a = {
		.session = c->session,
		.nonce = c->token.nonce,
		.client = &c->from,
		.tls = psom_tls_number(edge_conn_tls_version(c->conn)),
	};
	struct wce_opening o;
	struct edge_slice ask;
	bool is_sent;

	if (c->profile->opening_parse(&o, edge_conn_input(c->conn)) !=
	    WCE_REASON_OK)
		return false;
	a.conference = o.conference;
	a.inner = o.inner;
	ask = c->profile->ask(bytes, sizeof(bytes), &a);
	is_sent =
		edge_slice_len(ask) && edge_conn_write(c->leg, ask) == EDGE_OK;
	edge_wipe(bytes, sizeof(bytes));
	return is_sent;
}

static void take_leg(struct wce_client *c, struct wce_mail *m)
{
	c->legs_tried++;
	if (edge_conn_attach(m->leg, c->shard->loop, on_leg_event, c)) {
		try_again(c); /* that leg is freed with the mail */
		return;
	}
	c->leg = m->leg;
	m->leg = NULL;
	c->at.assigned = wce_client_now(c);
	c->leg_port = edge_conn_remote(c->leg)->port;
	c->state = WCE_CLIENT_ASSIGNING;
	wce_client_arm(
		c, c->at.assigned + wce_client_limit(c, WCE_LIMIT_ASSIGN_MS),
		on_late_assign);
	if (!ask_mcu(c))
		try_again(c);
}

void wce_client_mail(struct wce_shard *s, struct wce_mail *m)
{
	struct wce_client *c = edge_handles_find(s->clients, m->client);

	if (!c || c->state != WCE_CLIENT_WAITING)
		return;
	if (m->kind == WCE_MAIL_LEG)
		take_leg(c, m);
	else
		wce_client_end(c, m->reason);
}
