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
#include "access-edge/flows.h"
#include "access-edge/inbound.h"
#include "access-edge/limits.h"
#include "access-edge/listener.h"
#include "access-edge/service_keys.h"
#include "access-edge/service_tls.h"
#include "common/crypto.h"
#include "common/daemon.h"
#include "common/door.h"
#include "common/recent.h"
#include "common/tls.h"

enum {
	REFUSALS = 200,
	REPORTED = 10, /* ours: discovered partners of a period */
	KEYS_EVERY_MS = 3600000,
	DRAIN_LOOK_MS = 200,
	KEPT_MS = 50 /* a full mailbox is tried again */
};

struct sockets {
	int fd[ACC_LISTEN_KINDS][ACC_SHARDS];
};

struct acc_service {
	struct acc_shared shared;
	struct edge_loop *control;
	char *state;
	const struct topo *topo;
	struct topo_keyring *ring;
	_Atomic uint64_t limits[ACC_LIMIT_COUNT];
	const struct edge_config *config;     /* lives until the next reload */
	bool device_is_set[ACC_LISTEN_KINDS]; /* by edge.ini */
	struct acc_service_tls tls, prepared_tls;
	struct sockets open, prepared;
	struct edge_crew *crew;
	char why[512]; /* the last refusal, in words */
	struct edge_timer keys_timer, drain_timer, kept_timer, report_timer;
	struct edge_timer product_timer;
	struct acc_product product;
};

static void no_sockets(struct sockets *s)
{
	memset(s, 0xff, sizeof(*s)); /* every fd -1 */
}

static void close_sockets(struct sockets *s)
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
	close_sockets(&v->open);
	close_sockets(&v->prepared);
	acc_service_tls_drop(&v->tls);
	acc_service_tls_drop(&v->prepared_tls);
	for (int k = 0; k < ACC_LISTEN_KINDS; k++)
		edge_admit_free(v->shared.admit[k]);
	edge_recent_free(v->shared.refusals);
	acc_inbound_quotas_free(&v->shared);
	edge_lately_free(v->shared.flows);
	edge_stats_free(v->shared.stats);
	topo_keyring_free(v->ring);
	if (v->topo)
		topo_drop(v->topo);
	free(v->state);
	free(v);
}

/* -- open --------------------------------------------------------------- */

static bool is_option(const struct edge_config *c, const char *name,
		      const char *value)
{
	const char *said = edge_config_option(c, name);

	return said && !strcmp(said, value);
}

/* proxy_require is borrowed from c, which lives until the next reload. */
static void read_options(struct acc_options *o, const struct edge_config *c)
{
	*o = (struct acc_options){
		.double_record_route =
			!is_option(c, "access.double_record_route", "no"),
		.diagnostics_unauthenticated = is_option(
			c, "access.diagnostics_unauthenticated", "yes"),
		.proxy_require = edge_config_option(c, "access.proxy_require"),
		.keep_alive_s = (unsigned)c->limits[ACC_LIMIT_KEEP_ALIVE_S],
		.srv_target_in_domain =
			!is_option(c, "access.srv_target_in_domain", "no"),
		.hide_internal_via =
			is_option(c, "access.hide_internal_via", "yes"),
	};
}

static uint32_t limit(const struct acc_service *v, enum acc_limit which)
{
	return (uint32_t)atomic_load_explicit(&v->limits[which],
					      memory_order_relaxed);
}

static void take_limits(struct acc_service *v, const struct edge_config *c)
{
	for (size_t i = 0; i < ACC_LIMIT_COUNT; i++)
		atomic_store_explicit(&v->limits[i], c->limits[i],
				      memory_order_relaxed);
}

static struct edge_admit_limits admission(const struct acc_service *v,
					  enum acc_listen_kind kind)
{
	struct edge_admit_limits l = {
		.total = limit(v, ACC_LIMIT_CONNECTIONS),
		.per_source = limit(v, ACC_LIMIT_PER_SOURCE),
		.handshakes_per_source = limit(v, ACC_LIMIT_HANDSHAKES),
		.sources = limit(v, ACC_LIMIT_SOURCES),
		.penalty_ms = limit(v, ACC_LIMIT_PENALTY_MS),
		.fail_count = limit(v, ACC_LIMIT_FAILED_SIGN_INS),
		.fail_window_ms = limit(v, ACC_LIMIT_FAILED_WINDOW_MS),
		.fail_block_ms = limit(v, ACC_LIMIT_FAILED_BLOCK_MS),
		.known_ms = limit(v, ACC_LIMIT_KNOWN_MS),
	};

