/* Admin endpoint: who may call, what is answered, what is refused. */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/admin.h"
#include "common/log.h"
#include "common/loop.h"
#include "tests/support/suite.h"

enum { WAIT_MS = 5000 };

static char run[] = "/tmp/edge-admin-XXXXXX";
static char path[64];
static struct edge_loop *loop;
static struct edge_admin *admin;

static struct edge_admin_answer on_echo(const struct edge_admin_request *r,
					void *arg)
{
	char *body = NULL;

	ck_assert_int_ge(asprintf(&body, "\"%s %s %s %.*s %s\"", r->method,
				  r->path, r->query,
				  (int)edge_slice_len(r->body),
				  (const char *)r->body.p, (const char *)arg),
			 0);
	return (struct edge_admin_answer){200, body};
}

static struct edge_admin_answer on_empty(const struct edge_admin_request *r,
					 void *arg)
{
	(void)r;
	(void)arg;
	return (struct edge_admin_answer){202, NULL};
}

/* More than a socket takes at once. */
static struct edge_admin_answer on_long(const struct edge_admin_request *r,
					void *arg)
{
	char *body = malloc(1 << 20);

	(void)r;
	(void)arg;
	memset(body, ' ', (1 << 20) - 1);
	body[(1 << 20) - 1] = '\0';
	return (struct edge_admin_answer){200, body};
}

static const struct edge_admin_route routes[] = {
	{"GET", "/v1/echo", on_echo},
	{"POST", "/v1/echo", on_echo},
	{"POST", "/v1/empty", on_empty},
	{"GET", "/v1/long", on_long},
};
static const struct edge_admin_route more[] = {
	{"GET", "/v1/more", on_echo},
};

static enum edge_err admin_open(struct edge_admin **out, const char *folder)
{
	const struct edge_admin_plan p = {
		.loop = loop,
		.run = folder,
		.daemon = "test",
		.routes = routes,
		.count = sizeof(routes) / sizeof(routes[0]),
		.arg = (void *)(uintptr_t) "own",
	};

	return edge_admin_open(out, &p);
}

