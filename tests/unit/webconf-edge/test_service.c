/* webconf-edge/service*.c: the whole service on loopback, real sockets,
 * threads; its daemon is the test. */
#include "webconf-edge/service.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "common/sock.h"
#include "tests/support/suite.h"
#include "tests/support/topo_fixture.h"
#include "tests/unit/webconf-edge/ep1_peer.h"
#include "topology/snap.h"
#include "webconf-edge/events.h"
#include "webconf-edge/mcu.h"
#include "webconf-edge/service_state.h"

#define FE01 "fe01.contoso.net"
#define URI  "sip:alice@contoso.com;gruu;opaque=app:conf:data-conf:id:5D37"

enum { LINES = 16384, KEY_BYTE = 0x11, NEXT_BYTE = 0x22 };

static const struct topo_trusted trusted[] = {
	{.fqdn = FE01, .listeners = TOPO_TRUST_WEBCONF}};

static struct certs *files;
static struct topo t;
static const struct topo *topo;
static struct edge_config *config, *other;
static struct edge_loop *loop;
static struct wce_service *v;
static struct edge_tls *client_tls, *mcu_tls;
static struct ep1_peer control, leg, peer, second;
static char state[64], why[512], lines[LINES];
static int files_open;

/* -- the world ---------------------------------------------------------- */

static void keep_line(const char *line, void *arg)
{
	const size_t len = strlen(lines);

	(void)arg;
	if (getenv("SERVICE_VERBOSE"))
		fprintf(stderr, "%s\n", line);
	snprintf(lines + len, sizeof(lines) - len, "%s\n", line);
}

static int count_files(void)
{
	DIR *d = opendir("/proc/self/fd");
	int n = 0;

	ck_assert_ptr_nonnull(d);
	while (readdir(d))
		n++;
	closedir(d);
	return n;
}

/* Ports that were free just now: two at a time, so that they differ. */
static void choose_doors(void)
{
	struct edge_addr outside, inside;
	const int one = ep1_listen(&outside), two = ep1_listen(&inside);

	close(one);
	close(two);
	t.listen[TOPO_PORT_WEBCONF_CLIENT] =
		(struct topo_listen){.present = true,
				     .addr = outside,
				     .count = 1,
				     .protocol = "tls"};
	t.listen[TOPO_PORT_WEBCONF_INSIDE] =
		(struct topo_listen){.present = true,
				     .addr = inside,
				     .count = 1,
				     .protocol = "mtls"};
}

static const struct topo *snapshot(void)
{
	const struct topo *made = NULL;
	char *text = NULL;
	size_t len = 0;

	ck_assert_int_eq(topo_snap_encode(&text, &len, &t), EDGE_OK);
	ck_assert_msg(topo_snap_decode(&made, edge_slice(text, len), t.seq, why,
				       sizeof(why)) == EDGE_OK,
		      "%s", why);
	free(text);
	return made;
}

static struct edge_config *settings(const char *leaf, const char *more)
{
	const char *at = certs_path(files, "");
	struct edge_config *c = NULL;
	char text[2048];

	snprintf(text, sizeof(text),
		 "[local]\nlab = yes\nshards = 2\nstate = %s\n"
		 "[certificate.webconf]\nchain = %s/%s.pem\nkey = %s/%s.key\n"
		 "[certificate.internal]\nchain = %s/edge.pem\n"
		 "key = %s/edge.key\n[trust]\ninternal = %s/ca.pem\n%s",
		 state, at, leaf, at, leaf, at, at, at, more);
	ck_assert_msg(edge_config_parse(&c, edge_slice_str(text),
					&wce_config_rows, why,
					sizeof(why)) == EDGE_OK,
		      "%s", why);
	return c;
}

