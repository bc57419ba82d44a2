/* The desk: who is registered from inside, and which client gets which data
 * leg. */
#include "webconf-edge/desk.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/crypto.h"
#include "common/log.h"
#include "common/loop.h"
#include "common/tls.h"
#include "webconf-edge/control.h"
#include "webconf-edge/inside.h"
#include "webconf-edge/join.h"

enum {
	MAILBOX = 65536,  /* ours: more than all clients have to say at once */
	TICK_MS = 1000,	  /* ours: pings and deaths are in seconds */
	DOOR_RATE = 2000, /* ours: accepts a second inside */
	CODE_ORDERLY = 200, /* WC 4.6: BYE */
};

void wce_desk_count(struct wce_desk *d, size_t row)
{
	edge_stats_add(d->plan.shared->stats, d->plan.shared->shard_count, row,
		       1);
}

uint64_t wce_desk_now(const struct wce_desk *d)
{
	return edge_loop_now_ms(d->plan.loop);
}

uint64_t wce_desk_limit(const struct wce_desk *d, enum wce_limit which)
{
	return wce_limit(d->plan.shared, which);
}

static void on_mail(void *msg, void *arg)
{
	wce_join_mail(arg, msg);
	wce_mail_free(msg);
}

static void on_tick(struct edge_timer *t, uint64_t now_ms)
{
	struct wce_desk *d =
		(void *)((char *)t - offsetof(struct wce_desk, tick));
	struct wce_mcu *m, *next;

	for (m = LIST_FIRST(&d->mcus); m; m = next) {
		next = LIST_NEXT(m, next);
		if (m->control)
			wce_control_tick(m->control, now_ms);
	}
	edge_wheel_start(edge_loop_wheel(d->plan.loop), t, now_ms + TICK_MS,
			 on_tick);
}

/* -- the door ----------------------------------------------------------- */

static bool on_taken(void *arg, int fd, const struct edge_addr *from)
{
	(void)from;
	wce_inside_accept(arg, fd);
	return true;
}

static enum edge_err open_door(struct wce_desk *d, int fd)
{
	const struct edge_door_plan p = {
		.loop = d->plan.loop,
		.rate = DOOR_RATE,
		.burst = DOOR_RATE,
		.taken = on_taken,
		.arg = d,
	};
	struct edge_door *door;
	enum edge_err err = edge_door_new(&door, &p, fd);

	if (err)
		return err;
	edge_door_free(d->door);
	d->door = door;
	return EDGE_OK;
}

/* -- making it ---------------------------------------------------------- */

static enum edge_err make_tables(struct wce_desk *d)
{
	/* as many as the limit may ever be: a reload changes it */
	const size_t sessions = wce_config_rows.limits[WCE_LIMIT_SESSIONS].max;
	enum edge_err err = edge_tally_new(&d->conferences, sessions);

	if (!err)
		err = edge_tally_new(&d->sources, sessions);
	if (!err)
		err = edge_expiring_new(&d->nonces,
					wce_desk_limit(d, WCE_LIMIT_NONCES));
	if (!err)
		err = edge_expiring_new(&d->ended,
					wce_desk_limit(d, WCE_LIMIT_ENDED));
	if (!err)
		err = edge_mailbox_new(&d->mailbox, d->plan.loop, MAILBOX,
				       on_mail, wce_mail_free, d);
	return err;
}

static void name_edge(struct wce_desk *d)
{
	uint8_t hash[EDGE_SHA256_LEN];

	edge_sha256(edge_slice_str(d->plan.topo->self), hash);
	memcpy(d->edge_id, hash, sizeof(d->edge_id));
}

enum edge_err wce_desk_new(struct wce_desk **out, const struct wce_desk_plan *p)
{
	struct wce_desk *d = calloc(1, sizeof(*d));
	enum edge_err err = EDGE_ENOMEM;

