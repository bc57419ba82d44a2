/* access-edge as one daemon: what is asked of it is asked of both. */
#include "access-edge/program.h"

#include <stddef.h>
#include <stdlib.h>

#include "access-edge/events.h"
#include "access-edge/explain_route.h"
#include "access-edge/limits.h"
#include "access-edge/service.h"
#include "access-edge/status.h"
#include "access-edge/xmpp_service.h"

enum { KEYS_EVERY_MS = 3600000 /* AE 2.6: the ring is looked at hourly */ };

struct acc_program {
	struct acc_service *sip;
	struct acc_xmpp *xmpp;
	struct edge_loop *control;
	struct edge_timer keys_timer;
	char why[512];
};

enum edge_err acc_program_new(struct acc_program **out)
{
	struct acc_program *p = calloc(1, sizeof(*p));
	enum edge_err err;

	if (!p)
		return EDGE_ENOMEM;
	err = acc_service_new(&p->sip);
	if (err) {
		free(p);
		return err;
	}
	*out = p;
	return EDGE_OK;
}

void acc_program_free(struct acc_program *p)
{
	if (!p)
		return;
	acc_service_free(p->sip);
	free(p);
}

static enum edge_err on_open(void *self, struct edge_loop *control,
			     const struct edge_config *c, const struct topo *t)
{
	struct acc_program *p = self;
	struct acc_shared *shared = acc_service_shared(p->sip);
	enum edge_err err = acc_service_open(p->sip, control, c, t);
	const struct acc_xmpp_plan plan = {
		.loop = control,
		.config = c,
		.topo = t,
		.ring = acc_service_ring(p->sip),
		.limits = shared->limits,
		.stats = shared->stats,
		.stats_shard = shared->shard_count,
		.refusals = shared->refusals,
		.revocation = shared->revocation,
		.certificates = shared->certificates,
		.options = &shared->options,
		.device_external = c->device_external,
		.device_internal = c->device_internal,
	};

	if (err)
		return err;
	p->control = control;
	err = acc_xmpp_new(&p->xmpp, &plan, p->why, sizeof(p->why));
	if (err)
		edge_event(EDGE_EV_START_FAILED, "reason=%s",
			   *p->why ? p->why : edge_err_str(err));
	return err;
}

static void look_at_keys(struct edge_timer *t, uint64_t now_ms)
{
	struct acc_program *p =
		(void *)((char *)t - offsetof(struct acc_program, keys_timer));

	acc_xmpp_keys(p->xmpp, acc_service_ring(p->sip));
	edge_wheel_start(edge_loop_wheel(p->control), t, now_ms + KEYS_EVERY_MS,
			 look_at_keys);
}

static enum edge_err on_start(void *self)
{
	struct acc_program *p = self;
	enum edge_err err = acc_service_start(p->sip);

	if (!err)
		err = acc_xmpp_start(p->xmpp);
	if (!err)
		look_at_keys(&p->keys_timer, edge_loop_now_ms(p->control));
	return err;
}

static enum edge_err on_prepare(void *self, const struct topo *t, char *why,
				size_t why_cap)
{
	struct acc_program *p = self;
	enum edge_err err = acc_service_prepare(p->sip, t, why, why_cap);

	if (err)
		return err;
	err = acc_xmpp_prepare(p->xmpp, t, why, why_cap);
	if (err)
		acc_service_abort(p->sip);
	return err;
}

static void on_commit(void *self, const struct topo *t)
{
	struct acc_program *p = self;

	acc_service_commit(p->sip, t);
	acc_xmpp_commit(p->xmpp, t);
	acc_xmpp_keys(p->xmpp, acc_service_ring(p->sip));
}

static void on_abort(void *self)
{
	struct acc_program *p = self;

	acc_service_abort(p->sip);
	acc_xmpp_abort(p->xmpp);
}

/* The one that can say no without having changed anything comes first. */
static enum edge_err on_reload(void *self, const struct edge_config *c,
			       char *why, size_t why_cap)
{
	struct acc_program *p = self;
	enum edge_err err = acc_xmpp_reload_prepare(p->xmpp, c, why, why_cap);

	if (!err)
		err = acc_service_reload(p->sip, c, why, why_cap);
	if (err) {
		acc_xmpp_reload_abort(p->xmpp);
		return err;
	}
	acc_xmpp_reload(p->xmpp, c);
	acc_xmpp_keys(p->xmpp, acc_service_ring(p->sip));
	return EDGE_OK;
}

static void on_drain(void *self)
{
	struct acc_program *p = self;

	acc_xmpp_drain(p->xmpp);
	acc_service_drain(p->sip);
}

static void on_stop(void *self)
{
	struct acc_program *p = self;

	edge_wheel_stop(&p->keys_timer);
	acc_xmpp_free(p->xmpp);
	p->xmpp = NULL;
	acc_service_stop(p->sip);
}

static void on_status(void *self, void *object)
{
	struct acc_program *p = self;

	acc_status_fill(p->sip, object);
	acc_xmpp_status(p->xmpp, object);
}

static struct edge_admin_answer on_explain(const struct edge_admin_request *r,
					   void *self)
{
	return acc_explain_route(r, ((struct acc_program *)self)->sip);
}

static struct edge_stats *stats_of(void *self)
{
	return acc_service_stats(((struct acc_program *)self)->sip);
}

static struct edge_recent *refusals_of(void *self)
{
	return acc_service_refusals(((struct acc_program *)self)->sip);
}

struct edge_daemon_plan acc_program_plan(struct acc_program *p)
{
	static const struct edge_admin_route routes[] = {
		{"POST", "/v1/explain", on_explain},
	};

	return (struct edge_daemon_plan){
		.name = "access-edge",
		.routes = routes,
		.route_count = sizeof(routes) / sizeof(*routes),
		.events = acc_events,
		.rows = &acc_config_rows,
		.open = on_open,
		.start = on_start,
		.prepare = on_prepare,
		.commit = on_commit,
		.abort = on_abort,
		.reload = on_reload,
		.drain = on_drain,
		.stop = on_stop,
		.status = on_status,
		.stats = stats_of,
		.refusals = refusals_of,
		.self = p,
	};
}
