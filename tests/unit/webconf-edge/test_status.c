/* webconf-edge/status.c: what the admin endpoint tells. */
#include "webconf-edge/status.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/recent.h"
#include "tests/support/suite.h"
#include "tests/support/topo_fixture.h"
#include "webconf-edge/inside.h"
#include "webconf-edge/mcu.h"
#include "webconf-edge/service.h"

/* The service, as far as the page looks at it. */
struct wce_service {
	struct wce_shared shared;
	struct topo topo;
	struct wce_desk desk;
	struct topo_keyring ring;
	bool has_desk, is_throttling;
};

const struct topo *wce_service_topo(const struct wce_service *v)
{
	return &v->topo;
}

struct wce_shared *wce_service_shared(struct wce_service *v)
{
	return &v->shared;
}

const struct wce_desk *wce_service_desk(const struct wce_service *v)
{
	return v->has_desk ? &v->desk : NULL;
}

const struct topo_keyring *wce_service_keys(const struct wce_service *v)
{
	return &v->ring;
}

uint64_t wce_service_drain_left_ms(const struct wce_service *of)
{
	(void)of;
	return 1500;
}

bool wce_service_is_throttling(const struct wce_service *v)
{
	return v->is_throttling;
}

const char *wce_service_profile(const struct wce_service *of,
				const char *listener)
{
	(void)of;
	return strcmp(listener, "webconf-client") == 0 ? "lync2013" : "modern";
}

static const struct topo_trusted trusted[] = {
	{.fqdn = "fepool.contoso.net", .listeners = TOPO_TRUST_WEBCONF},
	{.fqdn = "fe01.contoso.net", .listeners = TOPO_TRUST_WEBCONF},
	{.fqdn = "fe02.contoso.net", .listeners = TOPO_TRUST_WEBCONF},
	{.fqdn = "dir01.contoso.net", .listeners = TOPO_TRUST_SIP},
};

static struct wce_service v;
static struct wce_mcu mcu;
static struct wce_inside control;
static json_t *o;

static void setup(void)
{
	memset(&v, 0, sizeof(v));
	memset(&mcu, 0, sizeof(mcu));
	v.topo = topo_fixture();
	v.topo.trusted = trusted;
	v.topo.trusted_count = 4;
	v.topo.listen[TOPO_PORT_WEBCONF_CLIENT] =
		(struct topo_listen){.present = true,
				     .addr = {.family = AF_INET,
					      .ip = {198, 51, 100, 6},
					      .port = 443},
				     .protocol = "tls"};
	v.topo.listen[TOPO_PORT_WEBCONF_INSIDE] =
		(struct topo_listen){.present = true,
				     .addr = {.family = AF_INET,
					      .ip = {172, 25, 33, 10},
					      .port = 8057},
				     .protocol = "mtls"};
	v.shared.shard_count = 2;
	v.has_desk = true;
	snprintf(mcu.name, sizeof(mcu.name), "fe01.contoso.net");
	LIST_INIT(&v.desk.mcus);
	LIST_INSERT_HEAD(&v.desk.mcus, &mcu, next);
	mcu.control = &control;
	ck_assert_int_eq(edge_recent_new(&v.shared.refusals, 4), EDGE_OK);
	o = json_object();
}

static void teardown(void)
{
	json_decref(o);
	edge_recent_free(v.shared.refusals);
}

static void fill(void)
{
	json_object_clear(o);
	wce_status_fill(&v, o);
}

static json_t *row(const char *list, size_t i)
{
	return json_array_get(json_object_get(o, list), i);
}

static const char *text(json_t *of, const char *name)
{
	const char *s = json_string_value(json_object_get(of, name));

	return s ? s : "";
}

static json_int_t number(json_t *of, const char *name)
{
	json_t *n = json_object_get(of, name);

	ck_assert_msg(json_is_integer(n), "%s is no number", name);
	return json_integer_value(n);
}

START_TEST(status_lists_listeners)
{
	fill();
	ck_assert_str_eq(text(row("listeners", 0), "name"), "webconf-client");
	ck_assert_str_eq(text(row("listeners", 0), "address"),
			 "198.51.100.6:443");
	ck_assert_str_eq(text(row("listeners", 0), "state"), "open");
	ck_assert_str_eq(text(row("listeners", 0), "tls"), "lync2013");
	ck_assert_str_eq(text(row("listeners", 0), "protocol"), "tls");
	ck_assert_str_eq(text(row("listeners", 1), "name"), "webconf-inside");
	ck_assert_str_eq(text(row("listeners", 1), "address"),
			 "172.25.33.10:8057");
	ck_assert_str_eq(text(row("listeners", 1), "tls"), "modern");
	atomic_store(&v.shared.is_draining, true);
	fill();
	ck_assert_str_eq(text(row("listeners", 0), "state"), "draining");
	ck_assert_int_eq(number(json_object_get(o, "draining"), "ends_in_s"),
			 2);
	ck_assert_str_eq(text(row("listeners", 1), "state"), "open");
}
END_TEST

