/* access-edge/status.c: what the admin endpoint tells. */
#include "access-edge/status.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "access-edge/hop.h"
#include "access-edge/service.h"
#include "common/peer_cache.h"
#include "common/recent.h"
#include "common/revocation.h"
#include "tests/support/suite.h"
#include "tests/support/topo_fixture.h"

/* The service, as far as the page looks at it. */
struct acc_service {
	struct acc_shared shared;
	struct topo topo;
};

const struct topo *acc_service_topo(const struct acc_service *v)
{
	return &v->topo;
}

struct acc_shared *acc_service_shared(struct acc_service *v)
{
	return &v->shared;
}

const char *acc_service_profile(const struct acc_service *of,
				const char *listener)
{
	(void)of;
	return strcmp(listener, "access-client") == 0 ? "lync2013" : "modern";
}

static bool serves_partners;

bool acc_service_serves_partners(const struct acc_service *of)
{
	(void)of;
	return serves_partners;
}

static struct acc_product product;

const struct acc_product *acc_service_product(const struct acc_service *of)
{
	(void)of;
	return &product;
}

uint64_t acc_service_drain_left_ms(const struct acc_service *of)
{
	(void)of;
	return 1500;
}

static struct edge_stats *stats;

struct edge_stats *acc_service_stats(void *of)
{
	(void)of;
	return stats;
}

static struct acc_service v;
static struct acc_shard *shards;
static json_t *o;

static void setup(void)
{
	memset(&v, 0, sizeof(v));
	v.topo = topo_fixture();
	v.shared.shard_count = 2;
	shards = calloc(2, sizeof(*shards));
	ck_assert_ptr_nonnull(shards);
	for (int i = 0; i < 2; i++)
		v.shared.shard[i] = &shards[i];
	ck_assert_int_eq(edge_recent_new(&v.shared.refusals, 4), EDGE_OK);
	ck_assert_int_eq(
		edge_revocation_new(&v.shared.revocation,
				    &(struct edge_revocation_limits){0}),
		EDGE_OK);
	ck_assert_int_eq(
		edge_peer_cache_new(&v.shared.certificates,
				    &(struct edge_peer_cache_limits){0}),
		EDGE_OK);
	ck_assert_int_eq(acc_stats_new(&stats, 2), EDGE_OK);
	serves_partners = false;
	o = json_object();
}

static void teardown(void)
{
	json_decref(o);
	edge_recent_free(v.shared.refusals);
	edge_revocation_free(v.shared.revocation);
	edge_peer_cache_free(v.shared.certificates);
	edge_stats_free(stats);
	free(shards);
}

static const char *text(const char *list, size_t i, const char *name)
{
	const char *s = json_string_value(json_object_get(
		json_array_get(json_object_get(o, list), i), name));

	return s ? s : "";
}

START_TEST(status_lists_listeners)
{
	acc_status_fill(&v, o);
	ck_assert_uint_eq(json_array_size(json_object_get(o, "listeners")), 3);
	ck_assert_str_eq(text("listeners", 0, "name"), "access-client");
	ck_assert_str_eq(text("listeners", 0, "address"), "198.51.100.5:443");
	ck_assert_str_eq(text("listeners", 0, "state"), "open");
	ck_assert_str_eq(text("listeners", 2, "state"), "notserved");
	ck_assert_str_eq(text("listeners", 0, "tls"), "lync2013");
	serves_partners = true;
	json_object_clear(o);
	acc_status_fill(&v, o);
	ck_assert_str_eq(text("listeners", 2, "state"), "open");
	v.topo.listen[TOPO_PORT_ACCESS_FEDERATION].present = false;
	atomic_store(&v.shared.draining, true);
	json_object_clear(o);
	acc_status_fill(&v, o);
	ck_assert_uint_eq(json_array_size(json_object_get(o, "listeners")), 2);
	ck_assert_str_eq(text("listeners", 0, "state"), "draining");
}
END_TEST

START_TEST(status_takes_the_best_any_shard_knows)
{
	atomic_store(&shards[0].gauges.member_health[0], ACC_HOP_DOWN);
	atomic_store(&shards[1].gauges.member_health[0], ACC_HOP_SUSPECT);
	acc_status_fill(&v, o);
	ck_assert_str_eq(text("upstreams", 0, "member"), "dir01.contoso.net");
	ck_assert_str_eq(text("upstreams", 0, "state"), "suspect");
	ck_assert_str_eq(text("upstreams", 1, "state"), "up");
}
END_TEST

START_TEST(status_tells_of_a_member_without_address)
{
	struct topo_cluster c = v.topo.registrars[0];
	struct topo_host members[2] = {c.members[0], c.members[1]};

	members[0].addr_count = 0;
	c.members = members;
	v.topo.registrars = &c;
	/* rows of the gauges are those that have an address */
	atomic_store(&shards[0].gauges.member_health[0], ACC_HOP_DOWN);
	atomic_store(&shards[1].gauges.member_health[0], ACC_HOP_DOWN);
	acc_status_fill(&v, o);
	ck_assert_str_eq(text("upstreams", 0, "state"), "no address in HOSTS");
	ck_assert_str_eq(text("upstreams", 1, "state"), "down");
}
END_TEST

