/* status: what the daemons say of themselves. */
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "edgectl/daemons.h"
#include "edgectl/keyring.h"
#include "topology/store.h"

enum { LINE = 512, REFUSALS_SHOWN = 12 /* ours */ };

static const char *text_of(const json_t *o, const char *name)
{
	const char *s = json_string_value(json_object_get(o, name));

	return s ? s : "-";
}

/* A scalar as words; objects and arrays are printed as JSON. */
static void put_value(char *dst, size_t cap, const json_t *v)
{
	char *text;

	if (json_is_string(v)) {
		snprintf(dst, cap, "%s", json_string_value(v));
		return;
	}
	text = json_dumps(v, JSON_COMPACT | JSON_ENCODE_ANY);
	snprintf(dst, cap, "%s", text ? text : "?");
	free(text);
}

/* "name=value name=value" of one object, or the value itself. */
static void print_row(struct ctl *c, const char *title, const json_t *row)
{
	char line[LINE], value[LINE / 2];
	size_t len = 0;
	const char *key;
	json_t *v;
	void *i;

	if (!json_is_object(row)) {
		put_value(value, sizeof(value), row);
		ctl_say(c, "  %-12s %s", title, value);
		return;
	}
	line[0] = '\0';
	for (i = json_object_iter((json_t *)(uintptr_t)row); i;
	     i = json_object_iter_next((json_t *)(uintptr_t)row, i)) {
		key = json_object_iter_key(i);
		v = json_object_iter_value(i);
		put_value(value, sizeof(value), v);
		if (len < sizeof(line))
			len += (size_t)snprintf(line + len, sizeof(line) - len,
						"%s%s=%s", len ? " " : "", key,
						value);
	}
	ctl_say(c, "  %-12s %s", title, line);
}

static void print_rows(struct ctl *c, const json_t *o, const char *member,
		       const char *title)
{
	const json_t *list = json_object_get(o, member);

	for (size_t i = 0; i < json_array_size(list); i++)
		print_row(c, i ? "" : title, json_array_get(list, i));
}

static long long number_of(const json_t *o, const char *name)
{
	return (long long)json_integer_value(json_object_get(o, name));
}

/* What only the media relay says. */
static void print_relay(struct ctl *c, const json_t *relay)
{
	const json_t *ports = json_object_get(relay, "ports");

	if (!relay)
		return;
	ctl_say(c, "  %-12s %s %s (public %s) ports udp=%lld tcp=%lld of %lld",
		"relay", text_of(relay, "address"), text_of(relay, "range"),
		text_of(relay, "public"), number_of(ports, "udp"),
		number_of(ports, "tcp"), number_of(ports, "of"));
	ctl_say(c,
		"  %-12s allocations=%lld streams=%lld peers=%lld workers=%zu "
		"batch=%s fast_path=%s fast_flows=%lld",
		"", number_of(relay, "allocations"),
		number_of(relay, "streams"), number_of(relay, "peers"),
		json_array_size(json_object_get(relay, "workers")),
		text_of(relay, "batch"), text_of(relay, "fast_path"),
		number_of(relay, "fast_flows"));
	print_row(c, "inside", json_object_get(relay, "inside"));
	print_rows(c, relay, "keys", "key");
}

/* What only the Web Conferencing Edge says. */
static void print_conference(struct ctl *c, const json_t *conference)
{
	const json_t *rows = json_object_get(conference, "connections");

	if (!conference)
		return;
	ctl_say(c,
		"  %-12s sessions=%lld clients=%lld preauth=%lld inside=%lld "
		"parked=%lld throttled=%lld",
		"conference", number_of(rows, "sessions"),
		number_of(rows, "clients"), number_of(rows, "preauth"),
		number_of(rows, "inside"), number_of(rows, "parked"),
		number_of(json_object_get(conference, "throttling"),
			  "throttled_server_connections"));
	print_rows(c, conference, "keys", "token key");
}

/* What only the Access Edge says: certificates of partners, and the lists that
 * they are looked up in. */
