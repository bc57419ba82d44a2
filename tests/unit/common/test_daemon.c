/* The daemon: start-up order, signals, routes, sandbox; each in a child. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <jansson.h>

#include "common/daemon.h"
#include "tests/support/fake_store.h"
#include "tests/support/suite.h"

enum { WAIT_MS = 8000, EXIT_DIED = -1 };

static char dir[] = "/tmp/edge-daemon-XXXXXX";
static char ini[64], state[64], run[64], notify[64], said[64];
static int notify_fd;
static int trace_fd[2]; /* the child's callbacks, a letter each */
static pid_t child;

/* ---- the service, in the child */

struct service {
	struct edge_loop *loop;
	struct edge_stats *stats;
	bool drains_at_once;
	enum edge_err open_err;
};

static void told(char what)
{
	if (write(trace_fd[1], &what, 1) != 1)
		_exit(99);
}

static enum edge_err on_open(void *self, struct edge_loop *control,
			     const struct edge_config *c, const struct topo *t)
{
	static const struct edge_stat_row rows[] = {{"refused", "size"},
						    {"taken", NULL}};
	struct service *s = self;

	(void)c;
	told(t->seq == 1 ? 'o' : '?');
	s->loop = control;
	if (s->open_err)
		return s->open_err;
	if (edge_stats_new(&s->stats, "test", rows, 2, 1))
		return EDGE_ENOMEM;
	edge_stats_add(s->stats, 0, 0, 3);
	return EDGE_OK;
}

static enum edge_err on_start(void *self)
{
	(void)self;
	told('s');
	return EDGE_OK;
}

static enum edge_err on_prepare(void *self, const struct topo *t, char *why,
				size_t cap)
{
	(void)self;
	told('p');
	if (t->seq != 5)
		return EDGE_OK;
	snprintf(why, cap, "port 5061 is taken");
	return EDGE_EREFUSED;
}

static void on_commit(void *self, const struct topo *t)
{
	(void)self;
	(void)t;
	told('c');
}

static void on_abort(void *self)
{
	(void)self;
	told('a');
}

static enum edge_err on_reload(void *self, const struct edge_config *c,
			       char *why, size_t cap)
{
	(void)self;
	told('r');
	if (c->limits[0] != 13)
		return EDGE_OK;
	snprintf(why, cap, "thirteen is not wanted");
	return EDGE_EREFUSED;
}

static void on_drain(void *self)
{
	const struct service *s = self;

	told('d');
	if (s->drains_at_once)
		edge_daemon_finish(s->loop);
}

static void on_stop(void *self)
{
	struct service *s = self;

	edge_stats_free(s->stats);
	told('x');
}

static void on_status(void *self, void *object)
{
	(void)self;
	json_object_set_new(object, "listeners", json_array());
}

static struct edge_stats *on_stats(void *self)
{
	return ((struct service *)self)->stats;
}

/* What can this daemon open? {"passwd":errno,"state":errno,...} */
static struct edge_admin_answer on_probe(const struct edge_admin_request *r,
					 void *arg)
{
	const char *paths[] = {"/etc/passwd", state, run};
	struct edge_admin_answer a = {200, NULL};
	int code[3];

	(void)r;
	(void)arg;
	for (int i = 0; i < 3; i++) {
		int fd = open(paths[i], O_RDONLY | O_CLOEXEC);

		code[i] = fd < 0 ? errno : 0;
		if (fd >= 0)
			close(fd);
	}
	if (asprintf(&a.body, "{\"passwd\":%d,\"state\":%d,\"run\":%d}",
		     code[0], code[1], code[2]) < 0)
		a.body = NULL;
	return a;
}

static const struct edge_admin_route routes[] = {
	{"GET", "/v1/probe", on_probe},
};
static const struct edge_limit_row limits[] = {
	{"access.links", 1, 7, 100, "links", "AE 5"},
};
static const struct edge_config_rows config_rows = {
	.limits = limits,
	.limit_count = 1,
};

