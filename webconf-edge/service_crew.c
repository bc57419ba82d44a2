/* The shards and the desk as the control thread runs them: start, mails to
 * all, drain, stop. */
#include <stddef.h>
#include <time.h>

#include "common/daemon.h"
#include "common/tls.h"
#include "webconf-edge/events.h"
#include "webconf-edge/service_keys.h"
#include "webconf-edge/service_state.h"
#include "webconf-edge/shard.h"

enum {
	LOOK_MS = 60000, /* ours: certificates and keys [ms] */
	DRAIN_LOOK_MS = 100,
	KEPT_MS = 50,	    /* a full mailbox is tried again */
	THROTTLE_MS = 1000, /* ours: how often limits are looked at [ms] */
	NEAR = 90, /* WC 4.8: throttling above so much of a limit [%] */
};

/* -- to all shards ------------------------------------------------------ */

static void offer_kept(struct edge_timer *t, uint64_t now_ms)
{
	struct wce_service *v =
		(void *)((char *)t - offsetof(struct wce_service, kept_timer));

	if (edge_crew_flush(v->crew))
		edge_wheel_start(edge_loop_wheel(v->control), t,
				 now_ms + KEPT_MS, offer_kept);
}

static void post(void *arg, unsigned shard, struct wce_mail *m)
{
	struct wce_service *v = arg;

	if (!m)
		return;
	if (!v->crew) { /* its shards are gone */
		wce_mail_free(m);
		return;
	}
	edge_crew_post(v->crew, shard, m);
	offer_kept(&v->kept_timer, edge_loop_now_ms(v->control));
}

void wce_service_post_topology(struct wce_service *v)
{
	for (unsigned i = 0; i < v->shared.shard_count; i++) {
		struct wce_mail *m = wce_mail_new(WCE_MAIL_TOPOLOGY, 0);

		if (!m)
			continue;
		m->topo = topo_hold(v->topo);
		for (int f = 0; f < WCE_FAMILIES; f++) {
			m->has_moved[f] = v->prepared.has_moved[f];
			m->fd[f] = v->prepared.client[f][i];
			v->prepared.client[f][i] = -1;
		}
		post(v, i, m);
	}
}

void wce_service_post_tls(struct wce_service *v)
{
	for (unsigned i = 0; i < v->shared.shard_count; i++) {
		struct wce_mail *m = wce_mail_new(WCE_MAIL_TLS, 0);

		if (m)
			m->tls = edge_tls_hold(v->tls.in[WCE_LISTEN_CLIENT]);
		post(v, i, m);
	}
}

void wce_service_post_keys(struct wce_service *v)
{
	for (unsigned i = 0; i < v->shared.shard_count; i++) {
		struct wce_mail *m = wce_mail_new(WCE_MAIL_KEYS, 0);

		if (m && wce_service_keys_copy(&m->keys, v->ring)) {
			wce_mail_free(m);
			m = NULL;
		}
		post(v, i, m);
	}
}

/* -- looking after ------------------------------------------------------ */

void wce_service_tell(struct wce_service *v)
{
	wce_service_tls_tell(&v->tls, time(NULL));
	wce_service_keys_tell(&v->keys_told, v->ring, (uint64_t)time(NULL));
}

static bool is_near(const struct wce_service *v, uint64_t count,
		    enum wce_limit which)
{
	return count * 100 > wce_limit(&v->shared, which) * NEAR;
}

static void look_at_throttling(struct wce_service *v)
{
	const struct wce_shared *s = &v->shared;
	const uint32_t clients = atomic_load(&s->sockets);
	const uint32_t preauth = atomic_load(&s->preauth);
	const bool is = is_near(v, clients, WCE_LIMIT_SESSIONS) ||
			is_near(v, preauth, WCE_LIMIT_PREAUTH);

	if (is && !v->is_throttling)
		edge_event(WCE_EV_THROTTLING, "connections=%u preauth=%u",
			   clients, preauth);
	v->is_throttling = is;
}

static void look(struct edge_timer *t, uint64_t now_ms)
{
	struct wce_service *v =
		(void *)((char *)t - offsetof(struct wce_service, look_timer));

	look_at_throttling(v);
	if (now_ms - v->told_ms >= LOOK_MS) {
		v->told_ms = now_ms;
		wce_service_tell(v);
	}
	edge_wheel_start(edge_loop_wheel(v->control), t, now_ms + THROTTLE_MS,
			 look);
}

/* -- start -------------------------------------------------------------- */

struct start { /* what the threads are made from */
	struct wce_service *service;
	struct wce_shard_plan plans[WCE_SHARDS];
};

