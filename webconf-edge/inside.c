/* One connection on 8057: what it is it says in its first frame; WC 5.6, 5.8.
 */
#include "webconf-edge/inside.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/conn.h"
#include "common/loop.h"
#include "webconf-edge/control.h"
#include "webconf-edge/ep1.h"
#include "webconf-edge/events.h"

typedef enum wce_inside_state inside_step(struct wce_inside *c);

static struct wce_inside *of_timer(struct edge_timer *t)
{
	return (void *)((char *)t - offsetof(struct wce_inside, timer));
}

static void arm(struct wce_inside *c, uint64_t ms,
		void (*fn)(struct edge_timer *t, uint64_t now_ms))
{
	edge_wheel_start(edge_loop_wheel(c->desk->plan.loop), &c->timer,
			 wce_desk_now(c->desk) + ms, fn);
}

void wce_inside_tell(uint32_t event, const struct wce_inside *c,
		     const char *name, const char *reason)
{
	const struct edge_peer *p = edge_conn_peer(c->conn);
	const struct wce_mcu *m = c->mcu;
	char from[EDGE_ADDR_STRLEN], cn[128], said[WCE_NAME_LEN + 64];
	char cert[2 * 8 + 1];

	edge_addr_print(edge_conn_remote(c->conn), from);
	edge_log_escape(cn, sizeof(cn), edge_slice_str(p->cn));
	edge_log_escape(said, sizeof(said), edge_slice_str(name));
	edge_hex(cert, edge_slice(p->sha256, 8));
	edge_event(event,
		   "mcu=%s peer=%s cn=%s cert=%s san=%s reason=%s parked=%u "
		   "active=%u",
		   said, from, cn, cert, p->name_count ? p->names[0] : "-",
		   reason, m ? m->parked_count : 0,
		   m ? m->seated - m->waiting_count : 0);
}

/* -- who it is ---------------------------------------------------------- */

static bool may_come(const struct wce_inside *c, struct edge_slice name)
{
	return topo_is_trusted(c->desk->plan.topo, name, TOPO_TRUST_WEBCONF);
}

bool wce_inside_is_named(const struct wce_inside *c, struct edge_slice name)
{
	const struct edge_peer *p = edge_conn_peer(c->conn);

	for (size_t i = 0; i < p->name_count; i++)
		if (psom_name_eq(edge_slice_str(p->names[i]), name))
			return may_come(c, edge_slice_str(p->names[i]));
	return false;
}

bool wce_inside_is_trusted(const struct wce_inside *c)
{
	const struct edge_peer *p = edge_conn_peer(c->conn);

	if (p->fault != EDGE_PEER_FINE)
		return false;
	for (size_t i = 0; i < p->name_count; i++)
		if (may_come(c, edge_slice_str(p->names[i])))
			return true;
	return false;
}

/* -- the end ------------------------------------------------------------ */

static void forget(struct wce_inside *c)
{
	struct wce_mcu *m = c->mcu;

	edge_wheel_stop(&c->timer);
	LIST_REMOVE(c, next);
	c->desk->connection_count--;
	if (m && c->state == WCE_INSIDE_PARKED)
		wce_mcu_unpark(m, c);
	c->state = WCE_INSIDE_OVER;
	edge_loop_defer_free(c->desk->plan.loop, c, free);
}

void wce_inside_close(struct wce_inside *c)
{
	if (c->state == WCE_INSIDE_OVER)
		return;
	edge_conn_close(c->conn);
	c->conn = NULL;
	forget(c);
}

void wce_inside_close_after(struct wce_inside *c, struct edge_slice bytes)
{
	if (c->state == WCE_INSIDE_OVER)
		return;
	if (edge_slice_len(bytes) && edge_conn_write(c->conn, bytes) == EDGE_OK)
		edge_conn_close_after_flush(
			c->conn,
			(uint32_t)wce_desk_limit(c->desk, WCE_LIMIT_REJECT_MS));
	else
		edge_conn_close(c->conn);
	c->conn = NULL;
	forget(c);
}

static void tell_end(const struct wce_inside *c, enum wce_reason why)
{
	static const uint32_t events[WCE_INSIDE_STATES] = {
		[WCE_INSIDE_TLS] = WCE_EV_LINK_FAILED,
		[WCE_INSIDE_FRESH] = WCE_EV_MCU_REFUSED,
		[WCE_INSIDE_PARKED] = WCE_EV_LEG_LOST,
	};

	if (!events[c->state]) /* CONTROL: the MCU's own line says it */
		return;
	if (c->state != WCE_INSIDE_PARKED)
		wce_desk_count(c->desk, WCE_STAT_REJECT + why);
	wce_desk_count(c->desk, c->state == WCE_INSIDE_PARKED
					? WCE_STAT_LEGS_LOST
					: WCE_STAT_INSIDE_REFUSED);
	wce_inside_tell(events[c->state], c, c->mcu ? c->mcu->name : "-",
			wce_reason_name(why));
}