static void write_keys(unsigned kid, unsigned byte)
{
	char file[128];
	FILE *f;

	snprintf(file, sizeof(file), "%s/secrets", state);
	(void)mkdir(file, 0700);
	snprintf(file, sizeof(file), "%s/secrets/psom.keys", state);
	f = fopen(file, "w");
	ck_assert_ptr_nonnull(f);
	fprintf(f, "%u ", kid);
	for (int i = 0; i < PSOM_KEY_LEN; i++)
		fprintf(f, "%02x", byte);
	fprintf(f, " 2020-01-01T00:00:00Z 2099-01-01T00:00:00Z\n");
	fclose(f);
	ck_assert_int_eq(chmod(file, 0600), 0);
}

static void setup(void)
{
	const struct cert_spec mcu = {.issuer = "ca", .san = "DNS:" FE01};

	edge_log_table(wce_events);
	edge_log_capture(keep_line, NULL);
	edge_log_clock(NULL);
	*lines = *why = '\0';
	control = leg = peer = second = (struct ep1_peer){0};
	snprintf(state, sizeof(state), "/tmp/edge-wce-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(state));
	write_keys(1, KEY_BYTE);
	files = certs_new();
	certs_make_usual(files);
	certs_make(files, "fe01", &mcu);
	certs_make(files, "next",
		   &(struct cert_spec){.issuer = "ca",
				       .san = "DNS:next.contoso.com"});
	client_tls = ep1_tls(files, NULL, EP1_TLS_CLIENT);
	mcu_tls = ep1_tls(files, "fe01", EP1_TLS_CLIENT);
	t = topo_fixture();
	t.access.tls_count = 1;
	t.token_lifetime_s = 28800;
	t.av_public =
		(struct edge_addr){.family = AF_INET, .ip = {127, 0, 0, 1}};
	t.trusted = trusted;
	t.trusted_count = 1;
	choose_doors();
	topo = snapshot();
	config = settings("edge", "");
	other = NULL;
	files_open = count_files();
	ck_assert_int_eq(edge_loop_new(&loop), EDGE_OK);
	ck_assert_int_eq(wce_service_new(&v), EDGE_OK);
}

static void remove_state(void)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/secrets/psom.keys", state);
	unlink(path);
	snprintf(path, sizeof(path), "%s/secrets", state);
	rmdir(path);
	rmdir(state);
}

static void teardown(void)
{
	wce_service_stop(v);
	wce_service_free(v);
	ep1_peer_fini(&control);
	ep1_peer_fini(&leg);
	ep1_peer_fini(&peer);
	ep1_peer_fini(&second);
	edge_loop_free(loop);
	ck_assert_int_eq(count_files(), files_open);
	edge_config_free(config);
	edge_config_free(other);
	edge_tls_drop(client_tls);
	edge_tls_drop(mcu_tls);
	topo_drop(topo);
	certs_free(files);
	remove_state();
	edge_log_capture(NULL, NULL);
}

static enum edge_err open_it(void)
{
	return wce_service_open(v, loop, config, topo);
}

static void start(void)
{
	ck_assert_msg(open_it() == EDGE_OK, "%s", lines);
	ck_assert_int_eq(wce_service_start(v), EDGE_OK);
}

static const struct edge_addr *outside(void)
{
	return &t.listen[TOPO_PORT_WEBCONF_CLIENT].addr;
}

static const struct edge_addr *inside(void)
{
	return &t.listen[TOPO_PORT_WEBCONF_INSIDE].addr;
}

/* -- a data MCU and a client -------------------------------------------- */

static void put_self(struct psom_put *w)
{
	static const uint8_t instance[PSOM_INSTANCE_LEN] = {1};

	psom_put_number(w, PSOM_TAG_VERSION, PSOM_PROFILE_VERSION);
	psom_put_bytes(w, PSOM_TAG_NAME, edge_slice_str(FE01));
	psom_put_bytes(w, PSOM_TAG_INSTANCE,
		       edge_slice(instance, sizeof(instance)));
}

