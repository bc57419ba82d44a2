/* The service as its control thread sees it: doors, keys, desk, shards. */
#include "webconf-edge/service.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "common/daemon.h"
#include "common/tls.h"
#include "webconf-edge/events.h"
#include "webconf-edge/service_keys.h"
#include "webconf-edge/service_state.h"

enum {
	REFUSALS = 200,
	INSIDE_FILES = 1024, /* WC 4.8: descriptors kept for the inside */
};

enum edge_err wce_service_new(struct wce_service **out)
{
	struct wce_service *v = calloc(1, sizeof(*v));

	if (!v)
		return EDGE_ENOMEM;
	wce_service_doors_none(&v->open);
	wce_service_doors_none(&v->prepared);
	*out = v;
	return EDGE_OK;
}

void wce_service_free(struct wce_service *v)
{
	if (!v)
		return;
	wce_service_doors_close(&v->open);
	wce_service_doors_close(&v->prepared);
	wce_service_tls_drop(&v->tls);
	edge_admit_free(v->shared.admit);
	edge_recent_free(v->shared.refusals);
	edge_stats_free(v->shared.stats);
	topo_keyring_free(v->ring);
	if (v->topo)
		topo_drop(v->topo);
	free(v->state);
	free(v);
}

/* -- open --------------------------------------------------------------- */

void wce_service_take_limits(struct wce_service *v, const struct edge_config *c)
{
	for (size_t i = 0; i < WCE_LIMIT_COUNT; i++)
		atomic_store_explicit(&v->limits[i], c->limits[i],
				      memory_order_relaxed);
}

struct edge_admit_limits wce_service_admission(const struct wce_service *v)
{
	const struct wce_shared *s = &v->shared;

	return (struct edge_admit_limits){
		.total = (uint32_t)wce_limit(s, WCE_LIMIT_SESSIONS),
		.per_source =
			(uint32_t)(wce_limit(s, WCE_LIMIT_PER_SOURCE) +
				   wce_limit(s, WCE_LIMIT_PREAUTH_PER_SOURCE)),
		.handshakes_per_source =
			(uint32_t)wce_limit(s, WCE_LIMIT_PREAUTH_PER_SOURCE),
		.rate_per_source =
			(uint32_t)wce_limit(s, WCE_LIMIT_ACCEPT_RATE),
		.burst_per_source =
			(uint32_t)wce_limit(s, WCE_LIMIT_ACCEPT_BURST),
		.sources = (uint32_t)wce_limit(s, WCE_LIMIT_SOURCES),
	};
}

static unsigned shard_count(const struct edge_config *c)
{
	long cores = sysconf(_SC_NPROCESSORS_ONLN);
	unsigned n = c->shards ? c->shards : cores > 0 ? (unsigned)cores : 1;

	return n > WCE_SHARDS ? WCE_SHARDS : n;
}

/* Two descriptors a session, and the inside keeps its own: WC 4.8. */
static void look_at_descriptors(const struct wce_service *v)
{
	const uint64_t want =
		2 * wce_limit(&v->shared, WCE_LIMIT_SESSIONS) + INSIDE_FILES;
	struct rlimit files;

	if (getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur < want)
		edge_event(WCE_EV_DESCRIPTORS, "limit=%llu wanted=%llu",
			   (unsigned long long)files.rlim_cur,
			   (unsigned long long)want);
}

static void take_words(struct wce_service *v, const struct edge_config *c)
{
	const char *uri = edge_config_option(c, "webconf.log_uri");

	atomic_store(&v->shared.logs_uri, uri && !strcmp(uri, "yes"));
	v->policy.cn_fallback = c->trust.internal_cn_fallback;
}

/* Numbers that go together; each alone has its range in the table. */
static enum edge_err check_limits(const struct edge_config *c, char *why,
				  size_t cap)
{
	if (c->limits[WCE_LIMIT_DEAD_S] > c->limits[WCE_LIMIT_PING_S])
		return EDGE_OK;
	snprintf(why, cap,
		 "webconf.dead_s must be more than webconf.ping_s: else every "
		 "control connection is given up before it is asked");
	return EDGE_ERANGE;
}

