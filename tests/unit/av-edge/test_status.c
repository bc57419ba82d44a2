/* av-edge/status.c: what the admin endpoint tells. */
#include "av-edge/status.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "av-edge/house.h"
#include "av-edge/inside.h"
#include "av-edge/ports.h"
#include "av-edge/service.h"
#include "av-edge/service_keys.h"
#include "common/tls.h"
#include "tests/support/certs.h"
#include "tests/support/suite.h"
#include "tests/unit/av-edge/service_fixture.h"

enum { DAY_S = 86400 };

/* The service, as far as the page looks at it. */
struct ave_service {
	struct topo topo;
	struct ave_house house;
	struct ave_service_keys keys;
	struct ave_networks inside;
	struct edge_config *config;
	struct ave_service_facts facts;
};

struct ave_service_facts ave_service_facts(const struct ave_service *v)
{
	return v->facts;
}

static struct ave_service v;
static json_t *o;

static int64_t now(void)
{
	return (int64_t)time(NULL);
}

static void setup(void)
{
	memset(&v, 0, sizeof(v));
	v.topo = service_fixture_topo();
	v.config = service_fixture_config("[tls]\nprofile.avauth-inside = "
					  "lync2013\n");
	v.house.worker_count = 2;
	ck_assert_int_eq(ave_house_open(&v.house, v.config, &v.topo), EDGE_OK);
	memcpy(v.house.device[AVE_INSIDE], "eth1", 5);
	v.keys.ring.count = 1;
	v.keys.ring.v[0].keys.kid = 0xbeef;
	v.keys.ring.v[0].until_s = now() + 30 * DAY_S;
	memset(v.keys.spki_sha256[0], 'a', 64);
	v.facts = (struct ave_service_facts){
		.topo = &v.topo,
		.house = &v.house,
		.config = v.config,
		.keys = &v.keys,
		.inside = &v.inside,
		.inside_networks = 3,
		.mras_connections = 2,
		.batch = AVE_BATCH_RING,
		.has_rfc = true,
	};
	o = json_object();
}

static void teardown(void)
{
	json_decref(o);
	ave_house_close(&v.house);
	edge_config_free(v.config);
}

static const json_t *relay(void)
{
	json_object_clear(o);
	ave_status_fill(&v, o);
	return json_object_get(o, "relay");
}

static json_int_t number(const json_t *of, const char *name)
{
	ck_assert_msg(json_is_integer(json_object_get(of, name)), "%s", name);
	return json_integer_value(json_object_get(of, name));
}

static const char *text(const json_t *of, const char *name)
{
	const char *s = json_string_value(json_object_get(of, name));

	return s ? s : "";
}

static const json_t *listener(size_t i)
{
	return json_array_get(json_object_get(o, "listeners"), i);
}

/* Is one of the warnings about that? */
static bool warns(const char *of)
{
	const json_t *list = json_object_get(relay(), "warnings");

	for (size_t i = 0; i < json_array_size(list); i++)
		if (strstr(json_string_value(json_array_get(list, i)), of))
			return true;
	return false;
}

START_TEST(status_lists_listeners)
{
	(void)relay();
	ck_assert_uint_eq(json_array_size(json_object_get(o, "listeners")), 5);
	ck_assert_str_eq(text(listener(0), "name"), "outside udp");
	ck_assert_str_eq(text(listener(0), "address"), "198.51.100.41:3478");
	ck_assert_str_eq(text(listener(0), "protocol"), "udp");
	ck_assert_str_eq(text(listener(0), "tls"), "-");
	ck_assert_str_eq(text(listener(0), "state"), "open");
	ck_assert_str_eq(text(listener(4), "name"), "avauth-inside");
	ck_assert_str_eq(text(listener(4), "address"), "172.25.33.10:5062");
	ck_assert_str_eq(text(listener(4), "tls"), "lync2013");
	v.facts.is_draining = true;
	(void)relay();
	ck_assert_str_eq(text(listener(2), "state"), "draining");
}
END_TEST

START_TEST(status_tells_where_it_relays)
{
	const struct ave_port_wish w = {.family = AF_INET, .now_ms = 1};
	const json_t *r, *ports;
	uint64_t token;
	uint16_t port;

	ck_assert_int_eq(ave_ports_take(&port, &token, v.house.shared.tcp, &w),
			 EDGE_OK);
	r = relay();
	ports = json_object_get(r, "ports");
	ck_assert_str_eq(text(r, "address"), "198.51.100.41");
	ck_assert_str_eq(text(r, "public"), "203.0.113.41");
	ck_assert_str_eq(text(r, "range"), "50000-59999");
	ck_assert_int_eq(number(ports, "udp"), 0);
	ck_assert_int_eq(number(ports, "tcp"), 1);
	ck_assert_int_eq(number(ports, "of"), 10000);
}
END_TEST

START_TEST(status_tells_of_ipv6)
{
	const json_t *r;

	v.topo.av_own6 = (struct edge_addr){.family = AF_INET6,
					    .ip = {0x20, 1, 0xd, 0xb8, 1}};
	v.topo.av_public6 = (struct edge_addr){.family = AF_INET6,
					       .ip = {0x20, 1, 0xd, 0xb8, 2}};
	r = relay();
	ck_assert_uint_eq(json_array_size(json_object_get(o, "listeners")), 7);
	ck_assert_str_eq(text(listener(4), "name"), "outside udp ipv6");
	ck_assert_str_eq(text(listener(4), "address"), "[2001:db8:100::]:3478");
	ck_assert_str_eq(text(listener(5), "name"), "outside tcp ipv6");
	ck_assert_str_eq(text(r, "address6"), "2001:db8:100::");
	ck_assert_str_eq(text(r, "public6"), "2001:db8:200::");
}
END_TEST

