/* av-edge/service*.c: the whole service on loopback, real sockets, threads. */
#include "av-edge/service.h"

#include <dirent.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "av-edge/events.h"
#include "av-edge/inside.h"
#include "av-edge/service_keys.h"
#include "av-edge/service_state.h"
#include "tests/support/certs.h"
#include "tests/support/heard.h"
#include "tests/support/suite.h"
#include "tests/unit/av-edge/service_fixture.h"

enum { WAIT_MS = 10000, SILENCE_MS = 200, LINES = 8192 };

/* MS-TURN: an Allocate without integrity, and the first bytes of its 401 */
static const uint8_t allocate[] = {
	0x00, 0x03, 0x00, 0x10, 1,    2,    3,	  4,	5,    6,    7,	  8,
	9,    10,   11,	  12,	13,   14,   15,	  16,	0x00, 0x0f, 0x00, 0x04,
	0x72, 0xc6, 0x4b, 0xc6, 0x80, 0x08, 0x00, 0x04, 0x00, 0x00, 0x00, 0x01};
static const uint8_t refusal[] = {0x01, 0x13};

static struct certs *files;
static struct topo t;
static const struct topo *topo;
static struct edge_config *config, *other;
static struct edge_loop *loop;
static struct ave_service *v;
static char why[512];
static int files_open;

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

static struct edge_config *settings(const char *auth, const char *more)
{
	const char *at = certs_path(files, "");
	char text[2048];

	snprintf(text, sizeof(text),
		 "[local]\nlab = yes\nshards = 2\n"
		 "[certificate.av-auth]\nchain = %s/%s.pem\nkey = %s/%s.key\n"
		 "[certificate.internal]\nchain = %s/edge.pem\n"
		 "key = %s/edge.key\n[trust]\ninternal = %s/ca.pem\n%s",
		 at, auth, at, auth, at, at, at, more);
	return service_fixture_config(text);
}

static void setup(void)
{
	const struct cert_spec leaf = {.issuer = "ca"};

	heard_start(ave_events);
	*why = '\0';
	files = certs_new();
	certs_make_usual(files);
	certs_make(files, "auth", &leaf);
	certs_make(files, "next", &leaf);
	t = service_fixture_topo();
	service_fixture_loopback(&t);
	topo = service_fixture_snapshot(&t);
	config = settings("auth", "");
	other = NULL;
	files_open = count_files();
	ck_assert_int_eq(edge_loop_new(&loop), EDGE_OK);
	ck_assert_int_eq(ave_service_new(&v), EDGE_OK);
}

static void teardown(void)
{
	ave_service_stop(v);
	ave_service_free(v);
	edge_loop_free(loop);
	ck_assert_int_eq(count_files(), files_open);
	edge_config_free(config);
	edge_config_free(other);
	topo_drop(topo);
	certs_free(files);
	heard_stop();
}

static enum edge_err open_it(void)
{
	return ave_service_open(v, loop, config, topo);
}

static void start(void)
{
	ck_assert_msg(open_it() == EDGE_OK, "%s", heard_all());
	ck_assert_int_eq(ave_service_start(v), EDGE_OK);
}

/* Does that server socket challenge a stranger? */
static bool answers(const struct edge_addr *at, int wait_ms)
{
	struct sockaddr_storage sa;
	socklen_t len = edge_addr_to_sockaddr(at, &sa);
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	struct pollfd p = {.fd = fd, .events = POLLIN};
	uint8_t b[256] = {0};
	bool is_there;

	ck_assert_int_eq(connect(fd, (struct sockaddr *)&sa, len), 0);
	ck_assert_int_eq(send(fd, allocate, sizeof(allocate), 0),
			 sizeof(allocate));
	is_there = poll(&p, 1, wait_ms) == 1 && recv(fd, b, sizeof(b), 0) > 0;
	close(fd);
	if (is_there)
		ck_assert_mem_eq(b, refusal, sizeof(refusal));
	return is_there;
}

static const struct edge_addr *door(enum topo_port_kind kind)
{
	return &t.listen[kind].addr;
}