static void mcu_up(void)
{
	uint8_t bytes[256];
	struct psom_frame f;
	struct psom_put w;

	ep1_peer_dial(&control, loop, mcu_tls, inside());
	ep1_wait_secured(&control);
	psom_put_start(&w, bytes, sizeof(bytes), PSOM_REGISTER);
	put_self(&w);
	psom_put_number(&w, PSOM_TAG_GENERATION, 1);
	psom_put_number(&w, PSOM_TAG_CAPACITY, 10);
	psom_put_number(&w, PSOM_TAG_LEGS, 0);
	ep1_peer_send(&control, psom_put_end(&w));
	ep1_take(&control, PSOM_REGISTER_OK, &f);
}

static bool has_parked(void *arg)
{
	(void)arg;
	return v->desk->parked_count;
}

static void park(void)
{
	uint8_t bytes[256];
	struct psom_put w;

	ep1_peer_dial(&leg, loop, mcu_tls, inside());
	ep1_wait_secured(&leg);
	psom_put_start(&w, bytes, sizeof(bytes), PSOM_OFFER);
	put_self(&w);
	ep1_peer_send(&leg, psom_put_end(&w));
	ep1_wait(loop, has_parked, NULL, "a parked leg");
}

static void say_hello(struct ep1_peer *p, unsigned kid, unsigned byte)
{
	const uint64_t now = (uint64_t)time(NULL);
	struct psom_token k = {.issued_s = (uint32_t)now,
			       .expires_s = (uint32_t)now + 300};
	uint8_t token[PSOM_TOKEN_LEN], bytes[512];
	struct psom_key key = {.kid = (uint8_t)kid};
	struct psom_put w;

	memset(key.key, (int)byte, sizeof(key.key));
	ck_assert_int_eq(
		edge_mac_new(&key.mac, edge_slice(key.key, sizeof(key.key))),
		EDGE_OK);
	ck_assert(
		psom_token_for(&k, edge_slice_str(FE01), edge_slice_str(URI)));
	psom_token_make(token, &key, &k);
	edge_mac_free(key.mac);
	psom_put_start(&w, bytes, sizeof(bytes), PSOM_HELLO);
	psom_put_number(&w, PSOM_TAG_VERSION, PSOM_PROFILE_VERSION);
	psom_put_bytes(&w, PSOM_TAG_TOKEN, edge_slice(token, sizeof(token)));
	psom_put_bytes(&w, PSOM_TAG_MCU, edge_slice_str(FE01));
	psom_put_bytes(&w, PSOM_TAG_CONFERENCE, edge_slice_str(URI));
	psom_put_bytes(&w, PSOM_TAG_INNER, edge_slice_str("7301884412"));
	ep1_peer_send(p, psom_put_end(&w));
}

static void knock(struct ep1_peer *p, unsigned kid, unsigned byte)
{
	ep1_peer_dial(p, loop, client_tls, outside());
	ep1_wait_secured(p);
	say_hello(p, kid, byte);
}

static void pair(void)
{
	uint8_t bytes[64];
	struct psom_frame f;
	struct psom_put w;

	mcu_up();
	park();
	knock(&peer, 1, KEY_BYTE);
	ep1_take(&leg, PSOM_ASSIGN, &f);
	psom_put_start(&w, bytes, sizeof(bytes), PSOM_ASSIGN_OK);
	psom_put_bytes(&w, PSOM_TAG_SESSION, f.value[PSOM_TAG_SESSION]);
	ep1_peer_send(&leg, psom_put_end(&w));
	ep1_take(&peer, PSOM_HELLO_OK, &f);
}

static void talk(void)
{
	ep1_peer_send_pattern(&peer, 50000);
	ep1_take_pattern(&leg, 50000);
	ep1_peer_send_pattern(&leg, 50000);
	ep1_take_pattern(&peer, 50000);
}

/* -- open and start ----------------------------------------------------- */

