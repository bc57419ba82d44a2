/* One share-nothing thread of outside clients: its loop and all it touches. */
#include "webconf-edge/shard.h"

#include <stddef.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/crypto.h"
#include "common/loop.h"
#include "common/tls.h"
#include "webconf-edge/client.h"
#include "webconf-edge/client_tell.h"
#include "webconf-edge/events.h"
#include "webconf-edge/gate.h"

enum {
	MAILBOX = 65536, /* ours: more than all clients have to say at once */
	KEPT_MS = 50,	 /* ours: a full mailbox is tried again [ms] */
	DOOR_RATE = 100000, /* ours: the sources' own rates are what counts */
};

void wce_shard_count(struct wce_shard *s, size_t row, uint64_t n)
{
	edge_stats_add(s->shared->stats, s->index, row, n);
}

static void offer_kept(struct edge_timer *t, uint64_t now_ms)
{
	struct wce_shard *s =
		(void *)((char *)t - offsetof(struct wce_shard, kept_timer));
	struct wce_mail *m;

	while ((m = TAILQ_FIRST(&s->kept))) {
		TAILQ_REMOVE(&s->kept, m, next);
		if (edge_mailbox_post(s->shared->desk, m) == EDGE_OK)
			continue;
		TAILQ_INSERT_HEAD(&s->kept, m, next);
		edge_wheel_start(edge_loop_wheel(s->loop), t, now_ms + KEPT_MS,
				 offer_kept);
		return;
	}
}

void wce_shard_post(struct wce_shard *s, struct wce_mail *m)
{
	if (!m || !s->shared->desk) { /* at the end it has gone before */
		wce_mail_free(m);
		return;
	}
	if (TAILQ_EMPTY(&s->kept) &&
	    edge_mailbox_post(s->shared->desk, m) == EDGE_OK)
		return;
	wce_shard_count(s, WCE_STAT_MAIL_FULL, 1);
	edge_event(WCE_EV_MAILBOX_FULL, "from=%u to=desk", s->index);
	TAILQ_INSERT_TAIL(&s->kept, m, next);
	if (!edge_timer_running(&s->kept_timer))
		edge_wheel_start(edge_loop_wheel(s->loop), &s->kept_timer,
				 edge_loop_now_ms(s->loop) + KEPT_MS,
				 offer_kept);
}

static void drop_kept(struct wce_shard *s)
{
	struct wce_mail *m;

	edge_wheel_stop(&s->kept_timer);
	while ((m = TAILQ_FIRST(&s->kept))) {
		TAILQ_REMOVE(&s->kept, m, next);
		wce_mail_free(m);
	}
}

/* -- the door ----------------------------------------------------------- */

static enum edge_err open_door(struct wce_shard *s, enum wce_family f, int fd)
{
	const struct edge_door_plan p = {
		.loop = s->loop,
		.rate = DOOR_RATE,
		.burst = DOOR_RATE,
		.wait_ms = wce_gate_wait_ms,
		.taken = wce_gate_taken,
		.paused = wce_gate_paused,
		.arg = s,
	};
	struct edge_door *door;
	enum edge_err err = edge_door_new(&door, &p, fd);

	if (err)
		return err;
	edge_door_free(s->door[f]);
	s->door[f] = door;
	return EDGE_OK;
}

static void close_door(struct wce_shard *s, enum wce_family f)
{
	edge_door_free(s->door[f]);
	s->door[f] = NULL;
}

/* -- what the desk sends ------------------------------------------------ */

/* WC 4.6: 403 is no code for the outside. */
static void cut(struct wce_client *c, void *arg)
{
	const struct wce_mail *m = arg;

	if (c->at.opened &&
	    psom_name_eq(edge_slice_str(c->mcu), edge_slice_str(m->ask.mcu)))
		wce_client_end(c, c->at.paired ? WCE_REASON_REMOVED
					       : WCE_REASON_NOT_REGISTERED);
}

static void move_door(struct wce_shard *s, enum wce_family f, int *fd)
{
	if (*fd < 0)
		close_door(s, f);
	else if (open_door(s, f, *fd))
		edge_event(EDGE_EV_TOPOLOGY_REFUSED, "shard=%u reason=memory",
			   s->index);
	*fd = -1;
}

static void on_topology(struct wce_shard *s, struct wce_mail *m)
{
	topo_drop(s->topo);
	s->topo = m->topo;
	m->topo = NULL;
	for (int f = 0; f < WCE_FAMILIES && !s->is_draining; f++)
		if (m->has_moved[f])
			move_door(s, (enum wce_family)f, &m->fd[f]);
}

static void on_tls(struct wce_shard *s, struct wce_mail *m)
{
	edge_tls_drop(s->tls);
	s->tls = m->tls;
	m->tls = NULL;
}