/* Mail is read in the next turn of a worker. */
static void await(const struct edge_addr *at, bool is_wanted)
{
	for (int i = 0; i < WAIT_MS / SILENCE_MS; i++)
		if (answers(at, SILENCE_MS) == is_wanted)
			return;
	ck_abort_msg("it is %sanswered still", is_wanted ? "not " : "");
}

START_TEST(service_answers_on_both_sides)
{
	struct ave_service_facts f;

	start();
	ck_assert(answers(door(TOPO_PORT_AV_OUTSIDE_UDP), WAIT_MS));
	ck_assert(answers(door(TOPO_PORT_AV_INSIDE_UDP), WAIT_MS));
	f = ave_service_facts(v);
	ck_assert_ptr_eq(f.topo, topo);
	ck_assert_uint_eq(f.house->worker_count, 2);
	ck_assert_uint_eq(f.keys->ring.count, 1);
	ck_assert(f.batch == AVE_BATCH_RING || f.batch == AVE_BATCH_EPOLL);
	ck_assert(f.has_rfc && !f.is_draining);
	ck_assert_str_eq(f.house->device[AVE_INSIDE], "lo");
	ck_assert_ptr_eq(ave_service_stats(v), f.house->stats);
	ck_assert(heard("AVE_EV_WORKERS"));
	ck_assert(heard("AVE_EV_KEYS"));
}
END_TEST

START_TEST(service_runs_without_a_ring)
{
	edge_config_free(config);
	config = settings("auth", "[options]\nav.batch = epoll\nav.rfc = no\n");
	start();
	ck_assert_int_eq(ave_service_facts(v).batch, AVE_BATCH_EPOLL);
	ck_assert(!ave_service_facts(v).has_rfc);
	ck_assert(answers(door(TOPO_PORT_AV_OUTSIDE_UDP), WAIT_MS));
}
END_TEST

START_TEST(service_runs_without_a_fast_path)
{
	edge_config_free(config);
	config = settings("auth", "[options]\nav.fast_path = xdp\n");
	start(); /* lo has no driver for it */
	ck_assert(!ave_service_facts(v).has_fast_path);
	ck_assert(!ave_service_uses_maps(v));
	ck_assert(heard("AVE_EV_FAST_REFUSED"));
	ck_assert(answers(door(TOPO_PORT_AV_OUTSIDE_UDP), WAIT_MS));
}
END_TEST

/* clang-format off */
static const struct {
	const char *auth, *more, *why;
} bads[] = {
	{"nobody", "", "nobody"},
	{"auth", "[options]\nav.batch = fast\n", "av.batch"},
	{"auth", "[certificate.turn]\nchain = /none\nkey = /none\n", "/none"},
};
/* clang-format on */

START_TEST(service_does_not_open_with_bad_settings)
{
	edge_config_free(config);
	config = settings(bads[_i].auth, bads[_i].more);
	ck_assert_int_ne(open_it(), EDGE_OK);
	ck_assert_msg(heard(bads[_i].why), "%s", heard_all());
}
END_TEST

START_TEST(service_does_not_open_where_somebody_else_listens)
{
	struct sockaddr_storage sa;
	socklen_t len = edge_addr_to_sockaddr(door(TOPO_PORT_AVAUTH), &sa);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	ck_assert_int_eq(bind(fd, (struct sockaddr *)&sa, len), 0);
	ck_assert_int_eq(listen(fd, 1), 0);
	ck_assert_int_ne(open_it(), EDGE_OK);
	ck_assert(heard("cannot listen"));
	close(fd);
}
END_TEST

static void *let_go(void *arg)
{
	poll(NULL, 0, 150);
	close(*(int *)arg);
	return NULL;
}

START_TEST(service_opens_once_its_predecessor_let_go)
{
	struct sockaddr_storage sa;
	const struct edge_addr *at = door(TOPO_PORT_AV_OUTSIDE_UDP);
	socklen_t len = edge_addr_to_sockaddr(at, &sa);
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	pthread_t thread;

	ck_assert_int_eq(bind(fd, (struct sockaddr *)&sa, len), 0);
	ck_assert_int_eq(pthread_create(&thread, NULL, let_go, &fd), 0);
	start();
	ck_assert_int_eq(pthread_join(thread, NULL), 0);
	ck_assert(answers(at, WAIT_MS));
}
END_TEST

