/* The service as its control thread sees it: doors, keys, workers. */
#include "av-edge/service.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "av-edge/dialect.h"
#include "av-edge/events.h"
#include "av-edge/house.h"
#include "av-edge/service_state.h"
#include "common/sock.h"
#include "common/tls.h"

enum {
	KEYS_EVERY_MS = 1000, /* TO 5.4: keys change to the second [ms] */
	/* ours: a socket or two an allocation, and one a client and peer */
	FILES_MAX = 262144,
	/* ours: two seconds for who had the doors before */
	TAKEN_TRIES = 20,
	TAKEN_PAUSE_MS = 100,
};

/* The ring is made before the sandbox closes; what runs needs no more. */
const char *const ave_service_syscalls[] = {"io_uring_enter",
					    "io_uring_register", NULL};

/* Before there is a loop, which is as large as what may be opened. */
static void want_files(void)
{
	struct rlimit files;

	if (getrlimit(RLIMIT_NOFILE, &files) || files.rlim_cur >= FILES_MAX)
		return;
	files.rlim_cur =
		files.rlim_max < FILES_MAX ? files.rlim_max : FILES_MAX;
	(void)setrlimit(RLIMIT_NOFILE, &files);
}

enum {
	TRY_RATE = 1,	/* ours: trials of A/V authentication [1/s] */
	TRY_BURST = 30, /* ours: several doctors at a time */
};

enum edge_err ave_service_new(struct ave_service **out)
{
	struct ave_service *v = calloc(1, sizeof(*v));

	if (!v)
		return EDGE_ENOMEM;
	want_files();
	ave_doors_init(&v->doors, &v->house);
	ave_offer_init(&v->prepared);
	v->routes = (struct ave_routes){-1, -1};
	v->mras_fd = -1;
	v->minting = -1;
	edge_bucket_init(&v->tries, TRY_RATE, TRY_BURST, 0);
	*out = v;
	return EDGE_OK;
}

void ave_service_free(struct ave_service *v)
{
	if (!v)
		return;
	ave_doors_close(&v->doors);
	ave_offer_drop(&v->prepared);
	if (v->mras_fd >= 0)
		close(v->mras_fd);
	edge_tls_drop(v->mras_tls);
	ave_service_keys_drop(&v->keys);
	ave_networks_free(&v->inside);
	ave_routes_close(&v->routes);
	ave_fast_path_close(v->fast);
	ave_house_close(&v->house);
	topo_drop(v->topo);
	free(v);
}

/* -- open --------------------------------------------------------------- */

static unsigned worker_count(const struct edge_config *c)
{
	long cores = sysconf(_SC_NPROCESSORS_ONLN);
	unsigned n = c->shards ? c->shards : cores > 0 ? (unsigned)cores : 1;

	return n > AVE_WORKERS ? AVE_WORKERS : n;
}

static void find_devices(struct ave_service *v, const struct edge_config *c,
			 const struct topo *t)
{
	const struct {
		const char *set;
		const struct edge_addr *at;
	} sides[AVE_SIDES] = {
		[AVE_OUTSIDE] = {c->device_external,
				 &t->listen[TOPO_PORT_AV_OUTSIDE_UDP].addr},
		[AVE_INSIDE] = {c->device_internal, &t->internal},
	};

	for (int s = 0; s < AVE_SIDES; s++) {
		char *device = v->house.device[s];

		v->is_device_set[s] = sides[s].set != NULL;
		if (sides[s].set)
			snprintf(device, sizeof(v->house.device[s]), "%s",
				 sides[s].set);
		else if (!edge_sock_device(sides[s].at, device))
			*device = '\0';
	}
}

/* The sockets of one that has just ended stay taken for a moment: the kernel
 * takes its ring apart behind its back. */
static enum edge_err bind_when_free(struct ave_service *v,
				    enum ave_door_kind kind,
				    const struct topo *t)
{
	for (unsigned tries = 1;; tries++) {
		enum edge_err err = ave_doors_bind(&v->doors, kind, t, v->why,
						   sizeof(v->why));

		if (!err || errno != EADDRINUSE || tries == TAKEN_TRIES)
			return err;
		poll(NULL, 0, TAKEN_PAUSE_MS);
	}
}

static enum edge_err open_doors(struct ave_service *v, const struct topo *t)
{
	enum edge_err err = EDGE_OK;

	for (int k = 0; k < AVE_DOORS && !err; k++)
		err = bind_when_free(v, (enum ave_door_kind)k, t);
	if (!err)
		err = mras_door_bind(&v->mras_fd, t,
				     v->house.device[AVE_INSIDE], v->why,
				     sizeof(v->why));
	return err;
}

static enum edge_err read_files(struct ave_service *v,
				const struct edge_config *c,
				const struct topo *t)
{
	enum edge_err err =
		ave_settings_read(&v->settings, c, v->why, sizeof(v->why));

	if (!err)
		err = ave_service_keys_load(&v->keys, c, t, v->why,
					    sizeof(v->why));
	if (!err)
		err = mras_door_tls(&v->mras_tls, c, v->why, sizeof(v->why));
	return err;
}

