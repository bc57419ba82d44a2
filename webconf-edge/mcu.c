/* One Data MCU as the desk knows it: its registration, its parked legs, who
 * waits for one. */
#include "webconf-edge/mcu.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "common/conn.h"
#include "common/loop.h"
#include "webconf-edge/control.h"
#include "webconf-edge/events.h"
#include "webconf-edge/join.h"
#include "webconf-edge/want.h"

enum {
	PROMISE_MS = 1000,  /* ours: legs asked for are late after it [ms] */
	CODE_ORDERLY = 200, /* WC 4.6: BYE */
	CODE_NAME = 403,
};

struct wce_mcu *wce_mcu_find(struct wce_desk *d, struct edge_slice name)
{
	struct wce_mcu *m;

	LIST_FOREACH(m, &d->mcus, next)
	if (psom_name_eq(edge_slice_str(m->name), name))
		return m;
	return NULL;
}

/* At the end of the turn: a leg cannot leave the loop in its own event. */
static void on_serve(struct edge_task *t)
{
	struct wce_mcu *m =
		(void *)((char *)t - offsetof(struct wce_mcu, serve));

	if (!m->is_gone)
		wce_join_serve(m);
}

static struct wce_mcu *mcu_new(struct wce_desk *d, struct edge_slice name)
{
	struct wce_mcu *m = calloc(1, sizeof(*m));

	if (!m || !edge_slice_copy(m->name, sizeof(m->name), name)) {
		free(m);
		return NULL;
	}
	m->desk = d;
	m->serve.fn = on_serve;
	TAILQ_INIT(&m->parked);
	TAILQ_INIT(&m->waiting);
	LIST_INSERT_HEAD(&d->mcus, m, next);
	return m;
}

static void close_parked(struct wce_mcu *m)
{
	struct wce_inside *leg;

	while ((leg = TAILQ_FIRST(&m->parked)))
		wce_inside_close(leg);
}

static void free_when_unused(struct wce_mcu *m)
{
	if (!m->control && !m->seated && !edge_timer_running(&m->cut_timer))
		wce_mcu_free(m);
}

/* WC 5.6: the new one stands in for the old; what runs goes on. */
static void take_over(struct wce_mcu *m)
{
	struct wce_inside *old = m->control;

	m->control = NULL;
	old->mcu = NULL;
	m->desk->mcu_count--;
	close_parked(m);
	wce_desk_count(m->desk, WCE_STAT_TAKEN_OVER);
	wce_inside_tell(WCE_EV_MCU_TAKEOVER, old, m->name, "higher_generation");
	wce_control_bye(old, CODE_ORDERLY);
}

enum edge_err wce_mcu_register(struct wce_mcu **out, struct wce_inside *control,
			       const struct wce_registration *r)
{
	struct wce_desk *d = control->desk;
	struct wce_mcu *m = wce_mcu_find(d, r->name);

	if (m && m->control && r->generation <= m->generation)
		return EDGE_ESTATE;
	if (m && m->control)
		take_over(m);
	else if (d->mcu_count >= wce_desk_limit(d, WCE_LIMIT_CONTROLS))
		return EDGE_ELIMIT;
	if (!m)
		m = mcu_new(d, r->name);
	if (!m)
		return EDGE_ENOMEM;
	edge_wheel_stop(&m->cut_timer);
	memcpy(m->instance, r->instance, sizeof(m->instance));
	m->generation = r->generation;
	m->capacity = r->capacity;
	m->at_once = r->at_once;
	m->is_draining = false;
	m->wanted = 0;
	m->control = control;
	control->mcu = m;
	d->mcu_count++;
	wce_desk_count(d, WCE_STAT_REGISTERED);
	*out = m;
	return EDGE_OK;
}

void wce_mcu_lost(struct wce_mcu *m, const char *why)
{
	wce_inside_tell(WCE_EV_MCU_DOWN, m->control, m->name, why);
	m->control->mcu = NULL;
	m->control = NULL;
	m->desk->mcu_count--;
	edge_wheel_stop(&m->want_timer);
	wce_desk_count(m->desk, WCE_STAT_LOST);
	close_parked(m);
	wce_join_refuse_waiting(m, WCE_REASON_NOT_REGISTERED);
	free_when_unused(m);
}

/* -- legs --------------------------------------------------------------- */

void wce_mcu_parked(struct wce_mcu *m, struct wce_inside *leg)
{
	TAILQ_INSERT_TAIL(&m->parked, leg, in_line);
	m->parked_count++;
	m->desk->parked_count++;
	if (m->wanted)
		m->wanted--;
	wce_desk_count(m->desk, WCE_STAT_LEGS_PARKED);
	edge_loop_defer(m->desk->plan.loop, &m->serve);
}

void wce_mcu_unpark(struct wce_mcu *m, struct wce_inside *leg)
{
	TAILQ_REMOVE(&m->parked, leg, in_line);
	m->parked_count--;
	m->desk->parked_count--;
}

struct edge_conn *wce_mcu_take_leg(struct wce_mcu *m)
{
	struct wce_inside *leg;