static enum edge_err open_all(struct wce_service *v,
			      const struct edge_config *c, const struct topo *t)
{
	const struct edge_admit_limits l = wce_service_admission(v);
	enum edge_err err =
		wce_stats_new(&v->shared.stats, v->shared.shard_count + 1);

	if (!err)
		err = edge_recent_new(&v->shared.refusals, REFUSALS);
	if (!err)
		err = edge_admit_new(&v->shared.admit, &l);
	if (!err)
		err = wce_service_keys_load(&v->ring, c->state, v->why,
					    sizeof(v->why));
	if (!err)
		err = wce_service_tls_load(&v->tls, c, v->why, sizeof(v->why));
	for (int k = 0; k < WCE_DOORS && !err; k++)
		err = wce_service_door_bind(v, &v->open, (enum wce_door)k, t);
	return err;
}

enum edge_err wce_service_open(void *self, struct edge_loop *control,
			       const struct edge_config *c,
			       const struct topo *t)
{
	struct wce_service *v = self;
	enum edge_err err;

	v->control = control;
	v->state = strdup(c->state);
	v->topo = topo_hold(t);
	v->config = c;
	wce_service_take_limits(v, c);
	v->shared.limits = v->limits;
	v->shared.shard_count = shard_count(c);
	v->shared.probing = (struct edge_sock_probing){
		(uint16_t)wce_limit(&v->shared, WCE_LIMIT_ALIVE_IDLE_S),
		(uint16_t)wce_limit(&v->shared, WCE_LIMIT_ALIVE_INTERVAL_S),
		(uint16_t)wce_limit(&v->shared, WCE_LIMIT_ALIVE_COUNT),
		(uint32_t)wce_limit(&v->shared, WCE_LIMIT_USER_TIMEOUT_MS),
	};
	take_words(v, c);
	wce_service_find_devices(v, c);
	look_at_descriptors(v);
	err = check_limits(c, v->why, sizeof(v->why));
	if (!err)
		err = v->state ? open_all(v, c, t) : EDGE_ENOMEM;
	if (err)
		edge_event(EDGE_EV_START_FAILED, "reason=%s",
			   *v->why ? v->why : edge_err_str(err));
	return err;
}

/* -- reload ------------------------------------------------------------- */

enum edge_err wce_service_reload(void *self, const struct edge_config *c,
				 char *why, size_t why_cap)
{
	struct wce_service *v = self;
	struct wce_service_tls new = {0};
	struct topo_keyring *ring = NULL;
	struct edge_admit_limits l;
	enum edge_err err = check_limits(c, why, why_cap);

	if (!err) {
		new = v->tls; /* borrowed by this call alone */
		err = wce_service_tls_load(&new, c, why, why_cap);
	}
	if (!err)
		err = wce_service_keys_load(&ring, c->state, why, why_cap);
	if (err) {
		wce_service_tls_drop(&new);
		return err;
	}
	wce_service_tls_drop(&v->tls);
	v->tls = new;
	topo_keyring_free(v->ring);
	v->ring = ring;
	v->config = c;
	take_words(v, c);
	wce_service_take_limits(v, c);
	l = wce_service_admission(v);
	edge_admit_limits_set(v->shared.admit, &l);
	wce_desk_tls(v->desk, v->tls.in[WCE_LISTEN_INSIDE]);
	wce_service_tell(v);
	wce_service_post_tls(v);
	wce_service_post_keys(v);
	return EDGE_OK;
}

/* -- for the status page ------------------------------------------------ */

struct edge_stats *wce_service_stats(void *self)
{
	return ((struct wce_service *)self)->shared.stats;
}

struct edge_recent *wce_service_refusals(void *self)
{
	return ((struct wce_service *)self)->shared.refusals;
}

const struct topo *wce_service_topo(const struct wce_service *v)
{
	return v->topo;
}

struct wce_shared *wce_service_shared(struct wce_service *v)
{
	return &v->shared;
}

const struct wce_desk *wce_service_desk(const struct wce_service *v)
{
	return v->desk;
}

const struct topo_keyring *wce_service_keys(const struct wce_service *v)
{
	return v->ring;
}

bool wce_service_is_throttling(const struct wce_service *v)
{
	return v->is_throttling;
}

const char *wce_service_profile(const struct wce_service *v,
				const char *listener)
{
	return edge_tls_profile_str(edge_config_profile(v->config, listener));
}
