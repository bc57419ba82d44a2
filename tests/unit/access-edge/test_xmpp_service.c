/* access-edge/xmpp_service.c, xmpp_sockets.c, xmpp_dns.c, xmpp_tls.c,
 * xmpp_status.c: on, off and somewhere else by the topology. */
#include "access-edge/xmpp_service.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <jansson.h>

#include "access-edge/events.h"
#include "access-edge/limits.h"
#include "access-edge/xmpp_status.h"
#include "common/recent.h"
#include "common/sock.h"
#include "tests/support/certs.h"
#include "tests/support/heard.h"
#include "tests/support/held_topo.h"
#include "tests/support/suite.h"
#include "tests/support/topo_fixture.h"

static const struct topo_xmpp_partner partners[] = {
	{.domain = "fabrikam.com"},
	{.domain = "clear.example",
	 .tls = TOPO_XMPP_NOT_SUPPORTED,
	 .sasl = TOPO_XMPP_NOT_SUPPORTED,
	 .dialback = true},
	{.domain = "never.example", .sasl = TOPO_XMPP_NOT_SUPPORTED},
};

static struct certs *certs;
static struct edge_config config;
static struct edge_loop *loop;
static struct edge_stats *stats;
static struct edge_recent *recent;
static struct topo_keyring *ring;
static _Atomic uint64_t limits[ACC_LIMIT_COUNT];
static struct acc_xmpp *x;
static const char *device_inside;
static char why[256];

static char *path(const char *file)
{
	return (char *)(uintptr_t)certs_path(certs, file);
}

/* A port nobody has: it was free a moment ago. */
static void listen_at(struct topo *t, enum topo_port_kind kind)
{
	struct edge_addr none, *at = &t->listen[kind].addr;
	int fd;

	ck_assert_int_eq(edge_addr_parse(at, edge_slice_str("127.0.0.1"), 0),
			 EDGE_OK);
	ck_assert_int_eq(edge_sock_listen(&fd, at, NULL, false), EDGE_OK);
	edge_sock_names(fd, at, &none);
	close(fd);
	t->listen[kind].present = true;
	t->listen[kind].protocol = "tls";
}

static struct topo with_xmpp(void)
{
	struct topo t = topo_fixture();

	t.xmpp = partners;
	t.xmpp_count = 3;
	t.xmpp_gateway = topo_xmpp_gateway_default();
	listen_at(&t, TOPO_PORT_XMPP_OUTSIDE);
	listen_at(&t, TOPO_PORT_XMPP_INSIDE);
	return t;
}

static void take(const struct topo *value)
{
	const struct topo *t = held_topo_new(value);

	ck_assert_msg(acc_xmpp_prepare(x, t, why, sizeof(why)) == EDGE_OK, "%s",
		      why);
	acc_xmpp_commit(x, t);
	topo_drop(t);
}

static enum edge_err make(const struct topo *value)
{
	const struct topo *t = held_topo_new(value);
	const struct acc_xmpp_plan p = {.loop = loop,
					.config = &config,
					.topo = t,
					.ring = ring,
					.limits = limits,
					.stats = stats,
					.refusals = recent,
					.device_internal = device_inside};
	enum edge_err err = acc_xmpp_new(&x, &p, why, sizeof(why));

	topo_drop(t);
	return err;
}

static void setup(void)
{
	heard_start(acc_events);
	x = NULL;
	device_inside = NULL;
	certs = certs_new();
	certs_make_usual(certs);
	certs_write(certs, "resolv.conf", "nameserver 127.0.0.1\n");
	memset(&config, 0, sizeof(config));
	config.certificate[EDGE_CERT_ACCESS].chain = path("edge.pem");
	config.certificate[EDGE_CERT_ACCESS].key = path("edge.key");
	config.certificate[EDGE_CERT_INTERNAL].chain = path("edge.pem");
	config.certificate[EDGE_CERT_INTERNAL].key = path("edge.key");
	config.trust.internal_ca = path("ca.pem");
	config.trust.public_roots = path("ca.pem");
	config.resolv = path("resolv.conf");
	config.lab = true;
	for (size_t i = 0; i < ACC_LIMIT_COUNT; i++)
		limits[i] = acc_config_rows.limits[i].def;
	ck_assert_int_eq(edge_loop_new(&loop), EDGE_OK);
	ck_assert_int_eq(acc_stats_new(&stats, 1), EDGE_OK);
	ck_assert_int_eq(edge_recent_new(&recent, 4), EDGE_OK);
	ck_assert_int_eq(topo_keyring_new(&ring), EDGE_OK);
	topo_keyring_rotate(ring, 1, 1);
}