START_TEST(service_pairs_a_client)
{
	start();
	pair();
	talk();
	ck_assert_ptr_eq(wce_service_topo(v), topo);
	ck_assert_uint_eq(wce_service_keys(v)->count, 1);
	ck_assert_uint_eq(wce_service_shared(v)->shard_count, 2);
	ck_assert_ptr_eq(wce_service_desk(v), v->desk);
	ck_assert(!wce_service_is_throttling(v));
	ck_assert_str_eq(wce_service_profile(v, "webconf-client"), "modern");
	ck_assert_uint_eq(
		edge_stats_sum(wce_service_stats(v), WCE_STAT_SESSIONS), 1);
	ck_assert_str_eq(v->device[0], "");
	ck_assert_ptr_nonnull(strstr(lines, "EDGE_EV_LISTENER_OPEN"));
	ck_assert_ptr_nonnull(strstr(lines, "WCE_EV_KEYS"));
	ck_assert_ptr_null(strstr(lines, "WCE_EV_NO_KEY"));
}
END_TEST

START_TEST(service_without_keys_says_so_and_refuses)
{
	remove_state();
	start();
	ck_assert_ptr_nonnull(strstr(lines, "WCE_EV_NO_KEY"));
	knock(&peer, 1, KEY_BYTE);
	ep1_take_reject(&peer, 401);
}
END_TEST

static const struct {
	const char *leaf, *more, *why;
} bads[] = {
	{"nobody", "", "nobody"},
	{"edge", "[trust]\ninternal_crl = /none\n", "/none"},
};
enum { BADS = sizeof(bads) / sizeof(*bads) };

START_TEST(service_does_not_open_with_bad_settings)
{
	edge_config_free(config);
	config = settings(bads[_i].leaf, "");
	if (*bads[_i].more) {
		free(config->trust.internal_crl);
		config->trust.internal_crl = strdup("/none");
	}
	ck_assert_int_ne(open_it(), EDGE_OK);
	ck_assert_ptr_nonnull(strstr(lines, "EDGE_EV_START_FAILED"));
	ck_assert_msg(strstr(lines, bads[_i].why) != NULL, "%s", lines);
}
END_TEST

START_TEST(service_does_not_open_with_broken_keys)
{
	char file[128];
	FILE *f;

	snprintf(file, sizeof(file), "%s/secrets/psom.keys", state);
	f = fopen(file, "w");
	ck_assert_ptr_nonnull(f);
	fputs("1 xyz\n", f);
	fclose(f);
	ck_assert_int_eq(open_it(), EDGE_EFORMAT);
	ck_assert_ptr_nonnull(strstr(lines, "EDGE_EV_START_FAILED"));
}
END_TEST

/* _i: which door somebody else has */
START_TEST(service_does_not_open_where_somebody_else_listens)
{
	struct edge_addr at = _i ? *inside() : *outside();
	int fd = -1;

	ck_assert_int_eq(edge_sock_listen(&fd, &at, NULL, false), EDGE_OK);
	ck_assert_int_ne(open_it(), EDGE_OK);
	ck_assert_ptr_nonnull(strstr(lines, "cannot listen"));
	close(fd);
}
END_TEST

/* -- topology ----------------------------------------------------------- */

START_TEST(service_moves_its_doors_at_commit)
{
	const struct edge_addr old = *outside();
	const struct topo *new;

	start();
	pair();
	choose_doors();
	t.seq = 2;
	new = snapshot();
	ck_assert_msg(wce_service_prepare(v, new, why, sizeof(why)) == EDGE_OK,
		      "%s", why);
	ck_assert_ptr_eq(wce_service_topo(v), topo);
	wce_service_commit(v, new);
	ck_assert_ptr_eq(wce_service_topo(v), new);
	ck_assert_ptr_nonnull(strstr(lines, "reason=moved"));
	knock(&second, 1, KEY_BYTE); /* at the new one */
	ep1_pass(loop, 50);
	ck_assert(!second.is_over);
	talk(); /* the old session */
	ep1_peer_fini(&second);
	ep1_peer_dial(&second, loop, client_tls, &old);
	ep1_wait_end(&second);
	ck_assert_uint_eq(second.count[EDGE_CONN_SECURED], 0);
	topo_drop(new);
}
END_TEST