	while ((leg = TAILQ_FIRST(&m->parked))) {
		struct edge_conn *conn = leg->conn;

		if (edge_conn_detach(conn)) {
			wce_desk_count(m->desk, WCE_STAT_LEGS_LOST);
			wce_inside_close(leg);
			continue;
		}
		leg->conn = NULL;
		wce_inside_close(leg);
		return conn;
	}
	return NULL;
}

static void on_want(struct edge_timer *t, uint64_t now_ms)
{
	struct wce_mcu *m =
		(void *)((char *)t - offsetof(struct wce_mcu, want_timer));

	(void)now_ms;
	wce_mcu_want(m);
}

static unsigned less(uint64_t a, uint64_t b)
{
	return a > b ? (unsigned)(a - b) : 0;
}

/* Each may park its low water, whatever the others hold. */
static unsigned room(const struct wce_mcu *m)
{
	const struct wce_desk *d = m->desk;
	const unsigned own = less(wce_desk_limit(d, WCE_LIMIT_PARKED_PER_MCU),
				  m->parked_count);
	const unsigned all =
		less(wce_desk_limit(d, WCE_LIMIT_PARKED), d->parked_count);
	const unsigned sure =
		less(wce_desk_limit(d, WCE_LIMIT_PARKED_LOW), m->parked_count);
	const unsigned most = all > sure ? all : sure;

	return own < most ? own : most;
}

bool wce_mcu_has_room(const struct wce_mcu *m)
{
	return m->waiting_count > m->parked_count || room(m);
}

/* WC 5.6 step 4: as many as the MCU is ready to open at once, or our own. */
static unsigned target(const struct wce_mcu *m)
{
	const uint64_t ours = wce_desk_limit(m->desk, WCE_LIMIT_PARKED_TARGET);

	return m->at_once < ours ? m->at_once : (unsigned)ours;
}

void wce_mcu_want(struct wce_mcu *m)
{
	struct wce_desk *d = m->desk;
	const uint64_t now = wce_desk_now(d);
	const uint64_t pause = wce_desk_limit(d, WCE_LIMIT_WANT_MS);
	struct wce_want w = {
		.target = target(m),
		.low = (unsigned)wce_desk_limit(d, WCE_LIMIT_PARKED_LOW),
		.parked = m->parked_count,
		.waiting = m->waiting_count,
		.room = room(m),
	};
	uint16_t count;

	if (!m->control || m->is_draining || d->is_draining)
		return;
	if (now - m->wanted_ms >= PROMISE_MS)
		m->wanted = 0;
	w.promised = m->wanted;
	count = wce_want_count(&w);
	if (m->wanted)
		edge_wheel_start(edge_loop_wheel(d->plan.loop), &m->want_timer,
				 m->wanted_ms + PROMISE_MS, on_want);
	if (!count)
		return;
	if (m->wanted_ms && now - m->wanted_ms < pause) {
		edge_wheel_start(edge_loop_wheel(d->plan.loop), &m->want_timer,
				 m->wanted_ms + pause, on_want);
		return;
	}
	m->wanted += count;
	m->wanted_ms = now;
	wce_desk_count(d, WCE_STAT_WANT_SENT);
	wce_control_want(m->control, count);
}

/* -- the end ------------------------------------------------------------ */

void wce_mcu_unseat(struct wce_mcu *m)
{
	m->seated--;
	free_when_unused(m);
}

/* WC 5.9: sessions have had their 30 s. */
static void on_cut_over(struct edge_timer *t, uint64_t now_ms)
{
	struct wce_mcu *m =
		(void *)((char *)t - offsetof(struct wce_mcu, cut_timer));
	struct wce_desk *d = m->desk;

	(void)now_ms;
	for (unsigned i = 0; i < d->plan.shared->shard_count; i++) {
		struct wce_mail *mail = wce_mail_new(WCE_MAIL_CUT, 0);

		if (mail)
			memcpy(mail->ask.mcu, m->name, sizeof(m->name));
		d->plan.post(d->plan.post_arg, i, mail);
	}
	free_when_unused(m);
}

void wce_mcu_cut(struct wce_mcu *m)
{
	struct wce_desk *d = m->desk;
	struct wce_inside *control = m->control;

	if (!edge_timer_running(&m->cut_timer)) /* a later one adds nothing */
		edge_wheel_start(edge_loop_wheel(d->plan.loop), &m->cut_timer,
				 wce_desk_now(d) +
					 wce_desk_limit(d, WCE_LIMIT_DRAIN_MS),
				 on_cut_over);
	if (!control)
		return;
	wce_inside_tell(WCE_EV_MCU_CUT, control, m->name, "topology");
	wce_mcu_lost(m, "no_longer_trusted");
	wce_control_bye(control, CODE_NAME);
}

void wce_mcu_spare(struct wce_mcu *m)
{
	if (!edge_timer_running(&m->cut_timer))
		return;
	edge_wheel_stop(&m->cut_timer);
	free_when_unused(m);
}

void wce_mcu_free(struct wce_mcu *m)
{
	close_parked(m);
	edge_wheel_stop(&m->want_timer);
	edge_wheel_stop(&m->cut_timer);
	LIST_REMOVE(m, next);
	m->is_gone = true;
	edge_loop_defer_free(m->desk->plan.loop, m, free);
}
