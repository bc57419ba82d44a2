/* What the admin endpoint shows of this service. */
#include "av-edge/status.h"

#include <jansson.h>
#include <stddef.h>
#include <stdio.h>
#include <time.h>

#include "av-edge/house.h"
#include "av-edge/inside.h"
#include "av-edge/service.h"
#include "av-edge/service_doors.h"
#include "av-edge/service_keys.h"

enum {
	SOON_S = 7 * 86400, /* ours: a key that ends is told so long before */
	RANGE_LEN = 16,
	WARNING_LEN = 96,
};

/* -- listeners ---------------------------------------------------------- */

struct listener {
	const char *name, *tls;
	const char *protocol; /* or NULL */
	struct edge_addr at;
};

static void add_listener(json_t *a, const struct ave_service_facts *f,
			 const struct listener *l)
{
	char text[EDGE_ADDR_STRLEN];

	edge_addr_print(&l->at, text);
	json_array_append_new(
		a, json_pack("{s:s,s:s,s:s,s:s,s:s}", "name", l->name,
			     "address", text, "protocol",
			     l->protocol ? l->protocol : "-", "tls", l->tls,
			     "state", f->is_draining ? "draining" : "open"));
}

static const char *profile(const struct ave_service_facts *f, const char *name)
{
	return edge_tls_profile_str(edge_config_profile(f->config, name));
}

static void add_listeners(json_t *o, const struct ave_service_facts *f)
{
	json_t *a = json_array();
	const struct topo_listen *auth = &f->topo->listen[TOPO_PORT_AVAUTH];
	struct listener l = {.name = "avauth-inside",
			     .tls = profile(f, "avauth-inside"),
			     .protocol = auth->protocol,
			     .at = auth->addr};

	for (int k = 0; k < AVE_DOORS; k++) {
		enum ave_door_kind kind = (enum ave_door_kind)k;
		const struct listener door = {
			.name = ave_door_name(kind),
			.tls = ave_door_is_tcp(kind) && f->keys->turn
				       ? profile(f, AVE_TURN_LISTENER)
				       : "-",
			.protocol =
				f->topo->listen[ave_door_port(kind)].protocol,
			.at = ave_door_at(kind, f->topo),
		};

		if (door.at.family)
			add_listener(a, f, &door);
	}
	add_listener(a, f, &l);
	json_object_set_new(o, "listeners", a);
}

/* -- relay -------------------------------------------------------------- */

static json_int_t gauge(const _Atomic uint32_t *g)
{
	return (json_int_t)atomic_load_explicit(g, memory_order_relaxed);
}

static void add_gauges(json_t *relay, const struct ave_house *h)
{
	json_int_t allocations = 0, streams = 0, peers = 0, fast = 0;
	json_t *workers = json_array();

	for (unsigned i = 0; i < h->worker_count; i++) {
		const struct ave_gauges *g = &h->gauges[i];

		allocations += gauge(&g->allocations);
		streams += gauge(&g->streams);
		peers += gauge(&g->peers);
		fast += gauge(&g->fast);
		json_array_append_new(
			workers,
			json_pack("{s:I,s:I,s:I,s:I}", "allocations",
				  gauge(&g->allocations), "streams",
				  gauge(&g->streams), "peers", gauge(&g->peers),
				  "sockets", gauge(&g->sockets)));
	}
	json_object_set_new(relay, "allocations", json_integer(allocations));
	json_object_set_new(relay, "streams", json_integer(streams));
	json_object_set_new(relay, "peers", json_integer(peers));
	json_object_set_new(relay, "fast_flows", json_integer(fast));
	json_object_set_new(relay, "workers", workers);
}

static void add_places(json_t *relay, const struct ave_service_facts *f)
{
	const struct topo_listen *l = &f->topo->listen[TOPO_PORT_AV_RANGE];
	const struct ave_ports_used used = ave_house_ports(f->house);
	char at[EDGE_ADDR_STRLEN], told[EDGE_ADDR_STRLEN], range[RANGE_LEN];

	edge_addr_print_ip(&l->addr, false, at);
	edge_addr_print_ip(&f->topo->av_public, false, told);
	snprintf(range, sizeof(range), "%u-%u", l->addr.port,
		 l->addr.port + l->count - 1U);
	json_object_set_new(relay, "address", json_string(at));
	json_object_set_new(relay, "public", json_string(told));
	if (f->topo->av_own6.family) {
		edge_addr_print_ip(&f->topo->av_own6, false, at);
		edge_addr_print_ip(&f->topo->av_public6, false, told);
		json_object_set_new(relay, "address6", json_string(at));
		json_object_set_new(relay, "public6", json_string(told));
	}
	json_object_set_new(relay, "range", json_string(range));
	json_object_set_new(
		relay, "ports",
		json_pack("{s:I,s:I,s:I}", "udp", (json_int_t)used.udp, "tcp",
			  (json_int_t)used.tcp, "of", (json_int_t)l->count));
}