	if (kind == ACC_LISTEN_CLIENT)
		return l;
	if (kind == ACC_LISTEN_PARTNER) {
		l.total = limit(v, ACC_LIMIT_PARTNER_CONNECTIONS);
		l.per_source = limit(v, ACC_LIMIT_PARTNER_PER_SOURCE);
		return l;
	}
	l.total = limit(v, ACC_LIMIT_INSIDE_CONNECTIONS);
	l.per_source = l.total;
	l.handshakes_per_source = l.total;
	l.known_ms = 0;
	return l;
}

static enum edge_err make_admission(struct acc_service *v)
{
	enum edge_err err = EDGE_OK;

	for (int k = 0; k < ACC_LISTEN_KINDS && !err; k++) {
		struct edge_admit_limits l =
			admission(v, (enum acc_listen_kind)k);

		err = edge_admit_new(&v->shared.admit[k], &l);
	}
	return err;
}

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

static enum edge_err bind_kind(struct acc_service *v, struct sockets *s,
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
	enum edge_err err =
		acc_stats_new(&v->shared.stats, v->shared.shard_count);

	if (!err)
		err = edge_recent_new(&v->shared.refusals, REFUSALS);
	if (!err)
		err = make_admission(v);
	if (!err)
		err = acc_inbound_quotas_new(&v->shared, t);
	if (!err)
		err = edge_lately_new(&v->shared.flows, ACC_FLOWS,
				      ACC_FLOWS_SPAN_MS);
	if (!err)
		err = acc_service_keys_load(&v->ring, c->state, t, v->why,
					    sizeof(v->why));
	if (!err)
		err = acc_service_tls_load(&v->tls, c, t, v->why,
					   sizeof(v->why));
	for (int k = 0; k < ACC_LISTEN_KINDS && !err; k++)
		err = bind_kind(v, &v->open, (enum acc_listen_kind)k, t);
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
	v->config = c;
	take_limits(v, c);
	v->shared.limits = v->limits;
	v->shared.shard_count = shard_count(c);
	v->shared.policy[ACC_LISTEN_INSIDE].cn_fallback =
		c->trust.internal_cn_fallback;
	do {
		v->shared.boot = edge_random_u32();
	} while (!v->shared.boot);
	read_options(&v->shared.options, c);
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

static struct edge_tls *hold(struct edge_tls *t)
{
	return t ? edge_tls_hold(t) : NULL;
}

static enum edge_err make_plan(struct acc_service *v, unsigned i,
			       struct acc_shard_plan *p)
{
	*p = (struct acc_shard_plan){.index = i, .shared = &v->shared};
	p->topo = topo_hold(v->topo);
	for (int k = 0; k < ACC_LISTEN_KINDS; k++) {
		p->fds[k] = v->open.fd[k][i];
		v->open.fd[k][i] = -1;
		p->tls[k] = hold(v->tls.in[k]);
	}
	p->tls_out = hold(v->tls.out);
	p->tls_partner = hold(v->tls.partner);
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

static void post_all(struct acc_service *v,
		     struct acc_mail *(*make)(struct acc_service *v,
					      unsigned shard))
{
	for (unsigned i = 0; i < v->shared.shard_count; i++)
		edge_crew_post(v->crew, i, make(v, i));
	offer_kept(&v->kept_timer, edge_loop_now_ms(v->control));
}

static struct acc_mail *keys_mail(struct acc_service *v, unsigned shard)
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
		post_all(v, keys_mail);
	edge_wheel_start(edge_loop_wheel(v->control), t, now_ms + KEYS_EVERY_MS,
			 look_at_keys);
}

static uint64_t report_ms(const struct acc_service *v)
{
	unsigned min = v->topo->access.report_min;

	return 60000ull * (min ? min : 60);
}

/* AE 3.1 DiscoveredPartnerReportPeriodMinutes */
static void report(struct edge_timer *t, uint64_t now_ms)
{
	struct acc_service *v =
		(struct acc_service *)(void *)((char *)t -
					       offsetof(struct acc_service,
							report_timer));
	struct edge_quota_row rows[REPORTED];
	size_t n = edge_quota_top(v->shared.quota, rows, REPORTED, now_ms);

	for (size_t i = 0; i < n; i++)
		edge_event(ACC_EV_PARTNER_REPORT,
			   "peer=%s messages=%llu too_fast=%llu "
			   "too_many_users=%llu users=%llu",
			   *rows[i].key ? rows[i].key : "(others)",
			   (unsigned long long)rows[i].taken,
			   (unsigned long long)rows[i].refused_rate,
			   (unsigned long long)rows[i].refused_items,
			   (unsigned long long)rows[i].distinct);
	edge_quota_period(v->shared.quota);
	edge_wheel_start(edge_loop_wheel(v->control), t, now_ms + report_ms(v),
			 report);
}

static void look(struct edge_timer *t, uint64_t now_ms)
{
	struct acc_service *v =
		(struct acc_service *)(void *)((char *)t -
					       offsetof(struct acc_service,
							product_timer));

	acc_product_look(&v->product, v->shared.stats, now_ms);
	edge_wheel_start(edge_loop_wheel(v->control), t,
			 now_ms + ACC_PRODUCT_EVERY_MS, look);
}

const struct acc_product *acc_service_product(const struct acc_service *v)
{
	return &v->product;
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
	if (err)
		return err;
	edge_wheel_start(edge_loop_wheel(v->control), &v->keys_timer,
			 edge_loop_now_ms(v->control) + KEYS_EVERY_MS,
			 look_at_keys);
	acc_service_tls_tell(&v->tls, time(NULL));
	edge_wheel_start(edge_loop_wheel(v->control), &v->report_timer,
			 edge_loop_now_ms(v->control) + report_ms(v), report);
	look(&v->product_timer, edge_loop_now_ms(v->control));
	return EDGE_OK;
}

/* -- topology ----------------------------------------------------------- */

enum edge_err acc_service_prepare(void *self, const struct topo *t, char *why,
				  size_t why_cap)
{
	struct acc_service *v = self;
	enum edge_err err = EDGE_OK;

	acc_service_abort(v);
	for (int k = 0; k < ACC_LISTEN_KINDS && !err; k++) {
		struct edge_addr now =
			acc_door_of(v->topo, (enum acc_listen_kind)k);
		struct edge_addr then = acc_door_of(t, (enum acc_listen_kind)k);

		if (!edge_addr_eq(&now, &then))
			err = bind_kind(v, &v->prepared,
					(enum acc_listen_kind)k, t);
	}
	if (!err && acc_service_tls_differs(v->topo, t))
		err = acc_service_tls_load(&v->prepared_tls, v->config, t,
					   v->why, sizeof(v->why));
	if (!err)
		return EDGE_OK;
	snprintf(why, why_cap, "%s", v->why);
	acc_service_abort(v);
	return err;
}

static struct acc_mail *topology_mail(struct acc_service *v, unsigned shard)
{
	struct acc_mail *m =
		acc_mail_new(ACC_MAIL_TOPOLOGY, edge_slice(NULL, 0));

	if (!m)
		return NULL;
	m->topo = topo_hold(v->topo);
	for (int k = 0; k < ACC_LISTEN_KINDS; k++) {
		m->fds[k] = v->prepared.fd[k][shard];
		v->prepared.fd[k][shard] = -1;
	}
	return m;
}

static struct acc_mail *tls_mail(struct acc_service *v, unsigned shard)
{
	struct acc_mail *m = acc_mail_new(ACC_MAIL_TLS, edge_slice(NULL, 0));

	(void)shard;
	if (!m)
		return NULL;
	for (int k = 0; k < ACC_LISTEN_KINDS; k++)
		m->tls[k] = hold(v->tls.in[k]);
	m->tls_out = hold(v->tls.out);
	m->tls_partner = hold(v->tls.partner);
	return m;
}

static void tell_moved(const struct topo *old, const struct topo *new)
{
	char text[EDGE_ADDR_STRLEN];

	for (int k = 0; k < ACC_LISTEN_KINDS; k++) {
		struct edge_addr was =
			acc_door_of(old, (enum acc_listen_kind)k);
		struct edge_addr is = acc_door_of(new, (enum acc_listen_kind)k);

		if (!was.family || edge_addr_eq(&was, &is))
			continue;
		edge_addr_print(&was, text);
		edge_event(EDGE_EV_LISTENER_CLOSED, "address=%s reason=moved",
			   text);
	}
}

void acc_service_commit(void *self, const struct topo *t)
{
	struct acc_service *v = self;
	const struct topo *old = v->topo;

	tell_moved(old, t);
	v->topo = topo_hold(t);
	acc_inbound_quotas_set(&v->shared, v->topo);
	if (v->prepared_tls.out) {
		memcpy(v->prepared_tls.told, v->tls.told, sizeof(v->tls.told));
		acc_service_tls_drop(&v->tls);
		v->tls = v->prepared_tls;
		v->prepared_tls = (struct acc_service_tls){0};
		post_all(v, tls_mail);
	}
	post_all(v, topology_mail);
	topo_drop(old);
}

void acc_service_abort(void *self)
{
	struct acc_service *v = self;

	close_sockets(&v->prepared);
	acc_service_tls_drop(&v->prepared_tls);
}

/* -- reload, drain, stop ------------------------------------------------ */

static struct acc_mail *options_mail(struct acc_service *v, unsigned shard)
{
	struct acc_mail *m =
		acc_mail_new(ACC_MAIL_OPTIONS, edge_slice(NULL, 0));

	(void)shard;
	if (m && !(m->options = acc_mail_copy_options(&v->shared.options))) {
		acc_mail_free(m);
		return NULL;
	}
	return m;
}

static bool is_newer(const struct topo_keyring *a, const struct topo_keyring *b)
{
	return a->keys[0].not_before_s >= b->keys[0].not_before_s;
}

enum edge_err acc_service_reload(void *self, const struct edge_config *c,
				 char *why, size_t why_cap)
{
	struct acc_service *v = self;
	struct acc_service_tls new = {0};
	struct topo_keyring *ring = NULL;
	enum edge_err err =
		acc_service_tls_load(&new, c, v->topo, why, why_cap);

	if (!err)
		err = acc_service_keys_load(&ring, c->state, v->topo, why,
					    why_cap);
	if (err) {
		acc_service_tls_drop(&new);
		return err;
	}
	acc_service_tls_drop(&v->tls);
	v->tls = new;
	acc_service_tls_tell(&v->tls, time(NULL));
	if (v->topo->member_count || is_newer(ring, v->ring)) {
		topo_keyring_free(v->ring);
		v->ring = ring;
	} else { /* rotated in memory since; the sandbox keeps it there */
		topo_keyring_free(ring);
	}
	v->config = c;
	take_limits(v, c);
	for (int k = 0; k < ACC_LISTEN_KINDS; k++) {
		struct edge_admit_limits l =
			admission(v, (enum acc_listen_kind)k);

		edge_admit_limits_set(v->shared.admit[k], &l);
	}
	acc_inbound_quotas_set(&v->shared, v->topo);
	read_options(&v->shared.options, c);
	post_all(v, options_mail);
	post_all(v, tls_mail);
	post_all(v, keys_mail);
	return EDGE_OK;
}

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

void acc_service_drain(void *self)
{
	struct acc_service *v = self;

	atomic_store(&v->shared.draining, true);
	post_all(v, drain_mail);
	edge_wheel_start(edge_loop_wheel(v->control), &v->drain_timer,
			 edge_loop_now_ms(v->control), look_at_drain);
}

void acc_service_stop(void *self)
{
	struct acc_service *v = self;

	edge_wheel_stop(&v->keys_timer);
	edge_wheel_stop(&v->drain_timer);
	edge_wheel_stop(&v->kept_timer);
	edge_wheel_stop(&v->report_timer);
	edge_wheel_stop(&v->product_timer);
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

const char *acc_service_profile(const struct acc_service *v,
				const char *listener)
{
	return edge_tls_profile_str(edge_config_profile(v->config, listener));
}