START_TEST(service_refuses_a_topology_it_cannot_serve)
{
	struct edge_addr taken;
	const struct topo *new;
	const int fd = ep1_listen(&taken);
	int before;

	start();
	before = count_files();
	t.listen[TOPO_PORT_WEBCONF_INSIDE].addr = taken;
	new = snapshot();
	ck_assert_int_ne(wce_service_prepare(v, new, why, sizeof(why)),
			 EDGE_OK);
	ck_assert_msg(strstr(why, "cannot listen") != NULL, "%s", why);
	ck_assert_int_eq(count_files(), before);
	ck_assert_ptr_eq(wce_service_topo(v), topo);
	topo_drop(new);
	close(fd);
	t.listen[TOPO_PORT_WEBCONF_INSIDE].addr =
		topo->listen[TOPO_PORT_WEBCONF_INSIDE].addr;
	pair();
}
END_TEST

START_TEST(service_forgets_what_was_prepared)
{
	const struct topo *new;
	int before;

	start();
	before = count_files();
	choose_doors();
	new = snapshot();
	ck_assert_int_eq(wce_service_prepare(v, new, why, sizeof(why)),
			 EDGE_OK);
	ck_assert_int_eq(count_files(), before + 3); /* two shards, one desk */
	wce_service_abort(v);
	ck_assert_int_eq(count_files(), before);
	topo_drop(new);
}
END_TEST

/* Keys come with the bundle. */
START_TEST(service_reads_new_keys_with_a_topology)
{
	const struct topo *new;

	start();
	t.seq = 2;
	new = snapshot();
	write_keys(2, NEXT_BYTE);
	ck_assert_int_eq(wce_service_prepare(v, new, why, sizeof(why)),
			 EDGE_OK);
	wce_service_commit(v, new);
	topo_drop(new);
	ck_assert_str_eq(wce_service_keys(v)->keys[0].kid, "2");
	knock(&peer, 2, NEXT_BYTE);
	ep1_take_reject(&peer, 503); /* a good token, no MCU */
	knock(&second, 1, KEY_BYTE);
	ep1_take_reject(&second, 401);
}
END_TEST

/* -- reload ------------------------------------------------------------- */

START_TEST(service_takes_new_settings)
{
	start();
	pair();
	write_keys(2, NEXT_BYTE);
	other = settings("next", "[limits]\nwebconf.sessions = 77\n");
	ck_assert_msg(wce_service_reload(v, other, why, sizeof(why)) == EDGE_OK,
		      "%s", why);
	ck_assert_uint_eq(wce_limit(wce_service_shared(v), WCE_LIMIT_SESSIONS),
			  77);
	knock(&second, 2, NEXT_BYTE);
	ck_assert_str_eq(edge_conn_peer(second.conn)->names[0],
			 "next.contoso.com");
	talk();
}
END_TEST

START_TEST(service_keeps_its_settings_when_new_ones_will_not_do)
{
	start();
	other = settings("nobody", "[limits]\nwebconf.sessions = 77\n");
	ck_assert_int_ne(wce_service_reload(v, other, why, sizeof(why)),
			 EDGE_OK);
	ck_assert_ptr_nonnull(strstr(why, "nobody"));
	ck_assert_uint_eq(wce_limit(wce_service_shared(v), WCE_LIMIT_SESSIONS),
			  4000);
	pair();
}
END_TEST

/* -- health, drain and the end ------------------------------------------ */

static bool is_throttling(void *arg)
{
	const bool *is = arg;

	return wce_service_is_throttling(v) == *is;
}