static void open_all(void)
{
	strcpy(run + sizeof(run) - 7, "XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(run));
	snprintf(path, sizeof(path), "%s/test.sock", run);
	ck_assert_int_eq(edge_loop_new(&loop), EDGE_OK);
	ck_assert_int_eq(admin_open(&admin, run), EDGE_OK);
	edge_admin_also(admin, more, 1, (void *)(uintptr_t) "also");
}

static void close_all(void)
{
	edge_admin_close(admin);
	edge_loop_free(loop);
	unlink(path);
	rmdir(run);
}

/* One blocking call on a thread of its own while the loop serves it. */
struct call {
	const char *method, *path, *body;
	enum edge_err err;
	unsigned status;
	char *answer;
};

static void call_make(struct call *c)
{
	const struct edge_admin_question q = {
		run, "test", c->method, c->path, edge_slice_str(c->body), 0};
	struct edge_admin_answer a = {0};

	c->err = edge_admin_call(&a, &q);
	c->status = a.status;
	c->answer = a.body;
}

static void *call_main(void *arg)
{
	call_make(arg);
	edge_loop_stop(loop);
	return NULL;
}

static void call(struct call *c)
{
	pthread_t t;

	ck_assert_int_eq(pthread_create(&t, NULL, call_main, c), 0);
	ck_assert_int_eq(edge_loop_run(loop), EDGE_OK);
	ck_assert_int_eq(pthread_join(t, NULL), 0);
}

START_TEST(admin_call_reaches_the_route)
{
	struct call c = {"POST", "/v1/echo?a=1&b=2", "{\"seq\":7}", 0, 0, 0};

	call(&c);
	ck_assert_int_eq(c.err, EDGE_OK);
	ck_assert_uint_eq(c.status, 200);
	ck_assert_str_eq(c.answer, "\"POST /v1/echo a=1&b=2 {\"seq\":7} own\"");
	free(c.answer);
}
END_TEST

START_TEST(admin_call_reaches_the_second_list)
{
	struct call c = {"GET", "/v1/more", NULL, 0, 0, 0};

	call(&c);
	ck_assert_int_eq(c.err, EDGE_OK);
	ck_assert_str_eq(c.answer, "\"GET /v1/more   also\"");
	free(c.answer);
}
END_TEST

START_TEST(admin_call_gets_empty_object_for_no_body)
{
	struct call c = {"POST", "/v1/empty", NULL, 0, 0, 0};

	call(&c);
	ck_assert_uint_eq(c.status, 202);
	ck_assert_str_eq(c.answer, "{}");
	free(c.answer);
}
END_TEST

START_TEST(admin_call_gets_long_answer_whole)
{
	struct call c = {"GET", "/v1/long", NULL, 0, 0, 0};

	call(&c);
	ck_assert_int_eq(c.err, EDGE_OK);
	ck_assert_uint_eq(strlen(c.answer), (1 << 20) - 1);
	free(c.answer);
}
END_TEST

START_TEST(admin_call_serves_one_after_another)
{
	for (int i = 0; i < 3 * EDGE_ADMIN_CLIENTS; i++) {
		struct call c = {"POST", "/v1/empty", NULL, 0, 0, 0};

		call(&c);
		ck_assert_uint_eq(c.status, 202);
		free(c.answer);
	}
}
END_TEST

START_TEST(admin_call_says_when_nobody_is_there)
{
	const struct edge_admin_question q = {run, "other", "GET", "/", {0}, 0};
	struct edge_admin_answer a;

	ck_assert_int_eq(edge_admin_call(&a, &q), EDGE_ENOTFOUND);
}
END_TEST

static const struct {
	const char *method, *path;
	unsigned status;
	const char *word;
} wrong[] = {
	{"GET", "/v1/none", 404, "no such path"},
	{"PUT", "/v1/echo", 405, "not for this path"},
	{"GET", "/v1/empty", 405, "not for this path"},
	{"GET", "/v1/echo/", 404, "no such path"},
};

START_TEST(admin_refuses_unknown_route)
{
	struct call c = {wrong[_i].method, wrong[_i].path, NULL, 0, 0, 0};

	call(&c);
	ck_assert_int_eq(c.err, EDGE_OK);
	ck_assert_uint_eq(c.status, wrong[_i].status);
	ck_assert_ptr_nonnull(strstr(c.answer, wrong[_i].word));
	free(c.answer);
}
END_TEST

START_TEST(admin_refuses_long_body)
{
	size_t len = EDGE_ADMIN_BODY_MAX + 1;
	char *body = malloc(len + 1);
	struct call c = {"POST", "/v1/echo", body, 0, 0, 0};

	memset(body, 'x', len);
	body[len] = '\0';
	call(&c);
	ck_assert_int_eq(c.err, EDGE_OK);
	ck_assert_uint_eq(c.status, 413);
	free(c.answer);
	free(body);
}
END_TEST

static int dial(void)
{
	struct sockaddr_un sa = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	strcpy(sa.sun_path, path);
	ck_assert_int_ge(fd, 0);
	if (connect(fd, (const struct sockaddr *)&sa, sizeof(sa))) {
		close(fd);
		return -1;
	}
	return fd;
}

/* What a caller sees that writes text; ends the loop at the end of it. */
struct raw {
	const char *text;
	char answer[1024];
	size_t len;
};

static void *raw_main(void *arg)
{
	struct raw *r = arg;
	int fd = dial();
	ssize_t n = 1;

	if (fd >= 0 && send(fd, r->text, strlen(r->text), MSG_NOSIGNAL) > 0) {
		while (n > 0 && r->len < sizeof(r->answer) - 1) {
			struct pollfd p = {.fd = fd, .events = POLLIN};

			if (poll(&p, 1, WAIT_MS) <= 0)
				break;
			n = recv(fd, r->answer + r->len,
				 sizeof(r->answer) - 1 - r->len, 0);
			r->len += n > 0 ? (size_t)n : 0;
		}
	}
	if (fd >= 0)
		close(fd);
	edge_loop_stop(loop);
	return NULL;
}

static const char two_lengths[] = "GET /v1/echo HTTP/1.1\r\n"
				  "Content-Length: 1\r\n"
				  "Content-Length: 2\r\n\r\nxx";
static const char *const garbage[] = {
	"\x16\x03\x01\r\n\r\n",
	two_lengths,
	"GET /v1/echo HTTP/3\r\n\r\n",
	"hello\r\n\r\n",
};

START_TEST(admin_refuses_garbage)
{
	struct raw r = {.text = garbage[_i]};
	pthread_t t;

	ck_assert_int_eq(pthread_create(&t, NULL, raw_main, &r), 0);
	ck_assert_int_eq(edge_loop_run(loop), EDGE_OK);
	pthread_join(t, NULL);
	ck_assert_int_eq(strncmp(r.answer, "HTTP/1.1 400 ", 13), 0);
}
END_TEST

START_TEST(admin_socket_is_closed_to_others)
{
	struct stat st;

	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0660);
	edge_admin_close(admin);
	admin = NULL;
	ck_assert_int_ne(stat(path, &st), 0);
}
END_TEST