START_TEST(service_moves_its_doors_at_commit)
{
	const struct topo *new;
	const struct edge_addr old = *door(TOPO_PORT_AV_OUTSIDE_UDP),
			       inside = *door(TOPO_PORT_AV_INSIDE_UDP);

	start();
	service_fixture_loopback(&t);
	t.listen[TOPO_PORT_AV_INSIDE_UDP].addr = inside;
	t.listen[TOPO_PORT_AV_RANGE].addr.port = 40000;
	t.listen[TOPO_PORT_AV_RANGE].count = 100;
	t.token_lifetime_s = 7200;
	t.seq = 2;
	new = service_fixture_snapshot(&t);
	ck_assert_msg(ave_service_prepare(v, new, why, sizeof(why)) == EDGE_OK,
		      "%s", why);
	ck_assert_ptr_eq(ave_service_facts(v).topo, topo);
	ck_assert(answers(&old, WAIT_MS));
	ave_service_commit(v, new);
	ck_assert_ptr_eq(ave_service_facts(v).topo, new);
	ck_assert_uint_eq(ave_service_facts(v).keys->ring.lifetime_s, 7200);
	await(door(TOPO_PORT_AV_OUTSIDE_UDP), true);
	await(&old, false);
	ck_assert(answers(&inside, WAIT_MS));
	topo_drop(new);
}
END_TEST

static void move(const struct topo *to)
{
	ck_assert_msg(ave_service_prepare(v, to, why, sizeof(why)) == EDGE_OK,
		      "%s", why);
	ave_service_commit(v, to);
}

static bool all_have_moved(void)
{
	const struct ave_house *h = ave_service_facts(v).house;

	for (unsigned i = 0; i < h->worker_count; i++)
		if (atomic_load(&h->gauges[i].moves) != v->moves)
			return false;
	return true;
}

/* Nobody uses the old sockets, but what is prepared goes back to them. */
START_TEST(service_keeps_old_doors_for_what_is_prepared)
{
	const struct edge_addr old = *door(TOPO_PORT_AV_OUTSIDE_UDP);
	const struct topo *there, *back = service_fixture_snapshot(&t);

	start();
	service_fixture_loopback(&t);
	there = service_fixture_snapshot(&t);
	move(there);
	for (int i = 0; i < WAIT_MS / 10 && !all_have_moved(); i++)
		(void)poll(NULL, 0, 10);
	ck_assert(all_have_moved());
	ck_assert_int_eq(ave_service_prepare(v, back, why, sizeof(why)),
			 EDGE_OK);
	ave_service_look_at_old(v);
	ave_service_commit(v, back);
	await(&old, true);
	for (int i = 0; i < WAIT_MS / 10 && !all_have_moved(); i++)
		(void)poll(NULL, 0, 10);
	ave_service_look_at_old(v); /* now it may */
	ck_assert_uint_eq(v->ended, v->moves);
	topo_drop(there);
	topo_drop(back);
}
END_TEST

START_TEST(service_refuses_a_topology_it_cannot_serve)
{
	const struct edge_addr udp = *door(TOPO_PORT_AV_OUTSIDE_UDP);
	const struct topo *new;
	int before;

	start();
	before = count_files();
	/* all new, but one address is held: by our own other door */
	service_fixture_loopback(&t);
	t.listen[TOPO_PORT_AVAUTH].addr =
		topo->listen[TOPO_PORT_AV_OUTSIDE_TCP].addr;
	new = service_fixture_snapshot(&t);
	ck_assert_int_ne(ave_service_prepare(v, new, why, sizeof(why)),
			 EDGE_OK);
	ck_assert_msg(strstr(why, "cannot listen"), "%s", why);
	ck_assert_int_eq(count_files(), before);
	ck_assert_ptr_eq(ave_service_facts(v).topo, topo);
	ck_assert(answers(&udp, WAIT_MS));
	topo_drop(new);
	t.listen[TOPO_PORT_AVAUTH].addr = topo->listen[TOPO_PORT_AVAUTH].addr;
	t.listen[TOPO_PORT_AV_RANGE].present = false;
	new = service_fixture_snapshot(&t);
	ck_assert_int_ne(ave_service_prepare(v, new, why, sizeof(why)),
			 EDGE_OK);
	ck_assert_msg(strstr(why, "range"), "%s", why);
	topo_drop(new);
}
END_TEST