/* WC 4.8: above nine tenths of the sessions, or of those before their token. */
START_TEST(service_near_its_limits_is_throttling)
{
	bool yes = true, no = false;

	edge_config_free(config);
	config = settings("edge", _i ? "[limits]\nwebconf.preauth = 1\n"
				     : "[limits]\nwebconf.sessions = 1\n");
	start();
	ep1_peer_dial(&peer, loop, client_tls, outside());
	ep1_wait_secured(&peer);
	ep1_wait(loop, is_throttling, &yes, "throttling");
	ck_assert_ptr_nonnull(strstr(lines, "WCE_EV_THROTTLING"));
	ep1_peer_reset(&peer);
	ep1_wait(loop, is_throttling, &no, "no throttling");
}
END_TEST

static bool has_said_bye(void *arg)
{
	(void)arg;
	return v->has_said_bye;
}

/* WC 5.9: DRAIN, sessions, BYE. */
START_TEST(service_drains)
{
	start();
	pair();
	wce_service_drain(v);
	ck_assert_uint_eq(ep1_take_number(&control, PSOM_DRAIN, PSOM_TAG_GRACE),
			  30);
	talk();
	ck_assert(!v->has_said_bye);
	ck_assert(atomic_load(&wce_service_shared(v)->is_draining));
	ep1_peer_dial(&second, loop, client_tls, outside());
	ep1_wait_end(&second);
	ck_assert_uint_eq(second.count[EDGE_CONN_SECURED], 0);
	ep1_peer_shut(&peer);
	ep1_peer_shut(&leg);
	ep1_wait_end(&peer);
	ck_assert_uint_eq(peer.count[EDGE_CONN_EOF], 1);
	ck_assert_uint_eq(ep1_take_number(&control, PSOM_BYE, PSOM_TAG_CODE),
			  200);
	ep1_take_end(&control);
	ck_assert(v->has_said_bye);
}
END_TEST

START_TEST(service_drain_ends_with_its_grace)
{
	edge_config_free(config);
	config = settings("edge", "[limits]\nwebconf.drain_ms = 300\n");
	start();
	pair();
	wce_service_drain(v);
	(void)ep1_take_number(&control, PSOM_DRAIN, PSOM_TAG_GRACE);
	ck_assert_uint_eq(ep1_take_number(&control, PSOM_BYE, PSOM_TAG_CODE),
			  200);
	ep1_wait(loop, has_said_bye, NULL, "the end");
	wce_service_stop(v);
	ep1_wait_end(&peer); /* told abruptly: it was not over */
	ck_assert_ptr_nonnull(strstr(lines, "WCE_EV_SESSION"));
}
END_TEST

/* Stopped twice, or never started: the same. */
START_TEST(service_stops_whenever)
{
	wce_service_stop(v);
	start();
	pair();
	wce_service_stop(v);
	wce_service_stop(v);
	ep1_wait_end(&control);
	ep1_wait_end(&peer);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("service");
	TCase *c = tcase_create("service");

	tcase_set_timeout(c, 60);
	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, service_pairs_a_client);
	tcase_add_test(c, service_without_keys_says_so_and_refuses);
	tcase_add_loop_test(c, service_does_not_open_with_bad_settings, 0,
			    BADS);
	tcase_add_test(c, service_does_not_open_with_broken_keys);
	tcase_add_loop_test(
		c, service_does_not_open_where_somebody_else_listens, 0, 2);
	tcase_add_test(c, service_moves_its_doors_at_commit);
	tcase_add_test(c, service_refuses_a_topology_it_cannot_serve);
	tcase_add_test(c, service_forgets_what_was_prepared);
	tcase_add_test(c, service_reads_new_keys_with_a_topology);
	tcase_add_test(c, service_takes_new_settings);
	tcase_add_test(c, service_keeps_its_settings_when_new_ones_will_not_do);
	tcase_add_loop_test(c, service_near_its_limits_is_throttling, 0, 2);
	tcase_add_test(c, service_drains);
	tcase_add_test(c, service_drain_ends_with_its_grace);
	tcase_add_test(c, service_stops_whenever);
	suite_add_tcase(s, c);
	return s;
}
