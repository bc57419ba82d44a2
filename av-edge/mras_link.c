/* One connection of A/V authentication: framing, deadlines, answers, end. */
#include "av-edge/mras_link.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/crypto.h"
#include "common/sock.h"

enum {
	LINK_EVENTS = EDGE_CONN_FAILED + 1,
	LINK_STATES = MRAS_LINK_CLOSING + 1,
	HEAD_LEN = 32768,     /* AE 2.2 [bytes] */
	FLUSH_MS = 2000,      /* ours: for the last answer [ms] */
	SKIPPED = 4,	      /* as AE 2.2: times the limit of a body */
	BODY_FREE_MS = 10000, /* AE 5: 1 KiB/s averaged over 10 s */
	BODY_BYTES_A_S = 1024,
};

static const struct edge_sip_frame_limits frame_limits = {
	.head_len = HEAD_LEN,
	.line_len = 16384, /* AE 2.2, as all of these */
	.lines = 200,
	.vias = 40,
	.record_routes = 20,
	.routes = 20,
	.body_len = MRAS_BODY_MAX,
};

/* AE 2.12 */
static const struct edge_sock_probing probing = {
	.idle_s = 60,
	.interval_s = 10,
	.count = 6,
};

typedef enum mras_link_state link_step(struct mras_link *l);

static uint64_t now_of(const struct mras_link *l)
{
	return edge_loop_now_ms(l->door->plan.loop);
}

/* -- end ---------------------------------------------------------------- */

static void end(struct mras_link *l, uint32_t flush_ms)
{
	struct mras_door *d = l->door;

	if (l->state == MRAS_LINK_CLOSING)
		return;
	l->state = MRAS_LINK_CLOSING;
	LIST_REMOVE(l, next);
	d->link_count--;
	edge_wheel_stop(&l->timer);
	edge_admit_leave(d->admit, &l->from, l->was_secured);
	mras_door_count(d, AVE_STAT_MRAS_CLOSED);
	if (flush_ms)
		edge_conn_close_after_flush(l->conn, flush_ms);
	else
		edge_conn_close(l->conn);
	l->conn = NULL;
	edge_loop_defer_free(d->plan.loop, l, free);
}

void mras_link_close(struct mras_link *l)
{
	end(l, 0);
}

static void finish(struct mras_link *l)
{
	end(l, FLUSH_MS);
}

/* -- deadlines ---------------------------------------------------------- */

/* Part of a message is there; how long for the rest of it? */
static uint64_t due_of_part(const struct mras_link *l)
{
	uint64_t most = mras_door_limit(l->door, AVE_LIMIT_MRAS_BODY_MS);
	uint64_t body = BODY_FREE_MS +
			1000 * (uint64_t)l->framer.body_len / BODY_BYTES_A_S;

	if (!l->framer.head_len && !l->skip)
		return l->part_ms +
		       mras_door_limit(l->door, AVE_LIMIT_MRAS_HEAD_MS);
	return l->part_ms + (l->skip || body > most ? most : body);
}

static void on_due(struct edge_timer *t, uint64_t now_ms)
{
	struct mras_link *l =
		(struct mras_link *)(void *)((char *)t -
					     offsetof(struct mras_link, timer));

	(void)now_ms;
	mras_link_tell_slow(l);
	mras_link_close(l);
}

/* Who is trusted may be silent for long; others are there to be told 403. */
static void arm(struct mras_link *l)
{
	uint64_t idle =
		l->heard_ms +
		mras_door_limit(l->door, l->is_known ? AVE_LIMIT_MRAS_IDLE_MS
						     : AVE_LIMIT_MRAS_HEAD_MS);
	uint64_t due = l->part_ms ? due_of_part(l) : idle;

	edge_wheel_start(edge_loop_wheel(l->door->plan.loop), &l->timer,
			 due < idle ? due : idle, on_due);
}

/* -- answers ------------------------------------------------------------ */

static int64_t wall_of(const struct mras_door *d)
{
	return d->plan.wall_s ? d->plan.wall_s() : (int64_t)time(NULL);
}

/* There is always room: no request is read while there is not. */
static void send_bytes(struct mras_link *l, struct edge_slice bytes)
{
	if (edge_conn_write(l->conn, bytes) != EDGE_OK) {
		mras_link_close(l);
		return;
	}
	if (!edge_conn_above_high_water(l->conn))
		return;
	l->is_paused = true;
	l->part_ms = 0;
	edge_conn_pause(l->conn);
}

