/* What the admin endpoint shows of this service. */
#include "access-edge/status.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "access-edge/hop.h"
#include "access-edge/service.h"
#include "common/crypto.h"
#include "common/log.h"
#include "common/peer_cache.h"
#include "common/revocation.h"

enum { ROWS = 20 /* ours: of certificates, of lists */ };

static void add_listener(json_t *a, const struct acc_service *v,
			 enum topo_port_kind kind, const char *name,
			 const char *state)
{
	const struct topo_listen *at = &acc_service_topo(v)->listen[kind];
	char text[EDGE_ADDR_STRLEN];

	edge_addr_print(&at->addr, text);
	json_array_append_new(
		a, json_pack("{s:s,s:s,s:s,s:s,s:s}", "name", name, "address",
			     text, "protocol", at->protocol, "tls",
			     acc_service_profile(v, name), "state", state));
}

/* Partners have a door of their own, or the clients', or none without a public
 * trust store. */
static const char *partners_door(const struct acc_service *v, bool draining)
{
	if (!acc_service_serves_partners(v))
		return "notserved";
	return draining ? "draining" : "open";
}

static void add_listeners(json_t *o, const struct acc_service *v, bool draining)
{
	json_t *a = json_array();

	add_listener(a, v, TOPO_PORT_ACCESS_CLIENT, "access-client",
		     draining ? "draining" : "open");
	add_listener(a, v, TOPO_PORT_ACCESS_INSIDE, "access-inside", "open");
	if (acc_service_topo(v)->listen[TOPO_PORT_ACCESS_FEDERATION].present)
		add_listener(a, v, TOPO_PORT_ACCESS_FEDERATION,
			     "access-federation", partners_door(v, draining));
	json_object_set_new(o, "listeners", a);
}

/* The best that any shard knows: one working connection is a working hop. */
static unsigned health(struct acc_shared *s, size_t member)
{
	unsigned best = ACC_HOP_DOWN;

	for (unsigned i = 0; i < s->shard_count; i++) {
		unsigned h = atomic_load_explicit(
			&s->shard[i]->gauges.member_health[member],
			memory_order_relaxed);

		if (h < best)
			best = h;
	}
	return best;
}

static void add_member(json_t *a, const struct topo_cluster *c,
		       const char *fqdn, const char *state)
{
	json_array_append_new(a, json_pack("{s:s,s:s,s:i,s:s}", "pool", c->fqdn,
					   "member", fqdn, "port", c->port,
					   "state", state));
}

/* Rows as acc_upstreams has them: members with an address, or the balancer in
 * front of them. */
static void add_upstreams(json_t *o, const struct topo *t, struct acc_shared *s)
{
	static const char *const names[] = {"up", "suspect", "down"};
	static const char none[] = "no address in HOSTS";
	const struct topo_cluster *c = topo_next_hop(t);
	json_t *a = json_array();
	size_t row = 0;

	bool is_balanced = acc_hop_is_balanced(c);

	if (is_balanced)
		add_member(a, c, c->fqdn, names[health(s, 0)]);
	for (size_t i = 0; i < c->member_count && !is_balanced; i++) {
		bool has = c->members[i].addr_count && row < ACC_MEMBERS;

		add_member(a, c, c->members[i].fqdn,
			   has ? names[health(s, row)] : none);
		row += has;
	}
	json_object_set_new(o, "upstreams", a);
}

static json_t *sum(struct acc_shared *s, size_t at)
{
	json_int_t n = 0;

	for (unsigned i = 0; i < s->shard_count; i++)
		n += atomic_load_explicit(
			(_Atomic uint32_t
				 *)(void *)((char *)&s->shard[i]->gauges + at),
			memory_order_relaxed);
	return json_integer(n);
}

/* -- partners' certificates --------------------------------------------- */

static void add_seen(json_t *a, const struct edge_peer_cache_row *r,
		     bool is_accepted)
{
	char hex[2 * EDGE_SHA256_LEN + 1], name[2 * EDGE_PEER_NAME_LEN];

	for (size_t i = 0; i < EDGE_SHA256_LEN; i++)
		snprintf(hex + 2 * i, 3, "%02x", r->sha256[i]);
	edge_log_escape(name, sizeof(name), edge_slice_str(r->name));
	json_array_append_new(
		a,
		json_pack("{s:s,s:s,s:s,s:I,s:I,s:I,s:s}", "name", name,
			  "verdict", is_accepted ? "accepted" : "rejected",
			  "fault", edge_peer_fault_str(r->fault), "count",
			  (json_int_t)r->count, "first", (json_int_t)r->first_s,
			  "last", (json_int_t)r->last_s, "sha256", hex));
}