static void teardown(void)
{
	acc_xmpp_free(x);
	edge_loop_free(loop);
	topo_keyring_free(ring);
	edge_recent_free(recent);
	edge_stats_free(stats);
	certs_free(certs);
	ck_assert_int_eq(held_topo_count(), 0);
	heard_stop();
}

static bool is_open(const struct topo *t, enum topo_port_kind kind)
{
	struct sockaddr_storage ss;
	const socklen_t len = edge_addr_to_sockaddr(&t->listen[kind].addr, &ss);
	const int fd = socket(AF_INET, SOCK_STREAM, 0);
	const bool is = connect(fd, (struct sockaddr *)&ss, len) == 0;

	close(fd);
	return is;
}

static json_t *page(void)
{
	json_t *o = json_object();

	json_object_set_new(o, "listeners", json_array());
	acc_xmpp_status(x, o);
	return o;
}

/* How many listeners are in that state. */
static size_t page_counts(const char *state)
{
	json_t *o = page(), *row;
	size_t i, n = 0;

	json_array_foreach(json_object_get(o, "listeners"), i, row) n +=
		strcmp(json_string_value(json_object_get(row, "state")),
		       state) == 0;
	json_decref(o);
	return n;
}

static void page_says(const char *state, size_t listeners)
{
	json_t *o = page(), *xmpp = json_object_get(o, "xmpp");

	ck_assert_str_eq(json_string_value(json_object_get(xmpp, "state")),
			 state);
	ck_assert_uint_eq(json_array_size(json_object_get(o, "listeners")),
			  listeners);
	ck_assert_uint_eq(json_array_size(json_object_get(xmpp, "streams")), 0);
	json_decref(o);
}

START_TEST(xmpp_service_is_off_without_partners)
{
	const struct topo t = topo_fixture();

	ck_assert_int_eq(make(&t), EDGE_OK);
	ck_assert_int_eq(acc_xmpp_start(x), EDGE_OK);
	page_says("off", 0);
	ck_assert(!heard("EDGE_EV_LISTENER_OPEN"));
	ck_assert(!heard("ACC_EV_XMPP"));
}
END_TEST

START_TEST(xmpp_service_is_on_with_partners_and_warns)
{
	const struct topo t = with_xmpp();

	ck_assert_msg(make(&t) == EDGE_OK, "%s", why);
	ck_assert_int_eq(acc_xmpp_start(x), EDGE_OK);
	page_says("on", 2);
	ck_assert(is_open(&t, TOPO_PORT_XMPP_OUTSIDE));
	ck_assert(is_open(&t, TOPO_PORT_XMPP_INSIDE));
	ck_assert_uint_eq(heard_with("ACC_EV_XMPP_PLAIN"), 1);
	ck_assert(heard("domain=clear.example"));
	ck_assert_uint_eq(heard_with("ACC_EV_XMPP_MODE"), 1);
	ck_assert(heard("domain=never.example"));
	ck_assert(!heard("missing="));
}
END_TEST

START_TEST(xmpp_service_says_what_it_lacks)
{
	const struct topo t = with_xmpp();

	config.trust.public_roots = NULL;
	config.resolv = path("nowhere");
	ck_assert_int_eq(make(&t), EDGE_OK);
	ck_assert(heard("missing=trust.public"));
	ck_assert(heard("missing=resolver"));
}
END_TEST

START_TEST(xmpp_service_goes_on_and_off_and_moves)
{
	const struct topo off = topo_fixture();
	const struct topo on = with_xmpp();
	struct topo moved = on;
	const struct topo *steps[] = {&on, &moved, &off};

	listen_at(&moved, TOPO_PORT_XMPP_OUTSIDE);
	ck_assert_int_eq(make(&off), EDGE_OK);
	ck_assert_int_eq(acc_xmpp_start(x), EDGE_OK);
	for (size_t i = 0; i < 3; i++) {
		take(steps[i]);
		ck_assert_int_eq(is_open(&on, TOPO_PORT_XMPP_OUTSIDE), i == 0);
		ck_assert_int_eq(is_open(&moved, TOPO_PORT_XMPP_OUTSIDE),
				 i == 1);
		ck_assert_int_eq(is_open(&on, TOPO_PORT_XMPP_INSIDE), i < 2);
	}
	ck_assert(heard("reason=moved"));
	ck_assert(heard("reason=off"));
	page_says("off", 0);
}
END_TEST

START_TEST(xmpp_service_forgets_what_is_not_taken)
{
	const struct topo off = topo_fixture(), on = with_xmpp();
	const struct topo *t;

	ck_assert_int_eq(make(&off), EDGE_OK);
	ck_assert_int_eq(acc_xmpp_start(x), EDGE_OK);
	t = held_topo_new(&on);
	ck_assert_int_eq(acc_xmpp_prepare(x, t, why, sizeof(why)), EDGE_OK);
	acc_xmpp_abort(x);
	topo_drop(t);
	ck_assert(!is_open(&on, TOPO_PORT_XMPP_OUTSIDE));
	page_says("off", 0);
}
END_TEST