static enum edge_err make_plan(struct wce_service *v, unsigned i,
			       struct wce_shard_plan *p)
{
	*p = (struct wce_shard_plan){.index = i, .shared = &v->shared};
	p->topo = topo_hold(v->topo);
	for (int f = 0; f < WCE_FAMILIES; f++) {
		p->fd[f] = v->open.client[f][i];
		v->open.client[f][i] = -1;
	}
	p->tls = edge_tls_hold(v->tls.in[WCE_LISTEN_CLIENT]);
	return wce_service_keys_copy(&p->keys, v->ring);
}

static enum edge_err make_shard(void **worker, unsigned index, void *arg)
{
	struct start *s = arg;
	struct wce_shard *shard = NULL;
	enum edge_err err = wce_shard_new(&shard, &s->plans[index]);

	*worker = shard;
	return err;
}

static struct edge_loop *loop_of(void *worker)
{
	return ((struct wce_shard *)worker)->loop;
}

static struct edge_mailbox *mailbox_of(void *worker)
{
	return ((struct wce_shard *)worker)->mailbox;
}

static void free_shard(void *worker)
{
	wce_shard_free(worker);
}

static void on_full(unsigned worker, void *arg)
{
	(void)arg;
	edge_event(WCE_EV_MAILBOX_FULL, "from=control to=%u", worker);
}

static enum edge_err open_desk(struct wce_service *v)
{
	const struct wce_desk_plan p = {
		.shared = &v->shared,
		.loop = v->control,
		.topo = topo_hold(v->topo),
		.tls = edge_tls_hold(v->tls.in[WCE_LISTEN_INSIDE]),
		.policy = &v->policy,
		.fd = v->open.inside,
		.post = post,
		.post_arg = v,
	};

	v->open.inside = -1;
	return wce_desk_new(&v->desk, &p);
}

enum edge_err wce_service_start(void *self)
{
	struct wce_service *v = self;
	struct start s = {.service = v};
	const struct edge_crew_plan plan = {
		.count = v->shared.shard_count,
		.make = make_shard,
		.loop = loop_of,
		.mailbox = mailbox_of,
		.free = free_shard,
		.drop = wce_mail_free,
		.full = on_full,
		.arg = &s,
	};
	enum edge_err err = open_desk(v);
	unsigned n = 0;

	while (n < v->shared.shard_count && !err) {
		err = make_plan(v, n, &s.plans[n]);
		n++;
	}
	if (!err)
		err = edge_crew_new(&v->crew, &plan);
	while (n)
		wce_shard_plan_drop(&s.plans[--n]);
	if (err)
		return err;
	wce_service_tell(v);
	v->told_ms = edge_loop_now_ms(v->control);
	look(&v->look_timer, v->told_ms);
	return EDGE_OK;
}

/* -- drain and stop ----------------------------------------------------- */

/* Clients, and what is still on its way to them or to their data MCUs. */
static bool is_busy(const struct wce_service *v)
{
	const struct wce_shared *s = &v->shared;

	return atomic_load(&s->clients) || atomic_load(&s->sockets) ||
	       atomic_load(&s->inside_sockets) > v->desk->connection_count;
}

static void look_at_drain(struct edge_timer *t, uint64_t now_ms)
{
	struct wce_service *v =
		(void *)((char *)t - offsetof(struct wce_service, drain_timer));

	if (!v->has_said_bye && (!is_busy(v) || now_ms >= v->drain_until_ms)) {
		v->has_said_bye = true;
		v->drain_until_ms =
			now_ms + wce_limit(&v->shared, WCE_LIMIT_REJECT_MS);
		wce_desk_bye(v->desk);
	} else if (v->has_said_bye &&
		   (!atomic_load(&v->shared.inside_sockets) ||
		    now_ms >= v->drain_until_ms)) {
		edge_daemon_finish(v->control);
		return;
	}
	edge_wheel_start(edge_loop_wheel(v->control), t, now_ms + DRAIN_LOOK_MS,
			 look_at_drain);
}

uint64_t wce_service_drain_left_ms(const struct wce_service *v)
{
	const uint64_t now = edge_loop_now_ms(v->control);

	return v->drain_until_ms > now ? v->drain_until_ms - now : 0;
}

void wce_service_drain(void *self)
{
	struct wce_service *v = self;
	const uint64_t now = edge_loop_now_ms(v->control);

	atomic_store(&v->shared.is_draining, true);
	v->drain_until_ms = now + wce_limit(&v->shared, WCE_LIMIT_DRAIN_MS);
	wce_desk_drain(v->desk);
	for (unsigned i = 0; i < v->shared.shard_count; i++)
		post(v, i, wce_mail_new(WCE_MAIL_DRAIN, 0));
	look_at_drain(&v->drain_timer, now);
}

void wce_service_stop(void *self)
{
	struct wce_service *v = self;
	struct edge_crew *crew = v->crew;

	edge_wheel_stop(&v->look_timer);
	edge_wheel_stop(&v->drain_timer);
	edge_wheel_stop(&v->kept_timer);
	v->crew = NULL;
	edge_crew_free(crew);
	wce_desk_free(v->desk);
	v->desk = NULL;
}
