/* Two connections whose bytes change sides unread: WC 4.3-4.5. */
#include "webconf-edge/pair.h"

#include <stddef.h>

enum { FLUSH_MS = 60000 /* ours: what a cut end has still to take [ms] */ };

static enum wce_side other(enum wce_side s)
{
	return s == WCE_CLIENT ? WCE_MCU : WCE_CLIENT;
}

static void stall(struct wce_flow *f, bool is_held, uint64_t now_ms)
{
	if (is_held && !f->stalled_since_ms) {
		f->stalled_since_ms = now_ms;
	} else if (!is_held && f->stalled_since_ms) {
		f->stall_ms += now_ms - f->stalled_since_ms;
		f->stalled_since_ms = 0;
	}
}

/* A direction that is held up still has been so until now. */
static void over(struct wce_pair *p, enum wce_side culprit,
		 enum edge_conn_why why, uint64_t now_ms)
{
	p->state = WCE_PAIR_OVER;
	p->culprit = culprit;
	p->why = why;
	for (int side = 0; side < WCE_SIDES; side++) {
		stall(&p->from[side], false, now_ms);
		p->end[side] = NULL;
	}
}

/* WC 4.4.1-4.4.2: all bytes have been passed on, now their end. */
static void pass_end(struct wce_pair *p, enum wce_side side, uint64_t now_ms)
{
	struct wce_flow *f = &p->from[side];
	struct edge_conn *to = p->end[other(side)];

	if (f->is_truncated) { /* stays visible */
		edge_conn_cut_after_flush(to, FLUSH_MS);
		edge_conn_close(p->end[side]);
		over(p, side, EDGE_CONN_WHY_TRUNCATED, now_ms);
		return;
	}
	f->is_shut = true;
	edge_conn_shut(to);
	p->state = WCE_PAIR_HALF;
}

/* Both have ended: what is queued still goes out. */
static void finish(struct wce_pair *p, enum wce_side side, uint64_t now_ms)
{
	edge_conn_close_after_flush(p->end[WCE_CLIENT], FLUSH_MS);
	edge_conn_close_after_flush(p->end[WCE_MCU], FLUSH_MS);
	over(p, side, EDGE_CONN_WHY_EOF, now_ms);
}

static void reset(struct wce_pair *p, enum wce_side side, uint64_t now_ms)
{
	const enum edge_conn_why why = edge_conn_why(p->end[side]);

	edge_conn_abort(p->end[other(side)]);
	edge_conn_abort(p->end[side]);
	over(p, side, why, now_ms);
}

/* Move what side has sent, as far as the other end's queue has room; a full
 * queue stops the reading of this side alone. */
static void move(struct wce_pair *p, enum wce_side side, uint64_t now_ms)
{
	struct edge_conn *from = p->end[side], *to = p->end[other(side)];
	struct wce_flow *f = &p->from[side];
	bool is_held;

	f->bytes += edge_conn_forward(from, to);
	is_held = edge_conn_buffered(from) || edge_conn_above_high_water(to);
	if (edge_conn_buffered(from) && !edge_conn_queued(to)) {
		reset(p, side, now_ms); /* no memory: nothing would drain */
		return;
	}
	if (is_held)
		edge_conn_pause(from);
	stall(f, is_held, now_ms);
	if (!f->has_ended || f->is_shut || edge_conn_buffered(from))
		return;
	pass_end(p, side, now_ms);
	if (p->state == WCE_PAIR_HALF && p->from[other(side)].is_shut)
		finish(p, side, now_ms);
}

void wce_pair_start(struct wce_pair *p, struct edge_conn *client,
		    struct edge_conn *mcu, uint64_t now_ms)
{
	*p = (struct wce_pair){.end = {client, mcu}};
	edge_conn_resume(client);
	edge_conn_resume(mcu);
	move(p, WCE_CLIENT, now_ms);
	move(p, WCE_MCU, now_ms);
}

static void on_data(struct wce_pair *p, enum wce_side side, uint64_t now_ms)
{
	move(p, side, now_ms);
}

static void on_drained(struct wce_pair *p, enum wce_side side, uint64_t now_ms)
{
	edge_conn_resume(p->end[other(side)]);
	move(p, other(side), now_ms);
}

static void on_eof(struct wce_pair *p, enum wce_side side, uint64_t now_ms)
{
	p->from[side].has_ended = true;
	move(p, side, now_ms);
}

/* WC 4.4.2: an end without close_notify passes its bytes; 4.4.3: a reset
 * passes nothing. */
static void on_failed(struct wce_pair *p, enum wce_side side, uint64_t now_ms)
{
	if (edge_conn_why(p->end[side]) != EDGE_CONN_WHY_TRUNCATED) {
		reset(p, side, now_ms);
		return;
	}
	p->from[side].has_ended = true;
	p->from[side].is_truncated = true;
	move(p, side, now_ms);
}

static void on_timeout(struct wce_pair *p, enum wce_side side, uint64_t now_ms)
{
	reset(p, side, now_ms);
}

static void on_nothing(struct wce_pair *p, enum wce_side side, uint64_t now_ms)
{
	(void)p;
	(void)side;
	(void)now_ms;
}

typedef void pair_step(struct wce_pair *p, enum wce_side side, uint64_t now_ms);

void wce_pair_event(struct wce_pair *p, enum wce_side side,
		    enum edge_conn_event ev, uint64_t now_ms)
{
	static pair_step *const steps[] = {
		[EDGE_CONN_SECURED] = on_nothing,
		[EDGE_CONN_DATA] = on_data,
		[EDGE_CONN_DRAINED] = on_drained,
		[EDGE_CONN_EOF] = on_eof,
		[EDGE_CONN_TIMEOUT] = on_timeout,
		[EDGE_CONN_FAILED] = on_failed,
	};

	if (p->state != WCE_PAIR_OVER)
		steps[ev](p, side, now_ms);
}

void wce_pair_abort(struct wce_pair *p, uint64_t now_ms)
{
	if (p->state == WCE_PAIR_OVER)
		return;
	edge_conn_abort(p->end[WCE_CLIENT]);
	edge_conn_abort(p->end[WCE_MCU]);
	over(p, p->culprit, EDGE_CONN_WHY_OURS, now_ms);
}

uint64_t wce_pair_bytes(const struct wce_pair *p)
{
	return p->from[WCE_CLIENT].bytes + p->from[WCE_MCU].bytes;
}