/* Strangers, who get a 403, use up nothing of what servers may ask. */
static bool is_busy(const struct mras_link *l)
{
	struct mras_door *d = l->door;

	return d->is_draining ||
	       (mras_is_trusted(d->view.topo, edge_conn_peer(l->conn)) &&
		!edge_bucket_take(&d->requests, now_of(l)));
}

/* The message is in door->msg. */
static void answer(struct mras_link *l, bool is_cut, bool is_too_big)
{
	struct mras_door *d = l->door;
	struct mras_answer a;
	struct mras_case c = {
		.topo = d->view.topo,
		.ring = &d->ring,
		.now_s = wall_of(d),
		.peer = edge_conn_peer(l->conn),
		.from = l->from,
		.is_busy = is_busy(l),
		.is_cut = is_cut,
		.is_too_big = is_too_big,
		.random = edge_random,
	};

	memcpy(c.key, d->key, sizeof(c.key));
	if (mras_answer(&a, d->mras, &c, &d->msg) != EDGE_OK) {
		mras_link_close(l);
		return;
	}
	if (!a.status && !is_cut && !d->msg.fault)
		return; /* an ACK, a response */
	mras_link_tell_answer(l, &a);
	if (a.status)
		send_bytes(l, a.bytes);
	mras_forget(d->mras);
	if (l->state == MRAS_LINK_OPEN &&
	    (a.status == 403 || d->msg.fault || d->is_draining))
		finish(l);
}

/* -- input -------------------------------------------------------------- */

static void pass_over(struct mras_link *l)
{
	size_t len = edge_slice_len(edge_conn_input(l->conn));

	if (len > l->skip)
		len = l->skip;
	edge_conn_consume(l->conn, len);
	l->skip -= len;
	if (!l->skip)
		l->part_ms = 0;
}

static void keep_alive_heard(struct mras_link *l,
			     const struct edge_sip_frame *f)
{
	if (f->skipped)
		mras_door_count(l->door, AVE_STAT_MRAS_KEEP_ALIVES);
	if (f->double_crlf) /* RFC 5626 4.4.1 */
		send_bytes(l, edge_slice_str("\r\n"));
}

/* What can be read of the head is enough for an answer, or none goes. */
static void refuse_frame(struct mras_link *l, const struct edge_sip_frame *f)
{
	struct mras_door *d = l->door;
	const bool is_body = f->fault == EDGE_SIP_FRAME_BODY;

	(void)!edge_sip_msg_parse(&d->msg, d->arena, f->msg,
				  edge_slice_len(f->msg));
	answer(l, !is_body, is_body);
	if (l->state != MRAS_LINK_OPEN)
		return;
	if (!is_body || f->skip_body > (uint64_t)SKIPPED * MRAS_BODY_MAX)
		finish(l);
	else
		l->skip = f->skip_body;
}

static void take_message(struct mras_link *l, const struct edge_sip_frame *f)
{
	struct mras_door *d = l->door;
	enum edge_err err =
		edge_sip_msg_parse(&d->msg, d->arena, f->msg, f->head_len);

	if (err && err != EDGE_EFORMAT)
		mras_link_close(l);
	else
		answer(l, false, false);
}

/* false: wait for more, or the link is closing */
static bool handle_one(struct mras_link *l)
{
	struct edge_sip_frame f = {0};
	enum edge_err err;

	if (l->skip)
		pass_over(l);
	if (l->skip || !edge_slice_len(edge_conn_input(l->conn)))
		return false;
	err = edge_sip_frame_next(&l->framer, &frame_limits,
				  edge_conn_input(l->conn), &f);
	keep_alive_heard(l, &f);
	if (l->state != MRAS_LINK_OPEN)
		return false;
	if (err == EDGE_EAGAIN) {
		edge_conn_consume(l->conn, f.consumed);
		return false;
	}
	l->framer = (struct edge_sip_framer){0};
	l->part_ms = 0;
	if (err)
		refuse_frame(l, &f);
	else
		take_message(l, &f);
	if (l->state != MRAS_LINK_OPEN)
		return false;
	edge_conn_consume(l->conn, f.consumed);
	return true;
}