/* Both halves in one list, the one that was seen last first. */
static json_t *certificates(struct edge_peer_cache *c)
{
	struct edge_peer_cache_row good[ROWS], bad[ROWS];
	size_t goods = edge_peer_cache_rows(c, true, good, ROWS);
	size_t bads = edge_peer_cache_rows(c, false, bad, ROWS);
	json_t *rows = json_array();

	for (size_t n = 0, g = 0, b = 0; n < ROWS && (g < goods || b < bads);
	     n++) {
		bool is_good = b == bads ||
			       (g < goods && good[g].last_s >= bad[b].last_s);

		add_seen(rows, is_good ? &good[g++] : &bad[b++], is_good);
	}
	return json_pack("{s:I,s:I,s:o}", "accepted",
			 (json_int_t)edge_peer_cache_count(c, true), "rejected",
			 (json_int_t)edge_peer_cache_count(c, false), "rows",
			 rows);
}

static json_t *lists(struct edge_revocation *r)
{
	struct edge_revocation_row rows[ROWS];
	size_t n = edge_revocation_rows(r, rows, ROWS, time(NULL));
	json_t *a = json_array();

	for (size_t i = 0; i < n; i++) {
		char url[2 * EDGE_CRL_URL_LEN];

		edge_log_escape(url, sizeof(url), edge_slice_str(rows[i].url));
		json_array_append_new(
			a, json_pack("{s:s,s:b,s:I,s:I,s:I,s:I,s:i,s:s}", "url",
				     url, "current", rows[i].is_current,
				     "serials", (json_int_t)rows[i].count,
				     "this", (json_int_t)rows[i].this_s, "next",
				     (json_int_t)rows[i].next_s, "due",
				     (json_int_t)rows[i].due_s, "failures",
				     (int)rows[i].failures, "error",
				     edge_err_str(rows[i].why)));
	}
	return a;
}

static void add_connections(json_t *o, struct acc_shared *s)
{
	static const char *const names[ACC_LINK_KINDS] = {
		[ACC_LINK_CLIENT] = "clients",
		[ACC_LINK_INSIDE] = "inside",
		[ACC_LINK_PARTNER] = "partners",
		[ACC_LINK_UPSTREAM] = "upstream",
		[ACC_LINK_OUTBOUND] = "to_partners",
	};
	json_t *c = json_object();

	for (int k = 0; k < ACC_LINK_KINDS; k++)
		json_object_set_new(
			c, names[k],
			sum(s, offsetof(struct acc_gauges, links[k])));
	json_object_set_new(o, "connections", c);
}

/* AE 4.5: by the names of the product's counters. */
static void add_performance(json_t *o, struct acc_service *v)
{
	const struct acc_product_row *r = acc_product_rows();
	json_t *a = json_array();

	for (size_t i = 0; r[i].object; i++)
		json_array_append_new(
			a,
			json_pack("{s:s,s:s,s:f}", "object", r[i].object,
				  "counter", r[i].counter, "value",
				  acc_product_value(acc_service_product(v),
						    acc_service_stats(v), i)));
	json_object_set_new(o, "performance", a);
}

/* What edgectl counts down. */
static void add_drain(json_t *o, struct acc_service *v)
{
	struct acc_shared *s = acc_service_shared(v);
	const uint64_t left_ms = acc_service_drain_left_ms(v);

	json_object_set_new(
		o, "draining",
		json_pack("{s:I,s:{s:o,s:o}}", "ends_in_s",
			  (json_int_t)((left_ms + 999) / 1000), "left",
			  "connections",
			  sum(s, offsetof(struct acc_gauges,
					  links[ACC_LINK_CLIENT])),
			  "transactions",
			  sum(s, offsetof(struct acc_gauges, transactions))));
}

void acc_status_fill(void *self, void *object)
{
	struct acc_service *v = self;
	struct acc_shared *s = acc_service_shared(v);
	const struct topo *t = acc_service_topo(v);
	json_t *o = object;

	add_listeners(o, v, atomic_load(&s->draining));
	if (atomic_load(&s->draining))
		add_drain(o, v);
	add_upstreams(o, t, s);
	add_performance(o, v);
	add_connections(o, s);
	json_object_set_new(
		o, "overload",
		json_string(acc_overload_name(
			(enum acc_overload)atomic_load(&s->overload))));
	json_object_set_new(o, "transactions",
			    sum(s, offsetof(struct acc_gauges, transactions)));
	json_object_set_new(o, "partner_certificates",
			    certificates(s->certificates));
	json_object_set_new(o, "revocation_lists", lists(s->revocation));
	json_object_set_new(o, "shards", json_integer(s->shard_count));
}