START_TEST(status_lists_data_mcus)
{
	mcu.generation = UINT32_MAX + UINT64_C(5);
	mcu.capacity = 100;
	mcu.seated = 3;
	mcu.told_active = 2;
	mcu.parked_count = 8;
	mcu.waiting_count = 1;
	fill();
	ck_assert_str_eq(text(row("upstreams", 0), "member"),
			 "fe01.contoso.net");
	ck_assert_str_eq(text(row("upstreams", 0), "state"), "up");
	ck_assert_int_eq(number(row("upstreams", 0), "generation"), 4294967300);
	ck_assert_int_eq(number(row("upstreams", 0), "capacity"), 100);
	ck_assert_int_eq(number(row("upstreams", 0), "sessions"), 3);
	ck_assert_int_eq(number(row("upstreams", 0), "told_active"), 2);
	ck_assert_int_eq(number(row("upstreams", 0), "parked"), 8);
	ck_assert_int_eq(number(row("upstreams", 0), "waiting"), 1);
	mcu.is_draining = true;
	fill();
	ck_assert_str_eq(text(row("upstreams", 0), "state"), "draining");
	mcu.control = NULL;
	fill();
	ck_assert_str_eq(text(row("upstreams", 0), "state"), "down");
}
END_TEST

/* Who may register and has not: what an operator looks for. A pool's name and
 * a server that is not allowed on 8057 are not among them. */
START_TEST(status_lists_who_is_not_registered)
{
	fill();
	ck_assert_uint_eq(json_array_size(json_object_get(o, "upstreams")), 2);
	ck_assert_str_eq(text(row("upstreams", 1), "member"),
			 "fe02.contoso.net");
	ck_assert_str_eq(text(row("upstreams", 1), "state"), "not registered");
	ck_assert_int_eq(number(row("upstreams", 1), "port"), 8057);
	snprintf(mcu.name, sizeof(mcu.name), "FE02.contoso.net.");
	fill();
	ck_assert_str_eq(text(row("upstreams", 1), "member"),
			 "fe01.contoso.net");
}
END_TEST

START_TEST(status_counts)
{
	json_t *c;

	atomic_store(&v.shared.clients, 7);
	atomic_store(&v.shared.paired, 5);
	atomic_store(&v.shared.preauth, 2);
	atomic_store(&v.shared.handshakes, 1);
	atomic_store(&v.shared.throttled, 4);
	v.desk.connection_count = 9;
	v.desk.parked_count = 8;
	v.is_throttling = true;
	fill();
	c = json_object_get(json_object_get(o, "conference"), "connections");
	ck_assert_int_eq(number(c, "clients"), 7);
	ck_assert_int_eq(number(c, "sessions"), 5);
	ck_assert_int_eq(number(c, "preauth"), 2);
	ck_assert_int_eq(number(c, "handshakes"), 1);
	ck_assert_int_eq(number(c, "inside"), 9);
	ck_assert_int_eq(number(c, "parked"), 8);
	c = json_object_get(json_object_get(o, "conference"), "throttling");
	ck_assert_int_eq(number(c, "throttled_server_connections"), 4);
	ck_assert(json_is_true(json_object_get(c, "system_throttling")));
	ck_assert_int_eq(number(o, "shards"), 2);
}
END_TEST

START_TEST(status_names_its_keys_and_shows_none)
{
	json_t *c, *k;
	char *all;

	fill();
	c = json_object_get(o, "conference");
	ck_assert(json_is_false(json_object_get(c, "has_key")));
	v.ring.count = 1;
	memcpy(v.ring.keys[0].kid, "12", 3);
	memset(v.ring.keys[0].key, 'K', sizeof(v.ring.keys[0].key));
	v.ring.keys[0].not_before_s = 1700000000;
	v.ring.keys[0].not_after_s = UINT32_MAX;
	fill();
	c = json_object_get(o, "conference");
	ck_assert(json_is_true(json_object_get(c, "has_key")));
	k = json_array_get(json_object_get(c, "keys"), 0);
	ck_assert_str_eq(text(k, "kid"), "12");
	ck_assert_str_eq(text(k, "not_before"), "2023-11-14T22:13:20Z");
	all = json_dumps(o, 0);
	ck_assert_ptr_null(strstr(all, "KKKK"));
	ck_assert_ptr_null(strstr(all, "4b4b4b4b"));
	free(all);
}
END_TEST

/* Before the desk is there, and after it is gone. */
START_TEST(status_without_a_desk)
{
	v.has_desk = false;
	fill();
	ck_assert_uint_eq(json_array_size(json_object_get(o, "upstreams")), 0);
	ck_assert_int_eq(
		number(json_object_get(json_object_get(o, "conference"),
				       "connections"),
		       "inside"),
		0);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("status");
	TCase *t = tcase_create("status");

	tcase_set_timeout(t, 10);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, status_lists_listeners);
	tcase_add_test(t, status_lists_data_mcus);
	tcase_add_test(t, status_lists_who_is_not_registered);
	tcase_add_test(t, status_counts);
	tcase_add_test(t, status_names_its_keys_and_shows_none);
	tcase_add_test(t, status_without_a_desk);
	suite_add_tcase(s, t);
	return s;
}