START_TEST(status_adds_the_workers)
{
	const json_t *r, *second;

	atomic_store(&v.house.gauges[0].allocations, 3);
	atomic_store(&v.house.gauges[1].allocations, 4);
	atomic_store(&v.house.gauges[1].streams, 5);
	atomic_store(&v.house.gauges[1].peers, 6);
	atomic_store(&v.house.gauges[1].sockets, 7);
	r = relay();
	ck_assert_int_eq(number(r, "allocations"), 7);
	ck_assert_int_eq(number(r, "streams"), 5);
	ck_assert_int_eq(number(r, "peers"), 6);
	ck_assert_uint_eq(json_array_size(json_object_get(r, "workers")), 2);
	second = json_array_get(json_object_get(r, "workers"), 1);
	ck_assert_int_eq(number(second, "allocations"), 4);
	ck_assert_int_eq(number(second, "sockets"), 7);
}
END_TEST

START_TEST(status_tells_what_is_served)
{
	const json_t *r = relay();

	ck_assert_str_eq(text(r, "batch"), "ring");
	ck_assert(json_is_true(json_object_get(r, "has_rfc")));
	ck_assert(json_is_false(json_object_get(r, "has_tls")));
	ck_assert_int_eq(number(r, "members"), 1);
	ck_assert_int_eq(number(r, "mras_connections"), 2);
	ck_assert_int_eq(number(json_object_get(r, "inside"), "networks"), 3);
	ck_assert_str_eq(text(json_object_get(r, "inside"), "device"), "eth1");
	ck_assert_uint_eq(json_array_size(json_object_get(r, "warnings")), 0);
}
END_TEST

START_TEST(status_shows_the_profile_of_turn)
{
	struct certs *files = certs_new();
	struct edge_tls_recipe recipe = {.ask = EDGE_TLS_ASK_NONE};
	char why[256] = "";

	certs_make_usual(files);
	recipe.chain = certs_path(files, "edge.pem");
	recipe.key = certs_path(files, "edge.key");
	ck_assert_msg(edge_tls_new(&v.keys.turn, &recipe, why, sizeof(why)) ==
			      EDGE_OK,
		      "%s", why);
	ck_assert(json_is_true(json_object_get(relay(), "has_tls")));
	ck_assert_str_eq(text(listener(0), "tls"), "-");
	ck_assert_str_eq(text(listener(2), "tls"), "modern");
	edge_tls_drop(v.keys.turn);
	certs_free(files);
}
END_TEST

START_TEST(status_shows_keys_and_no_secret)
{
	const json_t *r, *first;
	char *all;

	memset(v.keys.ring.v[0].keys.user, 'K', MRAS_KEY_LEN);
	v.keys.ring.count = 2;
	v.keys.ring.v[1] = v.keys.ring.v[0];
	v.keys.ring.v[0].from_s = now() + DAY_S;
	v.keys.ring.v[0].keys.kid = 1;
	memset(v.keys.spki_sha256[1], 'b', 64);
	r = relay();
	ck_assert_uint_eq(json_array_size(json_object_get(r, "keys")), 2);
	first = json_array_get(json_object_get(r, "keys"), 0);
	ck_assert_str_eq(text(first, "kid"), "0001");
	ck_assert_str_ne(text(first, "from"), "-");
	ck_assert(json_is_false(json_object_get(first, "mints")));
	first = json_array_get(json_object_get(r, "keys"), 1);
	ck_assert_str_eq(text(first, "kid"), "beef");
	ck_assert_str_eq(text(first, "from"), "-");
	ck_assert(json_is_true(json_object_get(first, "mints")));
	ck_assert_str_eq(text(r, "spki_sha256"), v.keys.spki_sha256[1]);
	all = json_dumps(o, 0);
	ck_assert_ptr_null(strstr(all, "KKKK"));
	free(all);
}
END_TEST

START_TEST(status_warns_of_keys)
{
	v.keys.ring.v[0].until_s = now() + 2 * DAY_S;
	ck_assert(warns("key ends at 20"));
	v.keys.ring.v[0].until_s = now() - 1;
	ck_assert(warns("no key of A/V authentication"));
	ck_assert(json_is_null(
		json_object_get(json_object_get(o, "relay"), "spki_sha256")));
}
END_TEST

START_TEST(status_warns_of_routes)
{
	v.facts.inside_networks = 0;
	ck_assert(warns("no route leads through"));
	v.inside.is_default_left_out = true;
	ck_assert(warns("default route leaves by the internal"));
	v.house.device[AVE_INSIDE][0] = '\0';
	ck_assert(warns("on no interface"));
}
END_TEST

Suite *test_suite(void)
{
	Suite *suite = suite_create("av-edge status");
	TCase *tc = tcase_create("status");

	tcase_set_timeout(tc, 20);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, status_lists_listeners);
	tcase_add_test(tc, status_tells_where_it_relays);
	tcase_add_test(tc, status_tells_of_ipv6);
	tcase_add_test(tc, status_adds_the_workers);
	tcase_add_test(tc, status_tells_what_is_served);
	tcase_add_test(tc, status_shows_the_profile_of_turn);
	tcase_add_test(tc, status_shows_keys_and_no_secret);
	tcase_add_test(tc, status_warns_of_keys);
	tcase_add_test(tc, status_warns_of_routes);
	suite_add_tcase(suite, tc);
	return suite;
}