static struct edge_daemon_plan plan_make(struct service *s)
{
	struct edge_daemon_plan p = {
		.name = "edge-test",
		.rows = &config_rows,
		.open = on_open,
		.start = on_start,
		.prepare = on_prepare,
		.commit = on_commit,
		.abort = on_abort,
		.reload = on_reload,
		.drain = on_drain,
		.stop = on_stop,
		.routes = routes,
		.route_count = 1,
		.status = on_status,
		.stats = on_stats,
		.self = s,
	};

	return p;
}

/* ---- the test's side */

static void ini_write(const char *more)
{
	FILE *f = fopen(ini, "w");

	ck_assert_ptr_nonnull(f);
	fprintf(f,
		"[local]\nfqdn = edge1.contoso.com\nstate = %s\nrun = %s\n"
		"%s\n",
		state, run, more);
	fclose(f);
}

static void notify_open(void)
{
	struct sockaddr_un sa = {.sun_family = AF_UNIX};

	notify_fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	ck_assert_int_ge(notify_fd, 0);
	strcpy(sa.sun_path, notify);
	ck_assert_int_eq(bind(notify_fd, (struct sockaddr *)&sa, sizeof(sa)),
			 0);
	setenv("NOTIFY_SOCKET", notify, 1);
	setenv("EDGE_LOG", "stderr", 1);
	unsetenv("WATCHDOG_USEC");
}

