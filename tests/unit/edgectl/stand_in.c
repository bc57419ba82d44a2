/* One thread, one caller at a time. */
#include "tests/unit/edgectl/stand_in.h"

#include <check.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SERVICES = 4, ANSWERS = 32, WORD = 64, REQUEST = 4096 };

struct answer {
	char service[WORD], what[WORD];
	unsigned status;
	char *body;
	pid_t kills;
	bool is_used, leaves;
};

struct stand_in {
	char run[128];
	struct service {
		char name[WORD];
		int fd;
	} service[SERVICES];
	size_t services;
	struct answer answer[ANSWERS];
	size_t answers;
	char asked[ANSWERS * 8][2 * WORD]; /* "access-edge GET /v1/status" */
	size_t asks;
	pthread_mutex_t lock;
	pthread_t thread;
	int wake;
	bool is_over;
};

static void place(struct sockaddr_un *at, const struct stand_in *s,
		  const char *name)
{
	*at = (struct sockaddr_un){.sun_family = AF_UNIX};
	ck_assert_int_lt(snprintf(at->sun_path, sizeof(at->sun_path),
				  "%s/%s.sock", s->run, name),
			 sizeof(at->sun_path));
}

/* The whole request; what: "GET /v1/status". */
static bool read_request(int fd, char what[WORD])
{
	char text[REQUEST + 1];
	size_t len = 0, wanted = SIZE_MAX;

	while (len < wanted && len < REQUEST) {
		const ssize_t n = read(fd, text + len, REQUEST - len);
		const char *end, *body;

		if (n <= 0)
			return false;
		len += (size_t)n;
		text[len] = '\0';
		end = strstr(text, "\r\n\r\n");
		if (!end)
			continue;
		body = strcasestr(text, "content-length:");
		wanted =
			(size_t)(end + 4 - text) +
			(body && body < end ? strtoul(body + 15, NULL, 10) : 0);
	}
	text[strcspn(text, "\r")] = '\0';
	if (strstr(text, " HTTP/"))
		*strstr(text, " HTTP/") = '\0';
	(void)snprintf(what, WORD, "%.63s", text);
	return true;
}

static void note(struct stand_in *s, const char *service, const char *what)
{
	if (s->asks < sizeof(s->asked) / sizeof(*s->asked))
		(void)snprintf(s->asked[s->asks++], 2 * WORD, "%s %s", service,
			       what);
}

/* The first that was not given yet, else the last one. */
static struct answer *next(struct stand_in *s, const char *service,
			   const char *what)
{
	struct answer *last = NULL;

	for (size_t i = 0; i < s->answers; i++) {
		struct answer *a = &s->answer[i];

		if (strcmp(a->service, service) || strcmp(a->what, what))
			continue;
		last = a;
		if (!a->is_used)
			break;
	}
	return last;
}

static void give(struct stand_in *s, struct service *v, int fd)
{
	char what[WORD];
	struct answer *a;

	if (!read_request(fd, what))
		return;
	pthread_mutex_lock(&s->lock);
	note(s, v->name, what);
	a = next(s, v->name, what);
	if (a && !a->is_used && a->kills) {
		kill(a->kills, SIGKILL);
		(void)waitpid(a->kills, NULL, 0);
	}
	if (!a)
		dprintf(fd, "HTTP/1.1 404 N\r\nContent-Length: 2\r\n\r\n{}");
	else if (a->status)
		dprintf(fd,
			"HTTP/1.1 %u S\r\nContent-Type: application/json\r\n"
			"Content-Length: %zu\r\n\r\n%s",
			a->status, strlen(a->body), a->body);
	if (a)
		a->is_used = true;
	if (a && a->leaves) {
		close(v->fd);
		v->fd = -1;
	}
	pthread_mutex_unlock(&s->lock);
}

