/* The service as its control thread sees it: doors, keys, shards. */
#include "access-edge/service.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "access-edge/crew.h"
#include "access-edge/events.h"
#include "access-edge/listener.h"
#include "access-edge/service_crl.h"
#include "access-edge/service_keys.h"
#include "access-edge/service_state.h"
#include "common/crypto.h"
#include "common/daemon.h"
#include "common/door.h"
#include "common/tls.h"

enum {
	KEYS_EVERY_MS = 3600000,
	DRAIN_LOOK_MS = 200,
	KEPT_MS = 50 /* a full mailbox is tried again */
};

static void no_sockets(struct acc_sockets *s)
{
	memset(s, 0xff, sizeof(*s)); /* every fd -1 */
}

void acc_service_close(struct acc_sockets *s)
{
	for (int k = 0; k < ACC_LISTEN_KINDS; k++)
		for (int i = 0; i < ACC_SHARDS; i++)
			if (s->fd[k][i] >= 0)
				close(s->fd[k][i]);
	no_sockets(s);
}

enum edge_err acc_service_new(struct acc_service **out)
{
	struct acc_service *v = calloc(1, sizeof(*v));

	if (!v)
		return EDGE_ENOMEM;
	no_sockets(&v->open);
	no_sockets(&v->prepared);
	*out = v;
	return EDGE_OK;
}

void acc_service_free(struct acc_service *v)
{
	if (!v)
		return;
	acc_service_close(&v->open);
	acc_service_close(&v->prepared);
	acc_service_tls_drop(&v->tls);
	acc_service_tls_drop(&v->prepared_tls);
	acc_service_free_shared(&v->shared);
	topo_keyring_free(v->ring);
	if (v->topo)
		topo_drop(v->topo);
	free(v->state);
	free(v);
}

/* -- open --------------------------------------------------------------- */

static unsigned shard_count(const struct edge_config *c)
{
	long cores = sysconf(_SC_NPROCESSORS_ONLN);
	unsigned n = c->shards ? c->shards : cores > 0 ? (unsigned)cores : 1;

	return n > ACC_SHARDS ? ACC_SHARDS : n;
}

static void find_devices(struct acc_service *v, const struct edge_config *c)
{
	const char *const set[ACC_LISTEN_KINDS] = {
		[ACC_LISTEN_CLIENT] = c->device_external,
		[ACC_LISTEN_INSIDE] = c->device_internal,
		[ACC_LISTEN_PARTNER] = c->device_external,
	};

	for (int k = 0; k < ACC_LISTEN_KINDS; k++) {
		v->device_is_set[k] = set[k] != NULL;
		if (set[k])
			snprintf(v->shared.device[k],
				 sizeof(v->shared.device[k]), "%s", set[k]);
	}
}

enum edge_err acc_service_bind(struct acc_service *v, struct acc_sockets *s,
			       enum acc_listen_kind kind, const struct topo *t)
{
	char text[EDGE_ADDR_STRLEN], device[16] = "";
	const struct edge_door_at door = {acc_door_of(t, kind), device};
	enum edge_err err;

	if (!door.at.family || !v->tls.in[kind])
		return EDGE_OK; /* the topology wants none */
	if (v->device_is_set[kind])
		memcpy(device, v->shared.device[kind], sizeof(device));
	else
		(void)edge_sock_device(&door.at, device);
	err = edge_door_bind(s->fd[kind], v->shared.shard_count, &door, v->why,
			     sizeof(v->why));

	if (err) {
		memset(s->fd[kind], 0xff, sizeof(s->fd[kind]));
		return err;
	}
	edge_addr_print(&door.at, text);
	edge_event(EDGE_EV_LISTENER_OPEN, "address=%s shards=%u", text,
		   v->shared.shard_count);
	return EDGE_OK;
}