void wce_inside_end(struct wce_inside *c, enum wce_reason why)
{
	uint8_t bytes[WCE_ANSWER_MAX];
	struct wce_mcu *m = c->mcu;
	const bool was_parked = c->state == WCE_INSIDE_PARKED;

	if (c->state == WCE_INSIDE_OVER)
		return;
	tell_end(c, why);
	if (m && c->state == WCE_INSIDE_CONTROL)
		wce_mcu_lost(m, wce_reason_name(why));
	wce_inside_close_after(
		c,
		edge_slice(bytes, c->state == WCE_INSIDE_TLS
					  ? 0
					  : wce_ep1_reject(bytes, sizeof(bytes),
							   why)));
	if (m && was_parked)
		wce_mcu_want(m);
}

static enum wce_inside_state end(struct wce_inside *c, enum wce_reason why)
{
	wce_inside_end(c, why);
	return WCE_INSIDE_OVER;
}

/* -- its first frame ---------------------------------------------------- */

static void on_silent(struct edge_timer *t, uint64_t now_ms)
{
	(void)now_ms;
	wce_inside_end(of_timer(t), WCE_REASON_REGISTER_SLOW);
}

static enum wce_inside_state on_secured(struct wce_inside *c)
{
	const struct edge_peer *p = edge_conn_peer(c->conn);

	wce_desk_count(c->desk, WCE_STAT_ACCEPTED_INSIDE);
	if (!wce_inside_is_trusted(c)) {
		c->state = WCE_INSIDE_FRESH; /* it can be told so */
		wce_inside_tell(WCE_EV_PEER_REFUSED, c, "-",
				edge_peer_fault_str(p->fault != EDGE_PEER_FINE
							    ? p->fault
							    : EDGE_PEER_NAME));
		return end(c, WCE_REASON_PEER_NAME);
	}
	arm(c, wce_desk_limit(c->desk, WCE_LIMIT_OPENING_MS), on_silent);
	return WCE_INSIDE_FRESH;
}

static void on_old(struct edge_timer *t, uint64_t now_ms)
{
	struct wce_inside *c = of_timer(t);

	(void)now_ms;
	wce_desk_count(c->desk, WCE_STAT_LEGS_AGED);
	wce_inside_end(c, WCE_REASON_PARKED_OLD);
}

/* WC 5.8: a leg of a live registration, with that name in its certificate. */
static enum wce_reason judge_offer(const struct wce_inside *c,
				   const struct psom_frame *f,
				   struct wce_mcu **mcu)
{
	const struct edge_slice name = f->value[PSOM_TAG_NAME];
	struct wce_desk *d = c->desk;
	struct wce_mcu *m = wce_mcu_find(d, name);

	if (!wce_inside_is_named(c, name))
		return WCE_REASON_PEER_NAME;
	if (!m || !m->control ||
	    !edge_slice_eq(f->value[PSOM_TAG_INSTANCE],
			   edge_slice(m->instance, sizeof(m->instance))))
		return WCE_REASON_NO_INSTANCE;
	if (!wce_mcu_has_room(m))
		return WCE_REASON_LEG_LIMIT;
	*mcu = m;
	return WCE_REASON_OK;
}

static enum wce_inside_state park(struct wce_inside *c,
				  const struct psom_frame *f, size_t used)
{
	struct wce_mcu *m = NULL;
	const enum wce_reason why = judge_offer(c, f, &m);

	if (why != WCE_REASON_OK) {
		wce_desk_count(c->desk, WCE_STAT_LEGS_REFUSED);
		return end(c, why);
	}
	edge_conn_consume(c->conn, used);
	c->mcu = m;
	c->state = WCE_INSIDE_PARKED;
	arm(c, wce_desk_limit(c->desk, WCE_LIMIT_LEG_AGE_S) * 1000, on_old);
	wce_mcu_parked(m, c);
	if (edge_conn_buffered(c->conn)) /* WC 5.8: it has to be silent */
		return end(c, WCE_REASON_PARKED_BYTES);
	return c->state;
}

/* EDGE side of reading: WCE_REASON_OK with a frame, or MORE, or the fault. */
static enum wce_reason next_frame(struct wce_inside *c, struct psom_frame *f,
				  size_t *used)
{
	return wce_ep1_reason(
		psom_frame_decode(f, used, edge_conn_input(c->conn),
				  PSOM_LEG_CONTROL, PSOM_FROM_MCU));
}

static enum wce_inside_state on_control(struct wce_inside *c);

static enum wce_inside_state on_first(struct wce_inside *c)
{
	struct psom_frame f;
	size_t used;
	const enum wce_reason why = next_frame(c, &f, &used);