static void on_keys(struct wce_shard *s, struct wce_mail *m)
{
	wce_keys_free(s->keys);
	s->keys = m->keys;
	m->keys = NULL;
}

/* WC 5.9: S2 to S5 are answered 503; who is not that far yet comes there. */
static void refuse_unpaired(struct wce_client *c, void *arg)
{
	(void)arg;
	if (!c->at.paired && c->at.secured)
		wce_client_end(c, WCE_REASON_EDGE_DRAINING);
}

static void on_drain(struct wce_shard *s)
{
	if (s->is_draining)
		return;
	s->is_draining = true;
	for (int f = 0; f < WCE_FAMILIES; f++)
		close_door(s, (enum wce_family)f);
	wce_client_each(s, refuse_unpaired, NULL);
}

static void on_mail(void *msg, void *arg)
{
	struct wce_shard *s = arg;
	struct wce_mail *m = msg;

	switch (m->kind) {
	case WCE_MAIL_LEG:
	case WCE_MAIL_REFUSE:
		wce_client_mail(s, m);
		break;
	case WCE_MAIL_CUT:
		wce_client_each(s, cut, m);
		break;
	case WCE_MAIL_TOPOLOGY:
		on_topology(s, m);
		break;
	case WCE_MAIL_TLS:
		on_tls(s, m);
		break;
	case WCE_MAIL_KEYS:
		on_keys(s, m);
		break;
	case WCE_MAIL_DRAIN:
		on_drain(s);
		break;
	case WCE_MAIL_ASK:
	case WCE_MAIL_AGAIN:
	case WCE_MAIL_DONE:
	case WCE_MAIL_KINDS:
		break;
	}
	wce_mail_free(m);
}

/* -- making one --------------------------------------------------------- */

static enum edge_err make_tables(struct wce_shard *s)
{
	enum edge_err err = edge_loop_new(&s->loop);

	if (!err)
		err = edge_handles_new(&s->clients, s->index,
				       EDGE_HANDLE_SLOTS);
	if (!err)
		err = edge_mailbox_new(&s->mailbox, s->loop, MAILBOX, on_mail,
				       wce_mail_free, s);
	return err;
}

void wce_shard_plan_drop(struct wce_shard_plan *p)
{
	for (int f = 0; f < WCE_FAMILIES; f++)
		if (p->fd[f] >= 0)
			close(p->fd[f]);
	if (p->tls)
		edge_tls_drop(p->tls);
	if (p->topo)
		topo_drop(p->topo);
	wce_keys_free(p->keys);
	*p = (struct wce_shard_plan){.fd = {-1, -1}};
}

static enum edge_err open_doors(struct wce_shard *s, struct wce_shard_plan *p)
{
	enum edge_err err = EDGE_OK;

	for (int f = 0; f < WCE_FAMILIES && !err; f++) {
		const int fd = p->fd[f];

		p->fd[f] = -1;
		if (fd >= 0)
			err = open_door(s, (enum wce_family)f, fd);
	}
	return err;
}

enum edge_err wce_shard_new(struct wce_shard **out, struct wce_shard_plan *p)
{
	struct wce_shard *s = calloc(1, sizeof(*s));
	uint8_t key[16];
	enum edge_err err = EDGE_ENOMEM;

	if (!s)
		goto out;
	TAILQ_INIT(&s->shaking);
	TAILQ_INIT(&s->kept);
	edge_random(key, sizeof(key));
	edge_quiet_init(&s->quiet, key);
	s->index = p->index;
	s->shared = p->shared;
	s->topo = p->topo;
	s->tls = p->tls;
	s->keys = p->keys;
	p->topo = NULL;
	p->tls = NULL;
	p->keys = NULL;
	err = make_tables(s);
	if (!err)
		err = open_doors(s, p);
	if (!err) {
		*out = s;
		s = NULL;
	}
out:
	wce_shard_plan_drop(p);
	wce_shard_free(s);
	return err;
}

/* WC 4.1 S8: who is there still after a drain has had its grace. */
static void end_client(struct wce_client *c, void *arg)
{
	const struct wce_shard *s = arg;

	wce_client_end(c, s->is_draining ? WCE_REASON_GRACE_OVER
					 : WCE_REASON_SHUTDOWN);
}

void wce_shard_free(struct wce_shard *s)
{
	if (!s)
		return;
	for (int f = 0; f < WCE_FAMILIES; f++)
		close_door(s, (enum wce_family)f);
	if (s->clients)
		wce_client_each(s, end_client, s);
	drop_kept(s);
	edge_mailbox_free(s->mailbox);
	edge_loop_free(s->loop);
	edge_handles_free(s->clients);
	wce_keys_free(s->keys);
	if (s->tls)
		edge_tls_drop(s->tls);
	if (s->topo)
		topo_drop(s->topo);
	free(s);
}