START_TEST(admin_open_replaces_a_dead_socket)
{
	struct sockaddr_un sa = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	edge_admin_close(admin);
	admin = NULL;
	strcpy(sa.sun_path, path);
	ck_assert_int_eq(bind(fd, (const struct sockaddr *)&sa, sizeof(sa)), 0);
	close(fd);
	ck_assert_int_eq(admin_open(&admin, run), EDGE_OK);
}
END_TEST

START_TEST(admin_open_says_when_it_cannot)
{
	struct edge_admin *a = NULL;

	ck_assert_int_eq(admin_open(&a, "/nonexistent"), EDGE_ESYS);
	ck_assert_int_eq(errno, ENOENT);
	ck_assert_ptr_null(a);
}
END_TEST

static unsigned denied_events;

static void on_line(const char *line, void *arg)
{
	(void)arg;
	denied_events += strstr(line, "uid=65534") != NULL;
}

START_TEST(admin_denies_a_stranger)
{
	struct call c = {"GET", "/v1/echo", NULL, 0, 0, 0};
	int status;
	pid_t pid;

	if (geteuid() != 0)
		return; /* nobody else to call as */
	edge_log_capture(on_line, NULL);
	ck_assert_int_eq(chmod(path, 0666) | chmod(run, 0755), 0);
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (!pid) {
		if (setgid(65534) || setuid(65534))
			_exit(2);
		call_make(&c);
		_exit(!c.err && c.status == 403 ? 0 : 1);
	}
	call(&c); /* ends after ours; the other one came first or comes */
	ck_assert_uint_eq(c.status, 200);
	free(c.answer);
	while (!denied_events) {
		struct call again = {"GET", "/v1/echo", NULL, 0, 0, 0};

		call(&again);
		free(again.answer);
	}
	while (!waitpid(pid, &status, WNOHANG)) {
		struct call again = {"GET", "/v1/echo", NULL, 0, 0, 0};

		call(&again);
		free(again.answer);
	}
	ck_assert(WIFEXITED(status));
	ck_assert_int_eq(WEXITSTATUS(status), 0);
	edge_log_capture(NULL, NULL);
}
END_TEST

START_TEST(admin_keeps_a_place_only_for_so_many)
{
	int fds[EDGE_ADMIN_CLIENTS];
	struct call c = {"GET", "/v1/echo", NULL, 0, 0, 0};

	for (int i = 0; i < EDGE_ADMIN_CLIENTS; i++) {
		fds[i] = dial();
		ck_assert_int_ge(fds[i], 0);
	}
	call(&c); /* one too many */
	ck_assert_int_ne(c.err, EDGE_OK);
	for (int i = 0; i < EDGE_ADMIN_CLIENTS; i++)
		close(fds[i]);
	c.err = EDGE_ESTATE;
	while (c.err) /* till the loop has seen them go */
		call(&c);
	ck_assert_uint_eq(c.status, 200);
	free(c.answer);
}
END_TEST