START_TEST(service_forgets_what_was_prepared)
{
	const struct edge_addr udp = *door(TOPO_PORT_AV_OUTSIDE_UDP);
	const struct topo *new;
	int before;

	start();
	before = count_files();
	service_fixture_loopback(&t);
	new = service_fixture_snapshot(&t);
	ck_assert_int_eq(ave_service_prepare(v, new, why, sizeof(why)),
			 EDGE_OK);
	ck_assert_int_gt(count_files(), before);
	ave_service_abort(v);
	ck_assert_int_eq(count_files(), before);
	ck_assert(answers(&udp, WAIT_MS));
	ck_assert(!answers(door(TOPO_PORT_AV_OUTSIDE_UDP), SILENCE_MS));
	topo_drop(new);
}
END_TEST

START_TEST(service_takes_a_reload_between_prepare_and_commit)
{
	const struct topo *new;

	start();
	t.seq = 2;
	new = service_fixture_snapshot(&t);
	ck_assert_int_eq(ave_service_prepare(v, new, why, sizeof(why)),
			 EDGE_OK);
	other = settings("next", "");
	ck_assert_msg(ave_service_reload(v, other, why, sizeof(why)) == EDGE_OK,
		      "%s", why);
	ave_service_commit(v, new);
	ck_assert_ptr_eq(ave_service_facts(v).config, other);
	ck_assert_ptr_eq(ave_service_facts(v).topo, new);
	await(door(TOPO_PORT_AV_OUTSIDE_UDP), true);
	topo_drop(new);
}
END_TEST

START_TEST(service_reloads_keys_and_certificates)
{
	char spki[65], more[256];

	start();
	memcpy(spki, ave_service_facts(v).keys->spki_sha256[0], sizeof(spki));
	snprintf(more, sizeof(more),
		 "[certificate.turn]\nchain = %s\nkey = %s\n",
		 certs_path(files, "edge.pem"), certs_path(files, "edge.key"));
	other = settings("next", more);
	heard_forget();
	ck_assert_msg(ave_service_reload(v, other, why, sizeof(why)) == EDGE_OK,
		      "%s", why);
	ck_assert_ptr_eq(ave_service_facts(v).config, other);
	ck_assert_str_ne(ave_service_facts(v).keys->spki_sha256[0], spki);
	ck_assert_ptr_nonnull(ave_service_facts(v).keys->turn);
	ck_assert(heard("AVE_EV_KEYS"));
	ck_assert(heard("AVE_EV_INSIDE"));
	ck_assert(answers(door(TOPO_PORT_AV_OUTSIDE_UDP), WAIT_MS));
}
END_TEST

START_TEST(service_keeps_the_old_settings_when_new_ones_do_not_do)
{
	char spki[65];

	start();
	memcpy(spki, ave_service_facts(v).keys->spki_sha256[0], sizeof(spki));
	other = settings(bads[_i].auth, bads[_i].more);
	ck_assert_int_ne(ave_service_reload(v, other, why, sizeof(why)),
			 EDGE_OK);
	ck_assert_msg(strstr(why, bads[_i].why), "%s", why);
	ck_assert_ptr_eq(ave_service_facts(v).config, config);
	ck_assert_str_eq(ave_service_facts(v).keys->spki_sha256[0], spki);
	ck_assert(answers(door(TOPO_PORT_AV_OUTSIDE_UDP), WAIT_MS));
}
END_TEST

START_TEST(service_drains_and_ends_by_itself)
{
	start();
	ave_service_drain(v);
	ck_assert(ave_service_facts(v).is_draining);
	/* it has no allocation: the loop ends */
	ck_assert_int_eq(edge_loop_run(loop), EDGE_OK);
}
END_TEST

START_TEST(service_counts_networks_but_not_links_and_hosts)
{
	struct ave_network nets[5] = {{.bits = 24},
				      {.bits = 32},
				      {.bits = 64},
				      {.bits = 64},
				      {.bits = 8}};
	const char *const texts[5] = {"10.1.2.0", "10.1.2.3",
				      "2001:db8::", "fe80::", "ff00::"};
	const struct ave_networks n = {.v = nets, .count = 5};

	for (int i = 0; i < 5; i++)
		ck_assert_int_eq(edge_addr_parse(&nets[i].net,
						 edge_slice_str(texts[i]), 0),
				 EDGE_OK);
	ck_assert_uint_eq(ave_service_count_networks(&n), 2);
}
END_TEST