static void *serve(void *arg)
{
	struct stand_in *s = arg;
	bool is_over = false;

	while (!is_over) {
		struct pollfd p[SERVICES + 1];
		size_t count;

		pthread_mutex_lock(&s->lock);
		count = s->services;
		for (size_t i = 0; i < count; i++)
			p[i] = (struct pollfd){s->service[i].fd, POLLIN, 0};
		pthread_mutex_unlock(&s->lock);
		p[count] = (struct pollfd){s->wake, POLLIN, 0};
		(void)poll(p, count + 1, -1);
		for (size_t i = 0; i < count; i++) {
			const int fd =
				p[i].revents ? accept(p[i].fd, NULL, NULL) : -1;

			if (fd < 0)
				continue;
			give(s, &s->service[i], fd);
			close(fd);
		}
		if (p[count].revents)
			(void)!read(s->wake, &(uint64_t){0}, 8);
		pthread_mutex_lock(&s->lock);
		is_over = s->is_over;
		pthread_mutex_unlock(&s->lock);
	}
	return NULL;
}

static void wake(struct stand_in *s)
{
	ck_assert_int_eq(write(s->wake, &(uint64_t){1}, 8), 8);
}

struct stand_in *stand_in_new(const char *run)
{
	struct stand_in *s = calloc(1, sizeof(*s));

	ck_assert_ptr_nonnull(s);
	(void)snprintf(s->run, sizeof(s->run), "%s", run);
	s->wake = eventfd(0, EFD_CLOEXEC);
	ck_assert_int_ge(s->wake, 0);
	ck_assert_int_eq(pthread_mutex_init(&s->lock, NULL), 0);
	ck_assert_int_eq(pthread_create(&s->thread, NULL, serve, s), 0);
	return s;
}

void stand_in_free(struct stand_in *s)
{
	struct sockaddr_un at;

	pthread_mutex_lock(&s->lock);
	s->is_over = true;
	pthread_mutex_unlock(&s->lock);
	wake(s);
	pthread_join(s->thread, NULL);
	for (size_t i = 0; i < s->services; i++) {
		if (s->service[i].fd >= 0)
			close(s->service[i].fd);
		place(&at, s, s->service[i].name);
		(void)unlink(at.sun_path);
	}
	for (size_t i = 0; i < s->answers; i++)
		free(s->answer[i].body);
	close(s->wake);
	pthread_mutex_destroy(&s->lock);
	free(s);
}

static void listen_as(struct stand_in *s, const char *name)
{
	struct service *v = &s->service[s->services];
	struct sockaddr_un at;

	for (size_t i = 0; i < s->services; i++)
		if (!strcmp(s->service[i].name, name))
			return;
	ck_assert_uint_lt(s->services, SERVICES);
	(void)snprintf(v->name, sizeof(v->name), "%s", name);
	place(&at, s, name);
	v->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	ck_assert_int_ge(v->fd, 0);
	ck_assert_int_eq(bind(v->fd, (struct sockaddr *)&at, sizeof(at)), 0);
	ck_assert_int_eq(listen(v->fd, 8), 0);
	s->services++;
}

void stand_in_answers(struct stand_in *s, const char *service, const char *what,
		      unsigned status, const char *body)
{
	struct answer *a;

	pthread_mutex_lock(&s->lock);
	ck_assert_uint_lt(s->answers, ANSWERS);
	a = &s->answer[s->answers++];
	(void)snprintf(a->service, WORD, "%s", service);
	(void)snprintf(a->what, WORD, "%s", what);
	a->status = status;
	a->body = strdup(body);
	listen_as(s, service);
	pthread_mutex_unlock(&s->lock);
	wake(s);
}

void stand_in_kills(struct stand_in *s, pid_t pid)
{
	pthread_mutex_lock(&s->lock);
	s->answer[s->answers - 1].kills = pid;
	pthread_mutex_unlock(&s->lock);
}

void stand_in_leaves(struct stand_in *s)
{
	pthread_mutex_lock(&s->lock);
	s->answer[s->answers - 1].leaves = true;
	pthread_mutex_unlock(&s->lock);
}

unsigned stand_in_asked(struct stand_in *s, const char *service,
			const char *what)
{
	char line[2 * WORD];
	unsigned count = 0;

	(void)snprintf(line, sizeof(line), "%s %s", service, what);
	pthread_mutex_lock(&s->lock);
	for (size_t i = 0; i < s->asks; i++)
		count += !strcmp(s->asked[i], line);
	pthread_mutex_unlock(&s->lock);
	return count;
}
