/* The admin routes that every daemon has: what it is, what it counts, what it
 * is told. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "common/daemon_state.h"
#include "common/sandbox.h"

enum {
	WHY_LEN = 400,	   /* ours: of a reason in an answer */
	COUNTER_LEN = 160, /* ours: of a counter's name with its label */
};

/* Owns o; NULL becomes a 500. */
static struct edge_admin_answer answer(unsigned status, json_t *o)
{
	char *body = o ? json_dumps(o, JSON_COMPACT) : NULL;

	json_decref(o);
	if (!body)
		return edge_admin_refuse(500, "memory", "out of memory");
	return (struct edge_admin_answer){status, body};
}

/* Owns value. */
static void set(json_t *o, const char *name, json_t *value)
{
	if (json_object_set_new(o, name, value))
		json_object_set_new(o, "incomplete", json_true());
}

static json_t *text(const char *s)
{
	return s ? json_string(s) : json_null();
}

static const char *const cert_uses[EDGE_CERT_USES] = {
	[EDGE_CERT_ACCESS] = "access",	 [EDGE_CERT_WEBCONF] = "webconf",
	[EDGE_CERT_AV_AUTH] = "av-auth", [EDGE_CERT_INTERNAL] = "internal",
	[EDGE_CERT_TURN] = "turn",
};

static json_t *certificates_json(const struct edge_config *c)
{
	json_t *list = json_array();

	for (size_t i = 0; i < EDGE_CERT_USES; i++)
		if (c->certificate[i].chain)
			json_array_append_new(
				list,
				json_pack("{s:s, s:s}", "use", cert_uses[i],
					  "chain", c->certificate[i].chain));
	return list;
}

static json_t *topology_json(const struct topo *t)
{
	json_t *o = json_object();

	set(o, "seq", json_integer((json_int_t)t->seq));
	set(o, "signature", text(t->signature));
	set(o, "sha256", text(t->sha256));
	return o;
}

static json_t *sandbox_json(const struct edge_daemon *d)
{
	return json_pack("{s:b, s:b, s:b}", "landlock",
			 !(d->gaps & EDGE_SANDBOX_NO_LANDLOCK), "seccomp",
			 !(d->gaps & EDGE_SANDBOX_NO_SECCOMP), "user",
			 !d->is_user_kept);
}

static json_t *limits_json(const struct edge_config *c)
{
	json_t *list = json_array();

	for (size_t i = 0; i < c->limit_count; i++) {
		const struct edge_limit_row *r = &c->limit_rows[i];

		json_array_append_new(
			list,
			json_pack("{s:s, s:I, s:I, s:I, s:I, s:s, s:s}", "name",
				  r->name, "value", (json_int_t)c->limits[i],
				  "default", (json_int_t)r->def, "min",
				  (json_int_t)r->min, "max", (json_int_t)r->max,
				  "unit", r->unit ? r->unit : "", "source",
				  r->source ? r->source : ""));
	}
	return list;
}

static struct edge_admin_answer on_status(const struct edge_admin_request *r,
					  void *arg)
{
	const struct edge_daemon *d = arg;
	const struct topo *t = edge_taking_current(d->taking);
	uint64_t up = edge_loop_now_ms(d->loop) - d->start_ms;
	json_t *o = json_object();

	if (!o)
		return answer(500, NULL);
	set(o, "daemon", text(d->plan->name));
	set(o, "version", text(EDGE_VERSION));
	set(o, "pid", json_integer(getpid()));
	set(o, "fqdn", text(t->self));
	set(o, "pool", text(t->pool));
	set(o, "uptime_s", json_integer((json_int_t)(up / 1000)));
	set(o, "state", text(d->is_draining ? "draining" : "ready"));
	set(o, "topology", topology_json(t));
	set(o, "certificates", certificates_json(d->config));
	set(o, "lab", json_boolean(d->config->lab));
	set(o, "sandbox", sandbox_json(d));
	if (edge_admin_query_is(r->query, "limits", "1"))
		set(o, "limits", limits_json(d->config));
	if (d->plan->status)
		d->plan->status(d->plan->self, o);
	return answer(200, o);
}

static struct edge_admin_answer on_counters(const struct edge_admin_request *r,
					    void *arg)
{
	const struct edge_daemon *d = arg;
	const struct edge_stats *s =
		d->plan->stats ? d->plan->stats(d->plan->self) : NULL;
	json_t *o = json_object();
	char name[COUNTER_LEN];

	(void)r;
	for (size_t i = 0; o && s && i < edge_stats_count(s); i++) {
		edge_stats_name(s, i, name, sizeof(name));
		set(o, name, json_integer((json_int_t)edge_stats_sum(s, i)));
	}
	return answer(200, o);
}