static void print_partners(struct ctl *c, const json_t *o)
{
	const json_t *seen = json_object_get(o, "partner_certificates");
	const json_t *rows = json_object_get(seen, "rows");

	if (number_of(seen, "accepted") || number_of(seen, "rejected"))
		ctl_say(c, "  %-12s accepted=%lld rejected=%lld", "partners",
			number_of(seen, "accepted"),
			number_of(seen, "rejected"));
	for (size_t i = 0; i < json_array_size(rows); i++)
		print_row(c, "", json_array_get(rows, i));
	print_rows(c, o, "revocation_lists", "crl");
}

/* Families of counters that say no to somebody. */
static bool is_refusal(const char *name)
{
	static const char *const families[] = {
		"_refused_total", "_rejected_total", "_reject_total",
		"_fail",	  "_slow_total",     "_errors_total"};

	for (size_t i = 0; i < sizeof(families) / sizeof(*families); i++)
		if (strstr(name, families[i]))
			return true;
	return false;
}

/* Of those, what is not nought. */
static void print_refusals(struct ctl *c, json_t *counters)
{
	unsigned shown = 0;
	const char *name;
	json_t *v;

	json_object_foreach(counters, name, v)
	{
		if (!is_refusal(name) || !json_integer_value(v))
			continue;
		if (++shown > REFUSALS_SHOWN)
			break;
		ctl_say(c, "  %-12s %s %" JSON_INTEGER_FORMAT,
			shown == 1 ? "refusals" : "", name,
			json_integer_value(v));
	}
}

static void print_limits(struct ctl *c, const json_t *o)
{
	const json_t *list = json_object_get(o, "limits");

	if (json_array_size(list))
		ctl_say(c, "  %-26s %12s %12s %12s %12s %-8s %s", "limit",
			"value", "default", "min", "max", "unit", "source");
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *r = json_array_get(list, i);
		long long n[4];
		static const char *const names[4] = {"value", "default", "min",
						     "max"};

		for (size_t k = 0; k < 4; k++)
			n[k] = (long long)json_integer_value(
				json_object_get(r, names[k]));
		ctl_say(c, "  %-26s %12lld %12lld %12lld %12lld %-8s %s",
			text_of(r, "name"), n[0], n[1], n[2], n[3],
			text_of(r, "unit"), text_of(r, "source"));
	}
}

static void print_daemon(struct ctl *c, const char *name, json_t *o,
			 json_t *counters)
{
	const json_t *topo = json_object_get(o, "topology");
	long long seq =
		(long long)json_integer_value(json_object_get(topo, "seq"));
	long long up =
		(long long)json_integer_value(json_object_get(o, "uptime_s"));

	ctl_say(c, "%-14s %-9s topology %-6lld up %lld s  pid %lld  version %s",
		name, text_of(o, "state"), seq, up,
		(long long)json_integer_value(json_object_get(o, "pid")),
		text_of(o, "version"));
	print_rows(c, o, "listeners", "listener");
	print_rows(c, o, "upstreams",
		   json_object_get(o, "conference") ? "data MCU" : "next hop");
	print_relay(c, json_object_get(o, "relay"));
	print_conference(c, json_object_get(o, "conference"));
	print_partners(c, o);
	print_refusals(c, counters);
	print_limits(c, o);
}

static void judge_profiles(struct ctl *c, const char *name,
			   const json_t *listeners)
{
	for (size_t i = 0; i < json_array_size(listeners); i++) {
		const json_t *l = json_array_get(listeners, i);

		if (!strcmp(text_of(l, "tls"), "lync2013"))
			ctl_find(c, TOPO_WARN, "CTL-018", name,
				 "listener %s with tls=lync2013",
				 text_of(l, "name"));
	}
}

static void judge_relay(struct ctl *c, const char *name, const json_t *relay)
{
	const json_t *list = json_object_get(relay, "warnings");

	for (size_t i = 0; i < json_array_size(list); i++)
		ctl_find(c, TOPO_WARN, "CTL-019", name, "%s",
			 json_string_value(json_array_get(list, i)));
}