/* A routing table of that many networks behind lo. */
static int table_of(unsigned count)
{
	static const char head[] = "Iface\tDestination\tGateway\tFlags\tRefCnt"
				   "\tUse\tMetric\tMask\t"
				   "MTU\tWindow\tIRTT\n";
	FILE *f = tmpfile();
	int fd;

	ck_assert_ptr_nonnull(f);
	fputs(head, f);
	for (unsigned i = 0; i < count; i++)
		fprintf(f, "lo\t%08X\t0\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n",
			i << 8);
	fflush(f);
	fd = dup(fileno(f));
	fclose(f);
	return fd;
}

START_TEST(service_knows_all_networks_inside_or_does_not_run)
{
	struct ave_networks n = {0};

	snprintf(v->house.device[AVE_INSIDE], sizeof(v->house.device[0]), "lo");
	v->routes.v4 = table_of(100);
	ck_assert_int_eq(ave_service_read_inside(&n, v), EDGE_OK);
	ck_assert_uint_eq(ave_service_count_networks(&n), 100);
	ck_assert(heard("networks=100"));
	ave_networks_free(&n);
	close(v->routes.v4);
	v->routes.v4 = table_of(AVE_INSIDE_MAX + 1);
	ck_assert_int_eq(ave_service_read_inside(&n, v), EDGE_ELIMIT);
	ck_assert_msg(strstr(v->why, "too many"), "%s", v->why);
	close(v->routes.v4);
	v->routes.v4 = table_of(0);
	heard_forget();
	ck_assert_int_eq(ave_service_read_inside(&n, v), EDGE_OK);
	ck_assert(heard("AVE_EV_INSIDE_NONE"));
	ave_networks_free(&n);
}
END_TEST

START_TEST(service_lets_so_many_trials_be_made_and_no_more)
{
	unsigned n = 0;

	v->control = loop; /* whose clock stands while nothing runs */
	while (n < 1000 && ave_service_may_try(v))
		n++;
	ck_assert_uint_ge(n, 10);
	ck_assert_uint_lt(n, 100);
	ck_assert(!ave_service_may_try(v));
}
END_TEST

Suite *test_suite(void)
{
	Suite *suite = suite_create("av-edge service");
	TCase *begin = tcase_create("start"), *tc = tcase_create("changes");
	const int bad_count = sizeof(bads) / sizeof(*bads);

	tcase_set_timeout(begin, 60);
	tcase_add_checked_fixture(begin, setup, teardown);
	tcase_add_test(begin, service_answers_on_both_sides);
	tcase_add_test(begin, service_runs_without_a_ring);
	tcase_add_test(begin, service_runs_without_a_fast_path);
	tcase_add_loop_test(begin, service_does_not_open_with_bad_settings, 0,
			    bad_count);
	tcase_add_test(begin,
		       service_does_not_open_where_somebody_else_listens);
	tcase_add_test(begin, service_opens_once_its_predecessor_let_go);
	tcase_add_test(begin, service_counts_networks_but_not_links_and_hosts);
	tcase_add_test(begin,
		       service_knows_all_networks_inside_or_does_not_run);
	tcase_add_test(begin, service_lets_so_many_trials_be_made_and_no_more);
	suite_add_tcase(suite, begin);
	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, service_moves_its_doors_at_commit);
	tcase_add_test(tc, service_keeps_old_doors_for_what_is_prepared);
	tcase_add_test(tc, service_refuses_a_topology_it_cannot_serve);
	tcase_add_test(tc, service_forgets_what_was_prepared);
	tcase_add_test(tc, service_takes_a_reload_between_prepare_and_commit);
	tcase_add_test(tc, service_reloads_keys_and_certificates);
	tcase_add_loop_test(
		tc, service_keeps_the_old_settings_when_new_ones_do_not_do, 0,
		bad_count);
	tcase_add_test(tc, service_drains_and_ends_by_itself);
	suite_add_tcase(suite, tc);
	return suite;
}