struct later {
	struct edge_task task;
	int fd;
	bool is_closed;
};

static void past_deadline(struct edge_task *t)
{
	struct later *l = (struct later *)t;
	struct edge_wheel *w = edge_loop_wheel(loop);
	uint64_t now = edge_loop_now_ms(loop);
	char byte;

	edge_wheel_advance(w, now + EDGE_ADMIN_DEADLINE_MS - 1000);
	l->is_closed = recv(l->fd, &byte, 1, MSG_DONTWAIT) == 0;
	ck_assert(!l->is_closed);
	edge_wheel_advance(w, now + EDGE_ADMIN_DEADLINE_MS + 1000);
	l->is_closed = recv(l->fd, &byte, 1, MSG_DONTWAIT) == 0;
}

START_TEST(admin_gives_a_silent_caller_up)
{
	struct later l = {.task.fn = past_deadline, .fd = dial()};
	struct call c = {"GET", "/v1/echo", NULL, 0, 0, 0};

	ck_assert_int_ge(l.fd, 0);
	call(&c); /* comes second: the silent one has been accepted */
	free(c.answer);
	edge_loop_defer(loop, &l.task);
	call(&c);
	if (!c.err)
		free(c.answer);
	ck_assert(l.is_closed);
	close(l.fd);
}
END_TEST

START_TEST(admin_query_finds_whole_words)
{
	ck_assert(edge_admin_query_is("limits=1", "limits", "1"));
	ck_assert(edge_admin_query_is("a=2&limits=1&b", "limits", "1"));
	ck_assert(!edge_admin_query_is("limits=10", "limits", "1"));
	ck_assert(!edge_admin_query_is("xlimits=1", "limits", "1"));
	ck_assert(!edge_admin_query_is("limits", "limits", "1"));
	ck_assert(!edge_admin_query_is("limits-1", "limits", "1"));
	ck_assert(!edge_admin_query_is("", "limits", "1"));
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("admin");
	TCase *t = tcase_create("call");

	tcase_set_timeout(t, 20);
	tcase_add_checked_fixture(t, open_all, close_all);
	tcase_add_test(t, admin_call_reaches_the_route);
	tcase_add_test(t, admin_call_reaches_the_second_list);
	tcase_add_test(t, admin_call_gets_empty_object_for_no_body);
	tcase_add_test(t, admin_call_gets_long_answer_whole);
	tcase_add_test(t, admin_call_serves_one_after_another);
	tcase_add_test(t, admin_call_says_when_nobody_is_there);
	suite_add_tcase(s, t);
	t = tcase_create("refuse");
	tcase_set_timeout(t, 20);
	tcase_add_checked_fixture(t, open_all, close_all);
	tcase_add_loop_test(t, admin_refuses_unknown_route, 0, 4);
	tcase_add_test(t, admin_refuses_long_body);
	tcase_add_loop_test(t, admin_refuses_garbage, 0, 4);
	tcase_add_test(t, admin_denies_a_stranger);
	tcase_add_test(t, admin_keeps_a_place_only_for_so_many);
	tcase_add_test(t, admin_gives_a_silent_caller_up);
	suite_add_tcase(s, t);
	t = tcase_create("socket");
	tcase_set_timeout(t, 20);
	tcase_add_checked_fixture(t, open_all, close_all);
	tcase_add_test(t, admin_socket_is_closed_to_others);
	tcase_add_test(t, admin_open_replaces_a_dead_socket);
	tcase_add_test(t, admin_open_says_when_it_cannot);
	tcase_add_test(t, admin_query_finds_whole_words);
	suite_add_tcase(s, t);
	return s;
}