static void judge_conference(struct ctl *c, const char *name,
			     const json_t *conference)
{
	if (json_is_false(json_object_get(conference, "has_key")))
		ctl_find(c, TOPO_WARN, "CTL-022", name,
			 "no token key in date: every client is refused");
}

static void judge(struct ctl *c, const char *name, const json_t *o,
		  uint64_t seq)
{
	uint64_t has = (uint64_t)json_integer_value(
		json_object_get(json_object_get(o, "topology"), "seq"));

	if (seq && has != seq)
		ctl_find(c, TOPO_WARN, "CTL-013", name,
			 "topology %" PRIu64 ", the store has %" PRIu64, has,
			 seq);
	if (json_is_true(json_object_get(o, "lab")))
		ctl_find(c, TOPO_WARN, "CTL-015", name, "lab = yes");
	judge_profiles(c, name, json_object_get(o, "listeners"));
	judge_relay(c, name, json_object_get(o, "relay"));
	judge_conference(c, name, json_object_get(o, "conference"));
}

/* True when it runs. */
static bool tell_daemon(struct ctl *c, json_t *all, const char *name,
			uint64_t seq, bool limits)
{
	enum edge_err err, other;
	json_t *o, *counters;

	o = ctl_daemon_get(c, name,
			   limits ? "/v1/status?limits=1" : "/v1/status", &err);
	if (err == EDGE_ENOTFOUND)
		return false;
	if (!o) {
		ctl_find(c, TOPO_WARN, "CTL-016", name, "%s", ctl_reason(err));
		return true;
	}
	counters = ctl_daemon_get(c, name, "/v1/counters", &other);
	print_daemon(c, name, o, counters);
	judge(c, name, o, seq);
	if (counters)
		json_object_set_new(o, "counters", counters);
	json_object_set_new(all, name, o);
	return true;
}

/* The store's current version; 0: none, reported. */
static uint64_t store_seq(struct ctl *c)
{
	struct topo_store *s = NULL;
	enum edge_err err;
	uint64_t seq = 0;

	err = topo_store_open(&s, c->config->state);
	if (!err)
		err = topo_store_seq(s, &seq);
	topo_store_free(s);
	if (!seq)
		ctl_find(c, TOPO_WARN, "CTL-009", c->config->state, "%s",
			 err && err != EDGE_ENOTFOUND ? ctl_reason(err)
						      : "nothing imported");
	else
		ctl_say(c, "%-14s version %" PRIu64 " in %s/replica", "store",
			seq, c->config->state);
	ctl_put_number(c, "seq", seq);
	return seq;
}

/* A pool lives on a shared route key. */
static void judge_keys(struct ctl *c)
{
	char saw[128];

	if (ctl_route_key_fault(c, saw, sizeof(saw)))
		ctl_find(c, TOPO_WARN, "CTL-017", "secrets/route.keys", "%s",
			 saw);
}

enum ctl_exit ctl_status(struct ctl *c, int argc, char **argv)
{
	bool limits = false, runs = false;
	const struct ctl_option options[] = {{"limits", NULL, &limits}};
	enum ctl_exit exit = ctl_options(c, options, 1, &argc, argv);
	json_t *all = json_object();
	uint64_t seq;

	if (!exit && argc)
		exit = ctl_usage(c, "status wants no words");
	if (!exit)
		exit = ctl_config(c);
	if (exit) {
		json_decref(all);
		return exit;
	}
	seq = store_seq(c);
	for (size_t i = 0; i < CTL_DAEMONS; i++)
		runs |= tell_daemon(c, all, ctl_daemons[i], seq, limits);
	ctl_put(c, "daemons", all);
	judge_keys(c);
	if (!runs)
		ctl_find(c, TOPO_WARN, "CTL-014", c->config->run,
			 "no service has a socket here");
	return CTL_GOOD;
}