static void open_all(void)
{
	strcpy(dir + sizeof(dir) - 7, "XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(ini, sizeof(ini), "%s/edge.ini", dir);
	snprintf(state, sizeof(state), "%s/state", dir);
	snprintf(run, sizeof(run), "%s/run", dir);
	snprintf(notify, sizeof(notify), "%s/notify", dir);
	snprintf(said, sizeof(said), "%s/said", dir);
	ck_assert_int_eq(mkdir(state, 0700), 0);
	ini_write("");
	fake_store_set(state, 1);
	notify_open();
	ck_assert_int_eq(pipe2(trace_fd, O_CLOEXEC), 0);
	child = 0;
}

static void close_all(void)
{
	char path[80];

	if (child)
		kill(child, SIGKILL);
	close(notify_fd);
	close(trace_fd[0]);
	close(trace_fd[1]);
	fake_store_set(state, 0);
	snprintf(path, sizeof(path), "%s/edge-test.lock", run);
	unlink(path);
	snprintf(path, sizeof(path), "%s/edge-test.sock", run);
	unlink(path);
	unlink(ini);
	unlink(notify);
	unlink(said);
	rmdir(run);
	rmdir(state);
	rmdir(dir);
}

static char *arg_of(const char *s)
{
	return (char *)(uintptr_t)s;
}

static pid_t launch(struct service *s, const char *option)
{
	char *argv[] = {arg_of("edge-test"), arg_of("--config"), ini,
			arg_of(option), NULL};
	pid_t pid = fork();
	int fd;

	ck_assert_int_ge(pid, 0);
	if (pid)
		return pid;
	fd = open(said, O_CREAT | O_WRONLY | O_TRUNC, 0600);
	dup2(fd, 1);
	dup2(fd, 2);
	for (int i = 1; i < 32; i++) /* check's own children keep theirs */
		signal(i, SIG_DFL);
	struct edge_daemon_plan p = plan_make(s);
	int status = edge_daemon_run(&p, option ? 4 : 3, argv);

	fflush(NULL);
	exit(fake_store_held() ? 98 : status); /* leaks are looked for */
}

/* Exit status; EXIT_DIED when a signal ended it. */
static int finished(pid_t pid)
{
	int status;

	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	if (pid == child)
		child = 0;
	return WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_DIED;
}

static void expect_said(const char *words)
{
	char text[4096] = "";
	FILE *f = fopen(said, "r");

	ck_assert_ptr_nonnull(f);
	text[fread(text, 1, sizeof(text) - 1, f)] = '\0';
	fclose(f);
	ck_assert_msg(strstr(text, words) != NULL, "no \"%s\" in: %s", words,
		      text);
}

static void expect_notify(const char *word)
{
	struct pollfd p = {.fd = notify_fd, .events = POLLIN};
	char text[256];
	ssize_t n;

	do {
		ck_assert_msg(poll(&p, 1, WAIT_MS) == 1, "no %s came", word);
		n = recv(notify_fd, text, sizeof(text) - 1, 0);
		ck_assert_int_ge(n, 0);
		text[n] = '\0';
	} while (!strstr(text, word));
}

/* The next callbacks are these, in this order. */
static void expect_trace(const char *letters)
{
	struct pollfd p = {.fd = trace_fd[0], .events = POLLIN};

	for (; *letters; letters++) {
		char c = 0;

		ck_assert_msg(poll(&p, 1, WAIT_MS) == 1, "no %c came",
			      *letters);
		ck_assert_int_eq(read(trace_fd[0], &c, 1), 1);
		ck_assert_int_eq(c, *letters);
	}
}

static void ready(struct service *s)
{
	child = launch(s, NULL);
	expect_trace("os");
	expect_notify("READY=1");
}

static json_t *ask(const char *method, const char *path, const char *body,
		   unsigned want)
{
	const struct edge_admin_question q = {run, "edge-test", method, path,
					      edge_slice_str(body)};
	struct edge_admin_answer a;
	json_t *o;

	ck_assert_int_eq(edge_admin_call(&a, &q), EDGE_OK);
	ck_assert_msg(a.status == want, "%s: %u %s", path, a.status, a.body);
	o = json_loads(a.body, 0, NULL);
	ck_assert_ptr_nonnull(o);
	free(a.body);
	return o;
}

static void ask_away(const char *method, const char *path, const char *body,
		     unsigned want)
{
	json_decref(ask(method, path, body, want));
}

static json_int_t number(const json_t *o, const char *name)
{
	const json_t *v = json_object_get(o, name);

	ck_assert_msg(json_is_integer(v), "no number %s", name);
	return json_integer_value(v);
}

static json_int_t topology_seq(void)
{
	json_t *o = ask("GET", "/v1/status", "", 200);
	json_int_t n = number(json_object_get(o, "topology"), "seq");

	json_decref(o);
	return n;
}

static void stop_child(void)
{
	ck_assert_int_eq(kill(child, SIGINT), 0);
	expect_trace("x");
	ck_assert_int_eq(finished(child), EDGE_EXIT_OK);
}

START_TEST(daemon_starts_in_order_and_drains_on_sigterm)
{
	struct service s = {.drains_at_once = true};
	char path[80];

	ready(&s);
	kill(child, SIGTERM);
	expect_trace("dx");
	expect_notify("STOPPING=1");
	ck_assert_int_eq(finished(child), EDGE_EXIT_OK);
	expect_said("ready");
	snprintf(path, sizeof(path), "%s/edge-test.sock", run);
	ck_assert_int_ne(access(path, F_OK), 0);
}
END_TEST

START_TEST(daemon_second_sigterm_stops)
{
	struct service s = {0};

	ready(&s);
	kill(child, SIGTERM);
	expect_trace("d");
	ask_away("GET", "/v1/status", "", 200); /* still serving */
	kill(child, SIGTERM);
	expect_trace("x");
	ck_assert_int_eq(finished(child), EDGE_EXIT_OK);
}
END_TEST

START_TEST(daemon_status_says_what_it_is)
{
	struct service s = {0};
	json_t *o;

	ready(&s);
	o = ask("GET", "/v1/status", "", 200);
	ck_assert_str_eq(json_string_value(json_object_get(o, "daemon")),
			 "edge-test");
	ck_assert_str_eq(json_string_value(json_object_get(o, "fqdn")),
			 "edge1.contoso.com");
	ck_assert_str_eq(json_string_value(json_object_get(o, "pool")),
			 "edge.contoso.com");
	ck_assert_str_eq(json_string_value(json_object_get(o, "state")),
			 "ready");
	ck_assert_int_eq(number(o, "pid"), child);
	ck_assert_int_ge(number(o, "uptime_s"), 0);
	ck_assert_int_eq(number(json_object_get(o, "topology"), "seq"), 1);
	ck_assert(json_is_array(json_object_get(o, "listeners")));
	ck_assert(json_is_array(json_object_get(o, "certificates")));
	ck_assert(json_is_false(json_object_get(o, "lab")));
	ck_assert_ptr_null(json_object_get(o, "limits"));
	json_decref(o);
	stop_child();
}
END_TEST

START_TEST(daemon_status_lists_limits_when_asked)
{
	struct service s = {0};
	const json_t *row;
	json_t *o;

	ini_write("[limits]\naccess.links = 9");
	ready(&s);
	o = ask("GET", "/v1/status?limits=1", "", 200);
	row = json_array_get(json_object_get(o, "limits"), 0);
	ck_assert_str_eq(json_string_value(json_object_get(row, "name")),
			 "access.links");
	ck_assert_int_eq(number(row, "value"), 9);
	ck_assert_int_eq(number(row, "default"), 7);
	ck_assert_int_eq(number(row, "min"), 1);
	ck_assert_int_eq(number(row, "max"), 100);
	json_decref(o);
	stop_child();
}
END_TEST

START_TEST(daemon_counters_give_names_and_sums)
{
	struct service s = {0};
	json_t *o;

	ready(&s);
	o = ask("GET", "/v1/counters", "", 200);
	ck_assert_int_eq(
		number(o, "lync_edge_test_refused_total{reason=\"size\"}"), 3);
	ck_assert_int_eq(number(o, "lync_edge_test_taken_total"), 0);
	json_decref(o);
	stop_child();
}
END_TEST

START_TEST(daemon_takes_a_topology_in_two_steps)
{
	struct service s = {0};
	json_t *o;

	ready(&s);
	o = ask("POST", "/v1/topology/prepare", "{\"seq\":2}", 200);
	ck_assert_int_eq(number(o, "ready"), 2);
	json_decref(o);
	ck_assert_int_eq(topology_seq(), 1);
	ask_away("POST", "/v1/topology/commit", "{\"seq\":2}", 200);
	expect_trace("pc");
	ck_assert_int_eq(topology_seq(), 2);
	ask_away("POST", "/v1/topology/prepare", "{\"seq\":3}", 200);
	ask_away("POST", "/v1/topology/abort", "", 200);
	expect_trace("pa");
	ask_away("POST", "/v1/topology/commit", "{\"seq\":3}", 409);
	ck_assert_int_eq(topology_seq(), 2);
	stop_child();
}
END_TEST

START_TEST(daemon_refuses_a_topology_with_the_reason)
{
	struct service s = {0};
	json_t *o;

	ready(&s);
	o = ask("POST", "/v1/topology/prepare", "{\"seq\":5}", 409);
	ck_assert_str_eq(json_string_value(json_object_get(o, "why")),
			 "port 5061 is taken");
	ck_assert_str_eq(json_string_value(json_object_get(o, "refused")),
			 "EDGE_EREFUSED");
	json_decref(o);
	o = ask("POST", "/v1/topology/prepare", "{\"seq\":77}", 409);
	ck_assert_str_eq(json_string_value(json_object_get(o, "refused")),
			 "EDGE_EFORMAT");
	json_decref(o);
	ck_assert_int_eq(topology_seq(), 1);
	expect_trace("p");
	stop_child();
}
END_TEST

static const char *const no_seq[] = {
	"",
	"x",
	"{}",
	"{\"seq\":\"2\"}",
	"{\"seq\":-1}",
	"{\"seq\":2.5}",
	"[2]",
	"{\"seq\":1,\"seq\":2}",
	"{\"seq\":99999999999999999999}",
};

START_TEST(daemon_refuses_bad_requests)
{
	struct service s = {0};

	ready(&s);
	for (size_t i = 0; i < sizeof(no_seq) / sizeof(no_seq[0]); i++) {
		ask_away("POST", "/v1/topology/prepare", no_seq[i], 400);
		ask_away("POST", "/v1/topology/commit", no_seq[i], 400);
	}
	ask_away("GET", "/v1/drain", "", 405);
	stop_child();
}
END_TEST

START_TEST(daemon_sighup_reads_settings_and_topology)
{
	struct service s = {0};

	ready(&s);
	ini_write("[limits]\naccess.links = 50");
	fake_store_set(state, 3);
	kill(child, SIGHUP);
	expect_trace("rpc");
	ck_assert_int_eq(topology_seq(), 3);
	stop_child();
}
END_TEST

START_TEST(daemon_reload_keeps_old_settings_when_bad)
{
	struct service s = {0};
	json_t *o;

	ready(&s);
	ini_write("[limits]\naccess.links = 500");
	o = ask("POST", "/v1/reload", "", 409);
	ck_assert_ptr_nonnull(strstr(
		json_string_value(json_object_get(o, "why")), "outside"));
	json_decref(o);
	ini_write("[limits]\naccess.links = 13");
	o = ask("POST", "/v1/reload", "", 409);
	ck_assert_str_eq(json_string_value(json_object_get(o, "why")),
			 "thirteen is not wanted");
	json_decref(o);
	o = ask("GET", "/v1/status?limits=1", "", 200);
	ck_assert_int_eq(number(json_array_get(json_object_get(o, "limits"), 0),
				"value"),
			 7);
	json_decref(o);
	ini_write("");
	ask_away("POST", "/v1/reload", "", 200);
	expect_trace("rr");
	stop_child();
}
END_TEST

START_TEST(daemon_drain_route_drains)
{
	struct service s = {0};
	json_t *o;

	ready(&s);
	ask_away("POST", "/v1/drain", "", 202);
	expect_trace("d");
	ask_away("POST", "/v1/drain", "", 202); /* again: nothing more */
	o = ask("GET", "/v1/status", "", 200);
	ck_assert_str_eq(json_string_value(json_object_get(o, "state")),
			 "draining");
	json_decref(o);
	ask_away("POST", "/v1/topology/prepare", "{\"seq\":2}", 409);
	stop_child();
}
END_TEST

START_TEST(daemon_runs_in_its_sandbox)
{
	struct service s = {0};
	json_t *o, *status;
	bool landlock;

	ready(&s);
	status = ask("GET", "/v1/status", "", 200);
	landlock = json_is_true(json_object_get(
		json_object_get(status, "sandbox"), "landlock"));
	json_decref(status);
	o = ask("GET", "/v1/probe", "", 200);
	ck_assert_int_eq(number(o, "state"), 0);
	ck_assert_int_eq(number(o, "run"), 0);
	if (landlock)
		ck_assert_int_eq(number(o, "passwd"), EACCES);
	json_decref(o);
	stop_child();
}
END_TEST

START_TEST(daemon_beats_the_watchdog)
{
	struct service s = {0};

	setenv("WATCHDOG_USEC", "200000", 1);
	ready(&s);
	expect_notify("WATCHDOG=1");
	expect_notify("WATCHDOG=1");
	stop_child();
	unsetenv("WATCHDOG_USEC");
}
END_TEST

START_TEST(daemon_refuses_a_second_one)
{
	struct service s = {0};
	pid_t second;

	ready(&s);
	second = launch(&s, NULL);
	ck_assert_int_eq(finished(second), EDGE_EXIT_IO);
	expect_said("another one runs");
	ask_away("GET", "/v1/status", "", 200); /* the first is unharmed */
	stop_child();
}
END_TEST

START_TEST(daemon_refuses_to_start_without_topology)
{
	struct service s = {0};

	fake_store_set(state, 0);
	ck_assert_int_eq(finished(launch(&s, NULL)), EDGE_EXIT_IO);
	expect_said("no topology imported: edgectl topology import");
}
END_TEST

START_TEST(daemon_refuses_another_machines_topology)
{
	struct service s = {0};

	fake_store_set(state, 9);
	ck_assert_int_eq(finished(launch(&s, NULL)), EDGE_EXIT_INVALID);
	expect_said("the topology describes other.contoso.com");
}
END_TEST

START_TEST(daemon_refuses_bad_settings)
{
	struct service s = {0};

	ini_write("[nonsense]\na = b");
	ck_assert_int_eq(finished(launch(&s, NULL)), EDGE_EXIT_INVALID);
	expect_said("unknown section");
	unlink(ini);
	ck_assert_int_eq(finished(launch(&s, NULL)), EDGE_EXIT_IO);
	expect_said("No such file");
}
END_TEST

START_TEST(daemon_stops_the_service_after_a_failed_open)
{
	struct service s = {.open_err = EDGE_EDENIED};

	ck_assert_int_eq(finished(launch(&s, NULL)), EDGE_EXIT_IO);
	expect_trace("ox");
	expect_said("not allowed");
}
END_TEST

static const struct {
	const char *option;
	int status;
	const char *words;
} options[] = {
	{"--version", EDGE_EXIT_OK, "edge-test 0."},
	{"--help", EDGE_EXIT_OK, "usage: edge-test"},
	{"--check", EDGE_EXIT_OK, "are good"},
	{"--nonsense", EDGE_EXIT_USAGE, "nonsense"},
	{"word", EDGE_EXIT_USAGE, "no argument wanted: word"},
};

START_TEST(daemon_knows_its_options)
{
	struct service s = {0};

	ck_assert_int_eq(finished(launch(&s, options[_i].option)),
			 options[_i].status);
	expect_said(options[_i].words);
}
END_TEST

START_TEST(daemon_check_finds_what_is_wrong)
{
	struct service s = {0};

	fake_store_set(state, 10);
	ck_assert_int_eq(finished(launch(&s, "--check")), EDGE_EXIT_INVALID);
	expect_said("line 3: no such thing");
}
END_TEST

static void add_running(Suite *s)
{
	TCase *t = tcase_create("running");

	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, open_all, close_all);
	tcase_add_test(t, daemon_starts_in_order_and_drains_on_sigterm);
	tcase_add_test(t, daemon_second_sigterm_stops);
	tcase_add_test(t, daemon_status_says_what_it_is);
	tcase_add_test(t, daemon_status_lists_limits_when_asked);
	tcase_add_test(t, daemon_counters_give_names_and_sums);
	tcase_add_test(t, daemon_takes_a_topology_in_two_steps);
	tcase_add_test(t, daemon_refuses_a_topology_with_the_reason);
	tcase_add_test(t, daemon_refuses_bad_requests);
	tcase_add_test(t, daemon_sighup_reads_settings_and_topology);
	tcase_add_test(t, daemon_reload_keeps_old_settings_when_bad);
	tcase_add_test(t, daemon_drain_route_drains);
	tcase_add_test(t, daemon_runs_in_its_sandbox);
	tcase_add_test(t, daemon_beats_the_watchdog);
	suite_add_tcase(s, t);
}

Suite *test_suite(void)
{
	Suite *s = suite_create("daemon");
	TCase *t = tcase_create("start");

	add_running(s);
	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, open_all, close_all);
	tcase_add_test(t, daemon_refuses_a_second_one);
	tcase_add_test(t, daemon_refuses_to_start_without_topology);
	tcase_add_test(t, daemon_refuses_another_machines_topology);
	tcase_add_test(t, daemon_refuses_bad_settings);
	tcase_add_test(t, daemon_stops_the_service_after_a_failed_open);
	tcase_add_loop_test(t, daemon_knows_its_options, 0,
			    (int)(sizeof(options) / sizeof(options[0])));
	tcase_add_test(t, daemon_check_finds_what_is_wrong);
	suite_add_tcase(s, t);
	return s;
}