START_TEST(status_shows_the_balancer_in_front)
{
	struct topo_cluster c = v.topo.registrars[0];
	const struct edge_addr at = {.family = AF_INET, .ip = {10, 0, 5, 39}};

	c.pool.addrs = &at;
	c.pool.addr_count = 1;
	v.topo.registrars = &c;
	acc_status_fill(&v, o);
	ck_assert_uint_eq(json_array_size(json_object_get(o, "upstreams")), 1);
	ck_assert_str_eq(text("upstreams", 0, "member"), "dirpool.contoso.net");
	ck_assert_str_eq(text("upstreams", 0, "state"), "up");
}
END_TEST

START_TEST(status_adds_the_shards)
{
	json_t *c;

	atomic_store(&shards[0].gauges.links[ACC_LINK_CLIENT], 3);
	atomic_store(&shards[1].gauges.links[ACC_LINK_CLIENT], 4);
	atomic_store(&shards[1].gauges.links[ACC_LINK_PARTNER], 2);
	atomic_store(&shards[0].gauges.links[ACC_LINK_OUTBOUND], 1);
	atomic_store(&shards[1].gauges.transactions, 5);
	acc_status_fill(&v, o);
	c = json_object_get(o, "connections");
	ck_assert_int_eq(json_integer_value(json_object_get(c, "clients")), 7);
	ck_assert_int_eq(json_integer_value(json_object_get(c, "partners")), 2);
	ck_assert_int_eq(json_integer_value(json_object_get(c, "to_partners")),
			 1);
	ck_assert_int_eq(json_integer_value(json_object_get(c, "inside")), 0);
	ck_assert_uint_eq(json_object_size(c), ACC_LINK_KINDS);
	ck_assert_int_eq(json_integer_value(json_object_get(o, "transactions")),
			 5);
	ck_assert_int_eq(json_integer_value(json_object_get(o, "shards")), 2);
}
END_TEST

/* A partner of that number was seen then. */
static void see(unsigned number, enum edge_peer_fault fault, int64_t now_s)
{
	char names[1][EDGE_PEER_NAME_LEN];
	struct edge_peer p = {.has_certificate = true,
			      .fault = fault,
			      .sha256 = {(uint8_t)number, 0xab},
			      .names = names,
			      .name_count = 1};

	snprintf(names[0], sizeof(names[0]), "p%u.\xe9.com", number);
	edge_peer_cache_note(v.shared.certificates, &p, fault == EDGE_PEER_FINE,
			     now_s);
}

static json_int_t number(const json_t *of, const char *name)
{
	return json_integer_value(json_object_get(of, name));
}

START_TEST(status_shows_partners_the_newest_first)
{
	json_t *seen, *rows, *row;

	for (unsigned i = 0; i < 15; i++) {
		see(2 * i, EDGE_PEER_FINE, 1000 + 2 * i);
		see(2 * i + 1, EDGE_PEER_REVOKED, 1001 + 2 * i);
	}
	acc_status_fill(&v, o);
	seen = json_object_get(o, "partner_certificates");
	rows = json_object_get(seen, "rows");
	ck_assert_int_eq(number(seen, "accepted"), 15);
	ck_assert_int_eq(number(seen, "rejected"), 15);
	ck_assert_uint_eq(json_array_size(rows), 20);
	for (size_t i = 0; i < 20; i++)
		ck_assert_int_eq(number(json_array_get(rows, i), "last"),
				 1029 - (json_int_t)i);
	row = json_array_get(rows, 0);
	ck_assert_str_eq(json_string_value(json_object_get(row, "name")),
			 "p29.\\xe9.com");
	ck_assert_str_eq(json_string_value(json_object_get(row, "verdict")),
			 "rejected");
	ck_assert_str_eq(json_string_value(json_object_get(row, "fault")),
			 "revoked");
	ck_assert_int_eq(
		strncmp(json_string_value(json_object_get(row, "sha256")),
			"1dab00", 6),
		0);
	ck_assert_uint_eq(
		json_array_size(json_object_get(o, "revocation_lists")), 0);
}
END_TEST

START_TEST(status_has_the_products_counters)
{
	const struct acc_product_row *r = acc_product_rows();
	size_t n = 0;

	while (r[n].object)
		n++;
	acc_status_fill(&v, o);
	ck_assert_uint_eq(json_array_size(json_object_get(o, "performance")),
			  n);
	ck_assert_str_eq(text("performance", 0, "counter"),
			 "Connections Refused Due To Server Overload");
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("status");
	TCase *t = tcase_create("status");

	tcase_set_timeout(t, 10);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, status_lists_listeners);
	tcase_add_test(t, status_takes_the_best_any_shard_knows);
	tcase_add_test(t, status_tells_of_a_member_without_address);
	tcase_add_test(t, status_shows_the_balancer_in_front);
	tcase_add_test(t, status_adds_the_shards);
	tcase_add_test(t, status_shows_partners_the_newest_first);
	tcase_add_test(t, status_has_the_products_counters);
	suite_add_tcase(s, t);
	return s;
}