/* What the kernel or a driver refuses goes by sockets. */
static void open_fast_path(struct ave_service *v, const struct edge_config *c)
{
	const struct ave_fast_path_plan p = {
		.device = {v->house.device[AVE_OUTSIDE],
			   v->house.device[AVE_INSIDE]},
		.flows = (uint32_t)c->limits[AVE_LIMIT_FAST_FLOWS],
	};
	char why[sizeof(v->why)], text[sizeof(v->why)];

	if (!v->settings.has_fast_path)
		return;
	if (ave_fast_path_open(&v->fast, &p, why, sizeof(why)) == EDGE_OK)
		edge_event(
			AVE_EV_FAST_PATH, "outside=%s inside=%s flows=%" PRIu32,
			p.device[AVE_OUTSIDE], p.device[AVE_INSIDE], p.flows);
	else
		edge_event(AVE_EV_FAST_REFUSED, "why=%s",
			   edge_log_quote(text, sizeof(text),
					  edge_slice_str(why)));
}

bool ave_service_uses_maps(void *self)
{
	return ((struct ave_service *)self)->fast != NULL;
}

static enum edge_err open_all(struct ave_service *v,
			      const struct edge_config *c, const struct topo *t)
{
	enum edge_err err = read_files(v, c, t);

	find_devices(v, c, t);
	ave_routes_open(&v->routes);
	if (!err)
		err = ave_house_open(&v->house, c, t);
	if (!err)
		err = ave_service_read_inside(&v->inside, v);
	if (!err)
		err = open_doors(v, t);
	if (!err)
		err = ave_service_make_batches(v);
	if (!err)
		open_fast_path(v, c);
	return err;
}

enum edge_err ave_service_open(void *self, struct edge_loop *control,
			       const struct edge_config *c,
			       const struct topo *t)
{
	struct ave_service *v = self;
	enum edge_err err;

	v->control = control;
	v->config = c;
	v->topo = topo_hold(t);
	v->house.worker_count = worker_count(c);
	v->house.dialects[AVE_DIALECT_MS] = &mst_dialect;
	v->house.dialects[AVE_DIALECT_RFC] = &rfc_dialect;
	err = open_all(v, c, t);
	if (err) {
		char text[sizeof(v->why)];

		if (!*v->why)
			snprintf(v->why, sizeof(v->why), "%s",
				 edge_err_str(err));
		edge_event(EDGE_EV_START_FAILED, "why=%s",
			   edge_log_quote(text, sizeof(text),
					  edge_slice_str(v->why)));
	}
	return err;
}

/* -- start -------------------------------------------------------------- */

static void look_at_keys(struct edge_timer *t, uint64_t now_ms)
{
	struct ave_service *v =
		(struct ave_service *)(void *)((char *)t -
					       offsetof(struct ave_service,
							keys_timer));

	if (ave_service_keys_prune(&v->keys, (int64_t)time(NULL))) {
		ave_service_post_again(v);
		ave_service_show_mras(v);
	}
	ave_service_tell_keys(v);
	ave_service_look_at_old(v);
	edge_wheel_start(edge_loop_wheel(v->control), t, now_ms + KEYS_EVERY_MS,
			 look_at_keys);
}

static enum edge_err start_mras(struct ave_service *v)
{
	const struct mras_door_plan p = {
		.loop = v->control,
		.config = v->config,
		.stats = v->house.stats,
		.shard = v->house.worker_count,
	};
	enum edge_err err = mras_door_new(&v->mras, &p);
	int fd = v->mras_fd;

	if (err)
		return err;
	ave_service_show_mras(v);
	v->mras_fd = -1;
	return mras_door_open(v->mras, fd);
}

enum edge_err ave_service_start(void *self)
{
	struct ave_service *v = self;
	enum edge_err err = ave_service_start_workers(v);

	if (!err)
		err = start_mras(v);
	if (!err)
		look_at_keys(&v->keys_timer, edge_loop_now_ms(v->control));
	return err;
}

void ave_service_stop(void *self)
{
	struct ave_service *v = self;

	edge_wheel_stop(&v->keys_timer);
	edge_wheel_stop(&v->drain_timer);
	mras_door_free(v->mras);
	v->mras = NULL;
	ave_service_stop_workers(v);
}

/* -- what others see ---------------------------------------------------- */

struct edge_stats *ave_service_stats(void *self)
{
	return ((struct ave_service *)self)->house.stats;
}

struct ave_service_facts ave_service_facts(const struct ave_service *v)
{
	const uint64_t now_ms = edge_loop_now_ms(v->control);

	return (struct ave_service_facts){
		.topo = v->topo,
		.house = &v->house,
		.config = v->config,
		.keys = &v->keys,
		.inside = &v->inside,
		.inside_networks = ave_service_count_networks(&v->inside),
		.mras_connections =
			v->mras ? mras_door_connections(v->mras) : 0,
		.batch = v->kind,
		.has_rfc = v->settings.has_rfc,
		.has_fast_path = v->fast != NULL,
		.is_draining = v->is_draining,
		.drain_left_ms = v->drain_ends_ms > now_ms
					 ? v->drain_ends_ms - now_ms
					 : 0,
	};
}

bool ave_service_may_try(struct ave_service *v)
{
	return edge_bucket_take(&v->tries, edge_loop_now_ms(v->control));
}