START_TEST(xmpp_service_refuses_an_address_that_is_taken)
{
	struct topo t = with_xmpp();
	int fd;

	ck_assert_int_eq(edge_sock_listen(&fd,
					  &t.listen[TOPO_PORT_XMPP_INSIDE].addr,
					  NULL, false),
			 EDGE_OK);
	ck_assert_int_eq(make(&t), EDGE_ESYS);
	ck_assert_ptr_null(x);
	ck_assert_ptr_nonnull(strstr(why, "cannot listen on 127.0.0.1"));
	close(fd);
}
END_TEST

START_TEST(xmpp_service_takes_other_certificates_or_keeps_its_own)
{
	const struct topo t = with_xmpp();
	struct edge_config other = config;
	const struct edge_tls *before;

	ck_assert_int_eq(make(&t), EDGE_OK);
	before = acc_xmpp_core_of(x)->tls_in;
	other.certificate[EDGE_CERT_ACCESS].chain = path("nowhere.pem");
	ck_assert_int_eq(acc_xmpp_reload_prepare(x, &other, why, sizeof(why)),
			 EDGE_ETLS);
	acc_xmpp_reload_abort(x);
	ck_assert_ptr_eq(acc_xmpp_core_of(x)->tls_in, before);
	ck_assert_int_eq(acc_xmpp_reload_prepare(x, &config, why, sizeof(why)),
			 EDGE_OK);
	acc_xmpp_reload(x, &config);
	ck_assert_ptr_eq(acc_xmpp_core_of(x)->tls_in, before);
	certs_make(certs, "renewed", &(struct cert_spec){.issuer = "ca"});
	other.certificate[EDGE_CERT_ACCESS].chain = path("renewed.pem");
	other.certificate[EDGE_CERT_ACCESS].key = path("renewed.key");
	ck_assert_int_eq(acc_xmpp_reload_prepare(x, &other, why, sizeof(why)),
			 EDGE_OK);
	acc_xmpp_reload(x, &other);
	ck_assert_ptr_ne(acc_xmpp_core_of(x)->tls_in, before);
}
END_TEST

/* What it was started with ends with the first reload. */
START_TEST(xmpp_service_keeps_the_device_itself)
{
	const struct topo off = topo_fixture(), on = with_xmpp();
	const struct topo *t = held_topo_new(&on);
	char *borrowed = strdup("none-such0");

	device_inside = borrowed;
	ck_assert_int_eq(make(&off), EDGE_OK);
	memset(borrowed, 'x', strlen(borrowed));
	free(borrowed);
	ck_assert_int_ne(acc_xmpp_prepare(x, t, why, sizeof(why)), EDGE_OK);
	ck_assert_ptr_nonnull(strstr(why, "none-such0"));
	topo_drop(t);
}
END_TEST

/* A reload that fails says nothing of a topology that is being taken. */
START_TEST(xmpp_service_keeps_what_a_topology_bound)
{
	const struct topo off = topo_fixture(), on = with_xmpp();
	const struct topo *t = held_topo_new(&on);
	struct edge_config other = config;

	other.certificate[EDGE_CERT_INTERNAL].chain = path("nowhere.pem");
	ck_assert_int_eq(make(&off), EDGE_OK);
	ck_assert_int_eq(acc_xmpp_start(x), EDGE_OK);
	ck_assert_int_eq(acc_xmpp_prepare(x, t, why, sizeof(why)), EDGE_OK);
	ck_assert_int_ne(acc_xmpp_reload_prepare(x, &other, why, sizeof(why)),
			 EDGE_OK);
	acc_xmpp_reload_abort(x);
	acc_xmpp_commit(x, t);
	topo_drop(t);
	ck_assert(is_open(&on, TOPO_PORT_XMPP_OUTSIDE));
	ck_assert(is_open(&on, TOPO_PORT_XMPP_INSIDE));
	ck_assert_uint_eq(page_counts("open"), 2);
	ck_assert(!heard("EDGE_EV_START_FAILED"));
}
END_TEST

START_TEST(xmpp_service_says_when_a_door_is_not_there)
{
	const struct topo off = topo_fixture(), on = with_xmpp();
	const struct topo *t = held_topo_new(&on);

	ck_assert_int_eq(make(&off), EDGE_OK);
	ck_assert_int_eq(acc_xmpp_start(x), EDGE_OK);
	acc_xmpp_commit(x, t); /* not prepared */
	topo_drop(t);
	ck_assert_uint_eq(heard_with("EDGE_EV_START_FAILED"), 2);
	ck_assert_uint_eq(page_counts("closed"), 2);
	take(&on); /* the next one makes up for it */
	ck_assert_uint_eq(heard_with("EDGE_EV_START_FAILED"), 2);
	ck_assert_uint_eq(page_counts("open"), 2);
}
END_TEST