static void add_refusal(const char *line, void *arg)
{
	json_t *row = json_loads(line, 0, NULL);

	if (row) /* else it was cut */
		json_array_append_new(arg, row);
}

static struct edge_admin_answer on_refusals(const struct edge_admin_request *r,
					    void *arg)
{
	const struct edge_daemon *d = arg;
	json_t *list = json_array();

	(void)r;
	if (list && d->plan->refusals)
		edge_recent_each(d->plan->refusals(d->plan->self), add_refusal,
				 list);
	return answer(200, json_pack("{s:o}", "refusals", list));
}

/* {"seq":N}; false: not that. */
static bool seq_read(uint64_t *out, struct edge_slice body)
{
	json_t *o = json_loadb((const char *)body.p, edge_slice_len(body),
			       JSON_REJECT_DUPLICATES, NULL);
	const json_t *seq = json_object_get(o, "seq");
	json_int_t n = json_is_integer(seq) ? json_integer_value(seq) : -1;

	json_decref(o);
	if (n < 0)
		return false;
	*out = (uint64_t)n;
	return true;
}

static struct edge_admin_answer bad_seq(void)
{
	return edge_admin_refuse(400, "request", "want {\"seq\":N}");
}

static struct edge_admin_answer on_prepare(const struct edge_admin_request *r,
					   void *arg)
{
	const struct edge_daemon *d = arg;
	char why[WHY_LEN];
	uint64_t seq;
	enum edge_err err;

	if (!seq_read(&seq, r->body))
		return bad_seq();
	if (d->is_draining)
		return edge_admin_refuse(409, edge_err_name(EDGE_ESTATE),
					 "draining");
	err = edge_taking_prepare(d->taking, seq, why, sizeof(why));
	if (err)
		return edge_admin_refuse(409, edge_err_name(err), why);
	return answer(200, json_pack("{s:I}", "ready", (json_int_t)seq));
}

static struct edge_admin_answer on_commit(const struct edge_admin_request *r,
					  void *arg)
{
	const struct edge_daemon *d = arg;
	enum edge_err err;
	uint64_t seq;

	if (!seq_read(&seq, r->body))
		return bad_seq();
	err = edge_taking_commit(d->taking, seq);
	if (err)
		return edge_admin_refuse(409, edge_err_name(err),
					 "not prepared, or lapsed");
	return answer(200, json_pack("{s:I}", "taken", (json_int_t)seq));
}

static struct edge_admin_answer on_abort(const struct edge_admin_request *r,
					 void *arg)
{
	const struct edge_daemon *d = arg;

	(void)r;
	edge_taking_abort(d->taking);
	return answer(200, json_pack("{s:b}", "aborted", 1));
}

static struct edge_admin_answer on_reload(const struct edge_admin_request *r,
					  void *arg)
{
	struct edge_daemon *d = arg;
	char why[WHY_LEN];
	enum edge_err err = edge_daemon_reload(d, why, sizeof(why));

	(void)r;
	if (err)
		return edge_admin_refuse(409, edge_err_name(err), why);
	return answer(200,
		      json_pack("{s:b, s:o}", "reloaded", 1, "topology",
				topology_json(edge_taking_current(d->taking))));
}

static struct edge_admin_answer on_drain(const struct edge_admin_request *r,
					 void *arg)
{
	struct edge_daemon *d = arg;

	(void)r;
	if (!d->is_draining)
		edge_loop_defer(d->loop, &d->finish); /* answer first */
	return answer(202, json_pack("{s:b}", "draining", 1));
}

/* clang-format off */
static const struct edge_admin_route common_routes[] = {
	{"GET",  "/v1/status",           on_status},
	{"GET",  "/v1/counters",         on_counters},
	{"GET",  "/v1/refusals",         on_refusals},
	{"POST", "/v1/topology/prepare", on_prepare},
	{"POST", "/v1/topology/commit",  on_commit},
	{"POST", "/v1/topology/abort",   on_abort},
	{"POST", "/v1/reload",           on_reload},
	{"POST", "/v1/drain",            on_drain},
};
/* clang-format on */

enum edge_err edge_daemon_routes_open(struct edge_daemon *d)
{
	const struct edge_daemon_plan *p = d->plan;
	const struct edge_admin_plan a = {
		.loop = d->loop,
		.run = d->config->run,
		.daemon = p->name,
		.routes = common_routes,
		.count = sizeof(common_routes) / sizeof(common_routes[0]),
		.arg = d,
	};
	enum edge_err err = edge_admin_open(&d->admin, &a);

	if (!err)
		edge_admin_also(d->admin, p->routes, p->route_count, p->self);
	return err;
}