	if (!d) {
		close(p->fd);
		edge_tls_drop(p->tls);
		topo_drop(p->topo);
		return err;
	}
	d->plan = *p;
	LIST_INIT(&d->connections);
	LIST_INIT(&d->mcus);
	name_edge(d);
	err = make_tables(d);
	if (err)
		close(p->fd);
	else
		err = open_door(d, p->fd);
	if (err) {
		wce_desk_free(d);
		return err;
	}
	p->shared->desk = d->mailbox;
	edge_wheel_start(edge_loop_wheel(p->loop), &d->tick,
			 wce_desk_now(d) + TICK_MS, on_tick);
	*out = d;
	return EDGE_OK;
}

void wce_desk_free(struct wce_desk *d)
{
	struct wce_inside *c;
	struct wce_mcu *m;

	if (!d)
		return;
	edge_wheel_stop(&d->tick);
	edge_door_free(d->door);
	edge_mailbox_free(d->mailbox);
	d->plan.shared->desk = NULL;
	wce_join_free_all(d);
	while ((m = LIST_FIRST(&d->mcus)))
		wce_mcu_free(m);
	while ((c = LIST_FIRST(&d->connections))) {
		c->mcu = NULL;
		wce_inside_close(c);
	}
	edge_tally_free(d->conferences);
	edge_tally_free(d->sources);
	edge_expiring_free(d->nonces);
	edge_expiring_free(d->ended);
	edge_tls_drop(d->plan.tls);
	topo_drop(d->plan.topo);
	free(d);
}

/* -- orders ------------------------------------------------------------- */

/* A certificate that names no allowed server any more: WC 5.9. */
static void recheck(struct wce_desk *d)
{
	struct wce_inside *c, *next;
	struct wce_mcu *m, *after;

	for (m = LIST_FIRST(&d->mcus); m; m = after) {
		after = LIST_NEXT(m, next);
		if (!topo_is_trusted(d->plan.topo, edge_slice_str(m->name),
				     TOPO_TRUST_WEBCONF))
			wce_mcu_cut(m);
		else
			wce_mcu_spare(m);
	}
	for (c = LIST_FIRST(&d->connections); c; c = next) {
		next = LIST_NEXT(c, next);
		if (c->state == WCE_INSIDE_FRESH && !wce_inside_is_trusted(c))
			wce_inside_end(c, WCE_REASON_REMOVED);
	}
}

/* What REGISTER_OK told, and data MCUs tell their clients. */
static bool has_moved(const struct topo *old, const struct topo *new)
{
	const enum topo_port_kind client = TOPO_PORT_WEBCONF_CLIENT;

	return strcmp(old->webconf_name, new->webconf_name) != 0 ||
	       old->listen[client].addr.port != new->listen[client].addr.port;
}

void wce_desk_topology(struct wce_desk *d, const struct topo *t, int fd)
{
	const struct topo *old = d->plan.topo;
	const bool is_elsewhere = has_moved(old, t);

	d->plan.topo = topo_hold(t);
	topo_drop(old);
	if (is_elsewhere)
		wce_desk_bye(d);
	if (fd >= 0 && open_door(d, fd))
		edge_event(EDGE_EV_TOPOLOGY_REFUSED, "desk=1 reason=memory");
	recheck(d);
}

void wce_desk_tls(struct wce_desk *d, struct edge_tls *tls)
{
	struct edge_tls *old = d->plan.tls;

	d->plan.tls = edge_tls_hold(tls);
	edge_tls_drop(old);
}

void wce_desk_drain(struct wce_desk *d)
{
	const uint64_t grace = wce_desk_limit(d, WCE_LIMIT_DRAIN_MS) / 1000;
	struct wce_mcu *m;

	d->is_draining = true;
	LIST_FOREACH(m, &d->mcus, next)
	{
		if (m->control)
			wce_control_drain(m->control, (uint16_t)grace);
		wce_join_refuse_waiting(m, WCE_REASON_EDGE_DRAINING);
	}
}

void wce_desk_bye(struct wce_desk *d)
{
	struct wce_mcu *m, *next;

	for (m = LIST_FIRST(&d->mcus); m; m = next) {
		struct wce_inside *control = m->control;

		next = LIST_NEXT(m, next);
		if (!control)
			continue;
		m->seated++; /* stays until this is done */
		wce_mcu_lost(m, "orderly");
		wce_control_bye(control, CODE_ORDERLY);
		wce_mcu_unseat(m);
	}
}