static enum edge_err open_all(struct acc_service *v,
			      const struct edge_config *c, const struct topo *t)
{
	enum edge_err err = acc_service_make_shared(v, t);

	if (!err)
		err = acc_service_keys_load(&v->ring, c->state, t, v->why,
					    sizeof(v->why));
	if (!err)
		err = acc_service_tls_load(&v->tls, c, t, v->why,
					   sizeof(v->why));
	for (int k = 0; k < ACC_LISTEN_KINDS && !err; k++)
		err = acc_service_bind(v, &v->open, (enum acc_listen_kind)k, t);
	return err;
}

enum edge_err acc_service_open(void *self, struct edge_loop *control,
			       const struct edge_config *c,
			       const struct topo *t)
{
	struct acc_service *v = self;
	enum edge_err err;

	v->control = control;
	v->state = strdup(c->state);
	v->topo = topo_hold(t);
	acc_service_take_settings(v, c);
	v->shared.limits = v->limits;
	v->shared.shard_count = shard_count(c);
	v->shared.policy[ACC_LISTEN_INSIDE].cn_fallback =
		c->trust.internal_cn_fallback;
	do {
		v->shared.boot = edge_random_u32();
	} while (!v->shared.boot);
	find_devices(v, c);
	snprintf(v->shared.resolv, sizeof(v->shared.resolv), "%s", c->resolv);
	v->shared.is_lab = c->lab;
	err = v->state ? open_all(v, c, t) : EDGE_ENOMEM;
	if (err)
		edge_event(EDGE_EV_START_FAILED, "reason=%s",
			   *v->why ? v->why : edge_err_str(err));
	return err;
}

/* -- threads ------------------------------------------------------------ */

static enum edge_err make_plan(struct acc_service *v, unsigned i,
			       struct acc_shard_plan *p)
{
	*p = (struct acc_shard_plan){.index = i, .shared = &v->shared};
	p->topo = topo_hold(v->topo);
	for (int k = 0; k < ACC_LISTEN_KINDS; k++) {
		p->fds[k] = v->open.fd[k][i];
		v->open.fd[k][i] = -1;
		p->tls[k] = acc_service_tls_hold(v->tls.in[k]);
	}
	p->tls_out = acc_service_tls_hold(v->tls.out);
	p->tls_partner = acc_service_tls_hold(v->tls.partner);
	return acc_service_keys_copy(&p->keys, v->ring);
}

static void offer_kept(struct edge_timer *t, uint64_t now_ms)
{
	struct acc_service *v =
		(struct acc_service *)(void *)((char *)t -
					       offsetof(struct acc_service,
							kept_timer));

	if (edge_crew_flush(v->crew))
		edge_wheel_start(edge_loop_wheel(v->control), t,
				 now_ms + KEPT_MS, offer_kept);
}

void acc_service_post(struct acc_service *v, acc_service_make_fn *make)
{
	for (unsigned i = 0; i < v->shared.shard_count; i++)
		edge_crew_post(v->crew, i, make(v, i));
	offer_kept(&v->kept_timer, edge_loop_now_ms(v->control));
}

struct acc_mail *acc_service_keys_mail(struct acc_service *v, unsigned shard)
{
	struct acc_mail *m = acc_mail_new(ACC_MAIL_KEYS, edge_slice(NULL, 0));

	(void)shard;
	if (m && acc_service_keys_copy(&m->keys, v->ring) != EDGE_OK) {
		acc_mail_free(m);
		return NULL;
	}
	return m;
}

static void look_at_keys(struct edge_timer *t, uint64_t now_ms)
{
	struct acc_service *v =
		(struct acc_service *)(void *)((char *)t -
					       offsetof(struct acc_service,
							keys_timer));

	acc_service_tls_tell(&v->tls, time(NULL));
	if (acc_service_keys_rotate(v->ring, v->state, v->topo,
				    (uint64_t)time(NULL)))
		acc_service_post(v, acc_service_keys_mail);
	edge_wheel_start(edge_loop_wheel(v->control), t, now_ms + KEYS_EVERY_MS,
			 look_at_keys);
}

enum edge_err acc_service_start(void *self)
{
	struct acc_service *v = self;
	struct acc_shard_plan plans[ACC_SHARDS];
	enum edge_err err = EDGE_OK;
	unsigned n = 0;