/* While draining: nothing is under way any more. */
static void leave_if_done(struct mras_link *l)
{
	if (l->state == MRAS_LINK_OPEN && l->door->is_draining &&
	    !l->is_paused && !l->part_ms &&
	    !edge_slice_len(edge_conn_input(l->conn)))
		finish(l);
}

static enum mras_link_state on_data(struct mras_link *l)
{
	if (l->is_known)
		l->heard_ms = now_of(l);
	while (!l->is_paused && handle_one(l))
		;
	if (l->state != MRAS_LINK_OPEN)
		return l->state;
	if (!l->is_paused && !l->part_ms &&
	    (l->skip || edge_slice_len(edge_conn_input(l->conn))))
		l->part_ms = now_of(l);
	arm(l);
	leave_if_done(l);
	return l->state;
}

static enum mras_link_state on_drained(struct mras_link *l)
{
	if (l->is_paused) {
		l->is_paused = false;
		edge_conn_resume(l->conn);
		leave_if_done(l);
	}
	return l->state;
}

/* -- who it is ---------------------------------------------------------- */

static enum mras_link_state on_secured(struct mras_link *l)
{
	struct mras_door *d = l->door;

	mras_door_count(d, AVE_STAT_MRAS_SECURED);
	l->was_secured = true;
	edge_admit_secured(d->admit, &l->from);
	l->heard_ms = now_of(l);
	l->is_known = mras_is_trusted(d->view.topo, edge_conn_peer(l->conn));
	if (l->is_known)
		edge_admit_know(d->admit, &l->from, l->heard_ms);
	else
		mras_link_tell_stranger(l);
	arm(l);
	return MRAS_LINK_OPEN;
}

static enum mras_link_state on_lost(struct mras_link *l)
{
	if (l->state == MRAS_LINK_TLS)
		mras_link_tell_failed(l);
	mras_link_close(l);
	return MRAS_LINK_CLOSING;
}

static enum mras_link_state on_nothing(struct mras_link *l)
{
	return l->state;
}

static link_step *const steps[LINK_STATES][LINK_EVENTS] = {
	/* clang-format off */
	/*                     SECURED     DATA        DRAINED     EOF         TIMEOUT     FAILED */
	[MRAS_LINK_TLS]     = {on_secured, on_nothing, on_nothing, on_lost,    on_lost,    on_lost},
	[MRAS_LINK_OPEN]    = {on_nothing, on_data,    on_drained, on_lost,    on_lost,    on_lost},
	[MRAS_LINK_CLOSING] = {on_nothing, on_nothing, on_nothing, on_nothing, on_nothing, on_nothing},
	/* clang-format on */
};

static void on_event(struct edge_conn *c, enum edge_conn_event ev, void *arg)
{
	struct mras_link *l = arg;

	(void)c;
	l->state = steps[l->state][ev](l);
}

void mras_link_retire(struct mras_link *l)
{
	if (l->state == MRAS_LINK_TLS)
		mras_link_close(l);
	else
		leave_if_done(l);
}

enum edge_err mras_link_accept(struct mras_door *d, int fd,
			       const struct edge_addr *from)
{
	struct mras_link *l = calloc(1, sizeof(*l));
	const uint32_t out = mras_door_limit(d, AVE_LIMIT_MRAS_OUT_QUEUE);
	const struct edge_conn_plan p = {
		.loop = d->plan.loop,
		.tls = d->view.tls,
		.policy = &d->policy,
		.in_cap = HEAD_LEN + MRAS_BODY_MAX + 4096,
		.out_cap = out,
		.high_water = out / 4, /* an answer has room above it */
		.low_water = out / 16,
		.handshake_ms = mras_door_limit(d, AVE_LIMIT_MRAS_HANDSHAKE_MS),
		.stall_ms = mras_door_limit(d, AVE_LIMIT_MRAS_STALL_MS),
		.probing = &probing,
		.has_secrets = true,
		.fn = on_event,
		.arg = l,
	};
	enum edge_err err;

	if (!l)
		return EDGE_ENOMEM;
	l->door = d;
	l->from = *from;
	err = edge_conn_accept(&l->conn, &p, fd);
	if (err) {
		free(l);
		return err;
	}
	LIST_INSERT_HEAD(&d->links, l, next);
	d->link_count++;
	mras_door_count(d, AVE_STAT_MRAS_ACCEPTED);
	return EDGE_OK;
}