	if (why == WCE_REASON_MORE)
		return c->state;
	if (why != WCE_REASON_OK)
		return end(c, why);
	edge_wheel_stop(&c->timer);
	c->heard_ms = wce_desk_now(c->desk);
	if (f.type == PSOM_OFFER)
		return park(c, &f, used);
	if (f.type != PSOM_REGISTER)
		return end(c, WCE_REASON_MALFORMED);
	c->state = wce_control_register(c, &f);
	if (c->state != WCE_INSIDE_CONTROL)
		return c->state;
	edge_conn_consume(c->conn, used);
	return on_control(c);
}

static enum wce_inside_state on_control(struct wce_inside *c)
{
	while (c->state == WCE_INSIDE_CONTROL) {
		struct psom_frame f;
		size_t used;
		const enum wce_reason why = next_frame(c, &f, &used);

		if (why == WCE_REASON_MORE)
			break;
		if (why != WCE_REASON_OK)
			return end(c, why);
		c->heard_ms = wce_desk_now(c->desk);
		c->state = wce_control_frame(c, &f);
		if (c->state == WCE_INSIDE_CONTROL)
			edge_conn_consume(c->conn, used);
	}
	return c->state;
}

static enum wce_inside_state on_parked_bytes(struct wce_inside *c)
{
	return end(c, WCE_REASON_PARKED_BYTES);
}

static enum wce_inside_state on_lost(struct wce_inside *c)
{
	static const enum wce_reason reasons[WCE_INSIDE_STATES] = {
		[WCE_INSIDE_TLS] = WCE_REASON_TLS_FAILED,
		[WCE_INSIDE_FRESH] = WCE_REASON_RESET,
		[WCE_INSIDE_CONTROL] = WCE_REASON_CONTROL_LOST,
		[WCE_INSIDE_PARKED] = WCE_REASON_EOF,
	};

	if (edge_conn_why(c->conn) == EDGE_CONN_WHY_HANDSHAKE_TIME)
		return end(c, WCE_REASON_TLS_SLOW);
	return end(c, reasons[c->state]);
}

static enum wce_inside_state on_nothing(struct wce_inside *c)
{
	return c->state;
}

static inside_step *const steps[WCE_INSIDE_STATES][EDGE_CONN_FAILED + 1] = {
	/* clang-format off */
	/*                       SECURED     DATA             DRAINED     EOF         TIMEOUT     FAILED */
	[WCE_INSIDE_TLS]     = {on_secured, on_nothing,      on_nothing, on_lost,    on_lost,    on_lost},
	[WCE_INSIDE_FRESH]   = {on_nothing, on_first,        on_nothing, on_lost,    on_lost,    on_lost},
	[WCE_INSIDE_CONTROL] = {on_nothing, on_control,      on_nothing, on_lost,    on_lost,    on_lost},
	[WCE_INSIDE_PARKED]  = {on_nothing, on_parked_bytes, on_nothing, on_lost,    on_lost,    on_lost},
	[WCE_INSIDE_OVER]    = {on_nothing, on_nothing,      on_nothing, on_nothing, on_nothing, on_nothing},
	/* clang-format on */
};

static void on_event(struct edge_conn *conn, enum edge_conn_event ev, void *arg)
{
	struct wce_inside *c = arg;

	(void)conn;
	c->state = steps[c->state][ev](c);
}

/* Strangers who reach the port and say nothing keep out no server: the oldest
 * of who is not known yet makes room. */
static void make_room(struct wce_desk *d)
{
	struct wce_inside *c, *oldest = NULL;
	unsigned fresh = 0;

	LIST_FOREACH(c, &d->connections, next)
	if (c->state <= WCE_INSIDE_FRESH) {
		oldest = c; /* new ones stand in front */
		fresh++;
	}
	if (oldest && fresh >= wce_desk_limit(d, WCE_LIMIT_INSIDE_FRESH))
		wce_inside_end(oldest, WCE_REASON_TLS_SLOW);
}

void wce_inside_accept(struct wce_desk *d, int fd)
{
	struct edge_conn_plan p = wce_conn_plan(d->plan.shared, d->plan.loop);
	struct wce_inside *c;

	make_room(d);
	c = calloc(1, sizeof(*c));
	p.sockets = &d->plan.shared->inside_sockets;
	p.tls = d->plan.tls;
	p.policy = d->plan.policy;
	p.fn = on_event;
	p.arg = c;
	if (!c || d->connection_count >= wce_desk_limit(d, WCE_LIMIT_INSIDE) ||
	    edge_conn_accept(&c->conn, &p, fd) != EDGE_OK) {
		wce_desk_count(d, WCE_STAT_INSIDE_REFUSED);
		close(fd);
		free(c);
		return;
	}
	c->desk = d;
	c->heard_ms = wce_desk_now(d);
	LIST_INSERT_HEAD(&d->connections, c, next);
	d->connection_count++;
}