	while (n < v->shared.shard_count && !err) {
		err = make_plan(v, n, &plans[n]);
		n++;
	}
	if (err) {
		while (n)
			acc_shard_plan_drop(&plans[--n]);
		return err;
	}
	err = acc_crew_new(&v->crew, &v->shared, plans);
	if (!err)
		err = acc_service_crl_new(&v->crl, v->control, &v->shared);
	if (err)
		return err;
	acc_service_crl_follow(v->crl, v->topo);
	edge_wheel_start(edge_loop_wheel(v->control), &v->keys_timer,
			 edge_loop_now_ms(v->control) + KEYS_EVERY_MS,
			 look_at_keys);
	acc_service_tls_tell(&v->tls, time(NULL));
	acc_service_report_start(v);
	return EDGE_OK;
}

/* -- drain, stop -------------------------------------------------------- */

static unsigned clients(const struct acc_service *v)
{
	unsigned n = 0;

	for (unsigned i = 0; i < v->shared.shard_count; i++)
		n += atomic_load_explicit(
			&v->shared.shard[i]->gauges.links[ACC_LINK_CLIENT],
			memory_order_relaxed);
	return n;
}

static void look_at_drain(struct edge_timer *t, uint64_t now_ms)
{
	struct acc_service *v =
		(struct acc_service *)(void *)((char *)t -
					       offsetof(struct acc_service,
							drain_timer));

	if (!clients(v))
		edge_daemon_finish(v->control);
	else
		edge_wheel_start(edge_loop_wheel(v->control), t,
				 now_ms + DRAIN_LOOK_MS, look_at_drain);
}

static struct acc_mail *drain_mail(struct acc_service *v, unsigned shard)
{
	(void)v;
	(void)shard;
	return acc_mail_new(ACC_MAIL_DRAIN, edge_slice(NULL, 0));
}

uint64_t acc_service_drain_left_ms(const struct acc_service *v)
{
	const uint64_t now = edge_loop_now_ms(v->control);

	return v->drain_ends_ms > now ? v->drain_ends_ms - now : 0;
}

void acc_service_drain(void *self)
{
	struct acc_service *v = self;

	atomic_store(&v->shared.draining, true);
	v->drain_ends_ms = edge_loop_now_ms(v->control) +
			   atomic_load(&v->limits[ACC_LIMIT_DRAIN_MS]);
	acc_service_post(v, drain_mail);
	edge_wheel_start(edge_loop_wheel(v->control), &v->drain_timer,
			 edge_loop_now_ms(v->control), look_at_drain);
}

void acc_service_stop(void *self)
{
	struct acc_service *v = self;

	edge_wheel_stop(&v->keys_timer);
	edge_wheel_stop(&v->drain_timer);
	edge_wheel_stop(&v->kept_timer);
	acc_service_report_stop(v);
	acc_service_crl_free(v->crl);
	v->crl = NULL;
	acc_crew_free(v->crew, &v->shared);
	v->crew = NULL;
}

struct edge_stats *acc_service_stats(void *self)
{
	return ((struct acc_service *)self)->shared.stats;
}

struct edge_recent *acc_service_refusals(void *self)
{
	return ((struct acc_service *)self)->shared.refusals;
}

bool acc_service_serves_partners(const struct acc_service *v)
{
	return v->tls.partner != NULL;
}

uint64_t acc_service_now_ms(const struct acc_service *v)
{
	return edge_loop_now_ms(v->control);
}

const struct topo *acc_service_topo(const struct acc_service *v)
{
	return v->topo;
}

struct acc_shared *acc_service_shared(struct acc_service *v)
{
	return &v->shared;
}

const struct topo_keyring *acc_service_ring(const struct acc_service *v)
{
	return v->ring;
}

const char *acc_service_profile(const struct acc_service *v,
				const char *listener)
{
	return edge_tls_profile_str(edge_config_profile(v->config, listener));
}