static void print_time(char out[32], int64_t at_s)
{
	const time_t t = (time_t)at_s;
	struct tm tm;

	if (!gmtime_r(&t, &tm) || !strftime(out, 32, "%Y-%m-%dT%H:%M:%SZ", &tm))
		*out = '\0';
}

static void add_keys(json_t *relay, const struct ave_service_keys *k,
		     int64_t now_s)
{
	const size_t minting = ave_service_keys_minting(k, now_s);
	json_t *a = json_array();

	for (size_t i = 0; i < k->ring.count; i++) {
		const struct mras_ring_key *key = &k->ring.v[i];
		char from[32], until[32], kid[8];

		snprintf(kid, sizeof(kid), "%04x", key->keys.kid);
		print_time(from, key->from_s);
		print_time(until, key->until_s);
		json_array_append_new(
			a, json_pack("{s:s,s:s,s:s,s:s,s:b}", "kid", kid,
				     "spki_sha256", k->spki_sha256[i], "from",
				     key->from_s ? from : "-", "until", until,
				     "mints", (int)(i == minting)));
	}
	json_object_set_new(relay, "keys", a);
	json_object_set_new(relay, "spki_sha256",
			    minting < k->ring.count
				    ? json_string(k->spki_sha256[minting])
				    : json_null());
}

static void add_inside(json_t *relay, const struct ave_service_facts *f)
{
	json_object_set_new(relay, "inside",
			    json_pack("{s:s,s:I,s:b}", "device",
				      f->house->device[AVE_INSIDE], "networks",
				      (json_int_t)f->inside_networks,
				      "default_route",
				      (int)f->inside->is_default_left_out));
}

/* -- warnings ----------------------------------------------------------- */

static void warn(json_t *a, const char *text)
{
	json_array_append_new(a, json_string(text));
}

static void warn_of_keys(json_t *a, const struct ave_service_keys *k,
			 int64_t now_s)
{
	char text[WARNING_LEN], until[32];
	int64_t last = 0;

	for (size_t i = 0; i < k->ring.count; i++)
		if (k->ring.v[i].until_s > last)
			last = k->ring.v[i].until_s;
	if (ave_service_keys_minting(k, now_s) >= k->ring.count)
		warn(a, "no key of A/V authentication makes tokens now");
	else if (last - now_s < SOON_S) {
		print_time(until, last);
		snprintf(text, sizeof(text),
			 "the last A/V authentication key ends at %s", until);
		warn(a, text);
	}
}

static void add_warnings(json_t *relay, const struct ave_service_facts *f,
			 int64_t now_s)
{
	json_t *a = json_array();

	if (!*f->house->device[AVE_INSIDE])
		warn(a, "the internal address is on no interface");
	else if (!f->inside_networks)
		warn(a, "no route leads through the internal interface");
	if (f->inside->is_default_left_out)
		warn(a, "the default route leaves by the internal interface");
	warn_of_keys(a, f->keys, now_s);
	json_object_set_new(relay, "warnings", a);
}

/* What edgectl counts down; the counts are those of the relay. */
static void add_drain(json_t *o, const struct ave_service_facts *f,
		      const json_t *relay)
{
	json_object_set_new(
		o, "draining",
		json_pack("{s:I,s:{s:O,s:O}}", "ends_in_s",
			  (json_int_t)((f->drain_left_ms + 999) / 1000), "left",
			  "allocations", json_object_get(relay, "allocations"),
			  "streams", json_object_get(relay, "streams")));
}

void ave_status_fill(void *self, void *object)
{
	const struct ave_service_facts f = ave_service_facts(self);
	const int64_t now_s = (int64_t)time(NULL);
	json_t *o = object, *relay = json_object();

	add_listeners(o, &f);
	add_places(relay, &f);
	add_gauges(relay, f.house);
	add_keys(relay, f.keys, now_s);
	add_inside(relay, &f);
	json_object_set_new(relay, "batch",
			    json_string(ave_batch_kind_name(f.batch)));
	json_object_set_new(relay, "fast_path",
			    json_string(f.has_fast_path ? "xdp" : "off"));
	json_object_set_new(relay, "has_tls", json_boolean(f.keys->turn));
	json_object_set_new(relay, "has_rfc", json_boolean(f.has_rfc));
	json_object_set_new(relay, "members",
			    json_integer((json_int_t)f.topo->member_count));
	json_object_set_new(relay, "mras_connections",
			    json_integer((json_int_t)f.mras_connections));
	add_warnings(relay, &f, now_s);
	if (f.is_draining)
		add_drain(o, &f, relay);
	json_object_set_new(o, "relay", relay);
}
