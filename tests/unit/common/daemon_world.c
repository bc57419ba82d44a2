#include "tests/unit/common/daemon_world.h"

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

#include "common/daemon.h"
#include "tests/support/fake_store.h"
#include "tests/support/suite.h"

enum { WAIT_MS = 8000 };

static char dir[] = "/tmp/edge-daemon-XXXXXX";
char daemon_ini[64], daemon_state[64], daemon_run[64];
static char notify[64], said[64];
static int notify_fd;
static int trace_fd[2]; /* the child's callbacks, a letter each */
pid_t daemon_child;

/* ---- the service, in the child */

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
	if (edge_recent_new(&s->refusals, 2))
		return EDGE_ENOMEM;
	edge_recent_add(s->refusals, "{\"reason\":\"%s\"}", "forgotten");
	edge_recent_add(s->refusals, "{\"reason\":\"size\"");
	edge_recent_add(s->refusals, "{\"reason\":\"%s\"}", "rate");
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
	edge_recent_free(s->refusals);
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

static struct edge_recent *on_refusals(void *self)
{
	return ((struct service *)self)->refusals;
}

/* What can this daemon open? {"passwd":errno,"state":errno,...} */
static struct edge_admin_answer on_probe(const struct edge_admin_request *r,
					 void *arg)
{
	const char *paths[] = {"/etc/passwd", daemon_state, daemon_run};
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
		.refusals = on_refusals,
		.self = s,
	};

	return p;
}

/* ---- the test's side */

void daemon_settings(const char *more)
{
	FILE *f = fopen(daemon_ini, "w");

	ck_assert_ptr_nonnull(f);
	fprintf(f,
		"[local]\nfqdn = edge1.contoso.com\nstate = %s\nrun = %s\n"
		"%s\n",
		daemon_state, daemon_run, more);
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

void daemon_world_open(void)
{
	strcpy(dir + sizeof(dir) - 7, "XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(daemon_ini, sizeof(daemon_ini), "%s/edge.ini", dir);
	snprintf(daemon_state, sizeof(daemon_state), "%s/state", dir);
	snprintf(daemon_run, sizeof(daemon_run), "%s/run", dir);
	snprintf(notify, sizeof(notify), "%s/notify", dir);
	snprintf(said, sizeof(said), "%s/said", dir);
	ck_assert_int_eq(mkdir(daemon_state, 0700), 0);
	daemon_settings("");
	fake_store_set(daemon_state, 1);
	notify_open();
	ck_assert_int_eq(pipe2(trace_fd, O_CLOEXEC), 0);
	daemon_child = 0;
}

void daemon_world_close(void)
{
	char path[80];

	if (daemon_child)
		kill(daemon_child, SIGKILL);
	close(notify_fd);
	close(trace_fd[0]);
	close(trace_fd[1]);
	fake_store_set(daemon_state, 0);
	snprintf(path, sizeof(path), "%s/edge-test.lock", daemon_run);
	unlink(path);
	snprintf(path, sizeof(path), "%s/edge-test.sock", daemon_run);
	unlink(path);
	unlink(daemon_ini);
	unlink(notify);
	unlink(said);
	rmdir(daemon_run);
	rmdir(daemon_state);
	rmdir(dir);
}

static char *arg_of(const char *s)
{
	return (char *)(uintptr_t)s;
}

pid_t daemon_launch(struct service *s, const char *option)
{
	char *argv[] = {arg_of("edge-test"), arg_of("--config"), daemon_ini,
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

int daemon_finished(pid_t pid)
{
	int status;

	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	if (pid == daemon_child)
		daemon_child = 0;
	return WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_DIED;
}

void daemon_expect_said(const char *words)
{
	char text[4096] = "";
	FILE *f = fopen(said, "r");

	ck_assert_ptr_nonnull(f);
	text[fread(text, 1, sizeof(text) - 1, f)] = '\0';
	fclose(f);
	ck_assert_msg(strstr(text, words) != NULL, "no \"%s\" in: %s", words,
		      text);
}

void daemon_expect_notify(const char *word)
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

void daemon_expect_trace(const char *letters)
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

void daemon_ready(struct service *s)
{
	daemon_child = daemon_launch(s, NULL);
	daemon_expect_trace("os");
	daemon_expect_notify("READY=1");
}

json_t *daemon_ask(const char *method, const char *path, const char *body,
		   unsigned want)
{
	const struct edge_admin_question q = {
		daemon_run, "edge-test", method, path, edge_slice_str(body), 0};
	struct edge_admin_answer a;
	json_t *o;

	ck_assert_int_eq(edge_admin_call(&a, &q), EDGE_OK);
	ck_assert_msg(a.status == want, "%s: %u %s", path, a.status, a.body);
	o = json_loads(a.body, 0, NULL);
	ck_assert_ptr_nonnull(o);
	free(a.body);
	return o;
}

void daemon_ask_away(const char *method, const char *path, const char *body,
		     unsigned want)
{
	json_decref(daemon_ask(method, path, body, want));
}

json_int_t daemon_number(const json_t *o, const char *name)
{
	const json_t *v = json_object_get(o, name);

	ck_assert_msg(json_is_integer(v), "no number %s", name);
	return json_integer_value(v);
}

json_int_t daemon_topology_seq(void)
{
	json_t *o = daemon_ask("GET", "/v1/status", "", 200);
	json_int_t n = daemon_number(json_object_get(o, "topology"), "seq");

	json_decref(o);
	return n;
}

void daemon_stop(void)
{
	ck_assert_int_eq(kill(daemon_child, SIGINT), 0);
	daemon_expect_trace("x");
	ck_assert_int_eq(daemon_finished(daemon_child), EDGE_EXIT_OK);
}