/* What it knows and is asking survives what has nothing to do with it. */
START_TEST(xmpp_service_keeps_its_resolver)
{
	const struct topo on = with_xmpp();
	struct topo more = on;
	const struct edge_dns *before;

	ck_assert_int_eq(make(&on), EDGE_OK);
	ck_assert_int_eq(acc_xmpp_start(x), EDGE_OK);
	before = acc_xmpp_core_of(x)->dns;
	ck_assert_ptr_nonnull(before);
	more.xmpp_count = 1;
	take(&more);
	ck_assert_int_eq(acc_xmpp_reload_prepare(x, &config, why, sizeof(why)),
			 EDGE_OK);
	acc_xmpp_reload(x, &config);
	ck_assert_ptr_eq(acc_xmpp_core_of(x)->dns, before);
}
END_TEST

START_TEST(xmpp_service_asks_whom_it_is_told_to)
{
	const struct topo on = with_xmpp();

	config.resolv = path("nowhere");
	ck_assert_int_eq(make(&on), EDGE_OK);
	ck_assert_ptr_null(acc_xmpp_core_of(x)->dns);
	certs_write(certs, "nowhere", "nameserver 127.0.0.1\n");
	take(&on);
	ck_assert_ptr_nonnull(acc_xmpp_core_of(x)->dns);
	certs_write(certs, "nowhere", "nothing is said here\n");
	take(&on);
	ck_assert_ptr_null(acc_xmpp_core_of(x)->dns);
}
END_TEST

/* A passphrase is the only secret there is; else the pool's keys are. */
START_TEST(xmpp_service_makes_keys_of_the_passphrase_or_the_ring)
{
	struct topo t = with_xmpp();
	const struct acc_dialback *d;

	ck_assert_int_eq(make(&t), EDGE_OK);
	d = &acc_xmpp_core_of(x)->dialback;
	ck_assert_uint_eq(d->count, 0); /* that key ended long ago */
	topo_keyring_rotate(ring, (uint64_t)time(NULL), 1);
	acc_xmpp_keys(x, ring);
	ck_assert_uint_eq(d->count, 1);
	acc_xmpp_free(x);
	x = NULL;
	t.xmpp_gateway.dialback_key =
		"a7136eb1f46c9ef18c5e78c36ca257067c69b3d518285f0b18a96c33beae9"
		"acc";
	ck_assert_int_eq(make(&t), EDGE_OK);
	d = &acc_xmpp_core_of(x)->dialback;
	ck_assert_uint_eq(d->count, 1);
	ck_assert_str_eq(d->secret[0], t.xmpp_gateway.dialback_key);
}
END_TEST

START_TEST(xmpp_service_drains)
{
	const struct topo t = with_xmpp();

	ck_assert_int_eq(make(&t), EDGE_OK);
	ck_assert_int_eq(acc_xmpp_start(x), EDGE_OK);
	acc_xmpp_drain(x);
	ck_assert(!is_open(&t, TOPO_PORT_XMPP_OUTSIDE));
	ck_assert(!is_open(&t, TOPO_PORT_XMPP_INSIDE));
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("xmpp_service");
	TCase *t = tcase_create("service");

	tcase_set_timeout(t, 30);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, xmpp_service_is_off_without_partners);
	tcase_add_test(t, xmpp_service_is_on_with_partners_and_warns);
	tcase_add_test(t, xmpp_service_says_what_it_lacks);
	tcase_add_test(t, xmpp_service_goes_on_and_off_and_moves);
	tcase_add_test(t, xmpp_service_forgets_what_is_not_taken);
	tcase_add_test(t, xmpp_service_refuses_an_address_that_is_taken);
	tcase_add_test(t,
		       xmpp_service_takes_other_certificates_or_keeps_its_own);
	tcase_add_test(t,
		       xmpp_service_makes_keys_of_the_passphrase_or_the_ring);
	tcase_add_test(t, xmpp_service_keeps_the_device_itself);
	tcase_add_test(t, xmpp_service_keeps_what_a_topology_bound);
	tcase_add_test(t, xmpp_service_says_when_a_door_is_not_there);
	tcase_add_test(t, xmpp_service_keeps_its_resolver);
	tcase_add_test(t, xmpp_service_asks_whom_it_is_told_to);
	tcase_add_test(t, xmpp_service_drains);
	suite_add_tcase(s, t);
	return s;
}
