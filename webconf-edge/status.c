/* What the admin endpoint shows of this service. */
#include "webconf-edge/status.h"

#include <jansson.h>
#include <string.h>
#include <time.h>

#include "topology/utc.h"
#include "webconf-edge/mcu.h"
#include "webconf-edge/service.h"

static void add_listener(json_t *a, const struct wce_service *v,
			 const struct edge_addr *at, const char *name,
			 const char *state)
{
	const bool is_inside = !strcmp(name, "webconf-inside");
	char text[EDGE_ADDR_STRLEN];

	if (!at->family)
		return;
	edge_addr_print(at, text);
	json_array_append_new(a, json_pack("{s:s,s:s,s:s,s:s,s:s}", "name",
					   name, "address", text, "protocol",
					   is_inside ? "mtls" : "tls", "tls",
					   wce_service_profile(v, name),
					   "state", state));
}

static void add_listeners(json_t *o, const struct wce_service *v,
			  bool is_draining)
{
	const struct topo *t = wce_service_topo(v);
	const struct edge_addr twin = topo_webconf_twin(t);
	const char *outside = is_draining ? "draining" : "open";
	json_t *a = json_array();

	add_listener(a, v, &t->listen[TOPO_PORT_WEBCONF_CLIENT].addr,
		     "webconf-client", outside);
	add_listener(a, v, &twin, "webconf-client", outside);
	add_listener(a, v, &t->listen[TOPO_PORT_WEBCONF_INSIDE].addr,
		     "webconf-inside", "open");
	json_object_set_new(o, "listeners", a);
}

static const char *state_of(const struct wce_mcu *m)
{
	if (!m->control)
		return "down";
	return m->is_draining ? "draining" : "up";
}

/* The name of a pool, under which no machine registers. */
static bool is_pool(const struct topo *t, const char *fqdn)
{
	const struct topo_host *member = NULL;

	return topo_find_registrar(t, edge_slice_str(fqdn), &member) && !member;
}

/* Names the topology allows on 8057 and that are not registered: worth a
 * line, for they are what an operator looks for. */
static void add_absent(json_t *a, const struct wce_service *v)
{
	const struct topo *t = wce_service_topo(v);
	const struct wce_desk *d = wce_service_desk(v);

	for (size_t i = 0; i < t->trusted_count; i++) {
		const struct topo_trusted *x = &t->trusted[i];
		const struct wce_mcu *m;
		bool is_known = false;

		if (!(x->listeners & TOPO_TRUST_WEBCONF) || is_pool(t, x->fqdn))
			continue;
		LIST_FOREACH(m, &d->mcus, next)
		is_known |= psom_name_eq(edge_slice_str(m->name),
					 edge_slice_str(x->fqdn));
		if (!is_known)
			json_array_append_new(
				a, json_pack("{s:s,s:s,s:i}", "member", x->fqdn,
					     "state", "not registered", "port",
					     t->listen[TOPO_PORT_WEBCONF_INSIDE]
						     .addr.port));
	}
}

static void add_mcus(json_t *o, const struct wce_service *v)
{
	const struct wce_desk *d = wce_service_desk(v);
	const struct wce_mcu *m;
	json_t *a = json_array();

	if (d) {
		LIST_FOREACH(m, &d->mcus, next)
		json_array_append_new(
			a, json_pack("{s:s,s:s,s:I,s:I,s:I,s:I,s:I,s:I}",
				     "member", m->name, "state", state_of(m),
				     "generation", (json_int_t)m->generation,
				     "capacity", (json_int_t)m->capacity,
				     "sessions", (json_int_t)m->seated,
				     "told_active", (json_int_t)m->told_active,
				     "parked", (json_int_t)m->parked_count,
				     "waiting", (json_int_t)m->waiting_count));
		add_absent(a, v);
	}
	json_object_set_new(o, "upstreams", a);
}

static json_t *keys(const struct topo_keyring *r)
{
	json_t *a = json_array();

	for (size_t i = 0; i < r->count; i++) {
		char from[TOPO_UTC_STRLEN], to[TOPO_UTC_STRLEN];

		topo_utc_print(from, r->keys[i].not_before_s);
		topo_utc_print(to, r->keys[i].not_after_s);
		json_array_append_new(a, json_pack("{s:s,s:s,s:s}", "kid",
						   r->keys[i].kid, "not_before",
						   from, "not_after", to));
	}
	return a;
}

static json_t *number(_Atomic uint32_t *n)
{
	return json_integer(atomic_load(n));
}

static json_t *connections(struct wce_shared *s, const struct wce_desk *d)
{
	return json_pack("{s:o,s:o,s:o,s:o,s:I,s:I}", "clients",
			 number(&s->clients), "sessions", number(&s->paired),
			 "preauth", number(&s->preauth), "handshakes",
			 number(&s->handshakes), "inside",
			 (json_int_t)(d ? d->connection_count : 0), "parked",
			 (json_int_t)(d ? d->parked_count : 0));
}

/* Names as the original's health indicators: WC 4.10. */
static json_t *throttling(struct wce_shared *s, const struct wce_service *v)
{
	return json_pack("{s:o,s:b}", "throttled_server_connections",
			 number(&s->throttled), "system_throttling",
			 wce_service_is_throttling(v));
}

/* What edgectl counts down. */
static void add_drain(json_t *o, struct wce_service *v)
{
	struct wce_shared *s = wce_service_shared(v);
	const uint64_t left_ms = wce_service_drain_left_ms(v);

	json_object_set_new(o, "draining",
			    json_pack("{s:I,s:{s:o,s:o}}", "ends_in_s",
				      (json_int_t)((left_ms + 999) / 1000),
				      "left", "clients", number(&s->clients),
				      "sessions", number(&s->paired)));
}

void wce_status_fill(void *self, void *object)
{
	struct wce_service *v = self;
	struct wce_shared *s = wce_service_shared(v);
	const struct topo_keyring *r = wce_service_keys(v);
	json_t *o = object;

	add_listeners(o, v, atomic_load(&s->is_draining));
	if (atomic_load(&s->is_draining))
		add_drain(o, v);
	add_mcus(o, v);
	json_object_set_new(
		o, "conference",
		json_pack("{s:o,s:o,s:o,s:b}", "connections",
			  connections(s, wce_service_desk(v)), "throttling",
			  throttling(s, v), "keys", keys(r), "has_key",
			  topo_keyring_current(r, (uint64_t)time(NULL)) !=
				  NULL));
	json_object_set_new(o, "shards", json_integer(s->shard_count));
}
