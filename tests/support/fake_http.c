/* A small HTTP server on loopback, on a thread of its own. */
#include "tests/support/fake_http.h"

#include <check.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

enum { REQUEST = 4096, HELD = 32, ROWS = 64, WAIT_MS = 5000 };

struct fake_http {
	struct fake_http_row rows[ROWS];
	size_t count;
	int fd, stop_fd, held[HELD];
	size_t held_count;
	uint16_t port;
	pthread_t thread;
	pthread_mutex_t lock;
	unsigned asked;
	char request[REQUEST];
	struct edge_addr from;
};

/* False: stopped, or nothing came. */
static bool wait_for(struct fake_http *f, int fd, int ms)
{
	struct pollfd fds[2] = {{.fd = fd, .events = POLLIN},
				{.fd = f->stop_fd, .events = POLLIN}};

	return poll(fds, 2, ms) > 0 && !fds[1].revents;
}

static bool request_read(struct fake_http *f, int fd, char text[REQUEST])
{
	size_t len = 0;

	while (len < REQUEST - 1 && wait_for(f, fd, WAIT_MS)) {
		ssize_t n = recv(fd, text + len, REQUEST - 1 - len, 0);

		if (n <= 0)
			return false;
		len += (size_t)n;
		text[len] = '\0';
		if (strstr(text, "\r\n\r\n"))
			return true;
	}
	return false;
}

/* Under the lock; an empty one when there is none. */
static struct fake_http_row row_of(const struct fake_http *f,
				   const char *request)
{
	for (size_t i = 0; i < f->count; i++) {
		const size_t len = strlen(f->rows[i].path);

		if (!strncmp(request, "GET ", 4) &&
		    !strncmp(request + 4, f->rows[i].path, len) &&
		    request[4 + len] == ' ')
			return f->rows[i];
	}
	return (struct fake_http_row){
		.head = "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"};
}

/* Gone is fine. */
static void put(int fd, const void *p, size_t len, bool is_slow)
{
	const char *at = p;
	const size_t piece = is_slow ? 1 : len;

	for (ssize_t n = 1; len && n > 0; at += n, len -= (size_t)n)
		n = send(fd, at, piece < len ? piece : len, MSG_NOSIGNAL);
}

static void answer(struct fake_http *f, int fd, const struct fake_http_row *r)
{
	if (r->head)
		put(fd, r->head, strlen(r->head), r->is_slow);
	if (r->body)
		put(fd, r->body, r->body_len ? r->body_len : strlen(r->body),
		    r->is_slow);
	if (r->is_held && f->held_count < HELD)
		f->held[f->held_count++] = fd;
	else
		close(fd);
}

static void serve(struct fake_http *f)
{
	struct sockaddr_storage sa;
	socklen_t len = sizeof(sa);
	char text[REQUEST] = "";
	struct fake_http_row row;
	int fd = accept(f->fd, (struct sockaddr *)&sa, &len);

	if (fd < 0)
		return;
	if (!request_read(f, fd, text)) {
		close(fd);
		return;
	}
	pthread_mutex_lock(&f->lock);
	f->asked++;
	memcpy(f->request, text, sizeof(text));
	ck_assert_int_eq(
		edge_addr_from_sockaddr(&f->from, (struct sockaddr *)&sa),
		EDGE_OK);
	row = row_of(f, text);
	pthread_mutex_unlock(&f->lock);
	answer(f, fd, &row);
}

static void *run(void *arg)
{
	struct fake_http *f = arg;

	while (wait_for(f, f->fd, -1))
		serve(f);
	return NULL;
}

struct fake_http *fake_http_start(const struct fake_http_row *rows,
				  size_t count)
{
	struct fake_http *f = calloc(1, sizeof(*f));
	struct sockaddr_in sa = {.sin_family = AF_INET};
	socklen_t len = sizeof(sa);

	ck_assert_ptr_nonnull(f);
	ck_assert_uint_le(count, ROWS);
	for (; f->count < count; f->count++)
		f->rows[f->count] = rows[f->count];
	sa.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	f->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	f->stop_fd = eventfd(0, EFD_CLOEXEC);
	ck_assert_int_ge(f->fd, 0);
	ck_assert_int_ge(f->stop_fd, 0);
	ck_assert_int_eq(bind(f->fd, (struct sockaddr *)&sa, sizeof(sa)), 0);
	ck_assert_int_eq(listen(f->fd, 16), 0);
	ck_assert_int_eq(getsockname(f->fd, (struct sockaddr *)&sa, &len), 0);
	f->port = ntohs(sa.sin_port);
	pthread_mutex_init(&f->lock, NULL);
	ck_assert_int_eq(pthread_create(&f->thread, NULL, run, f), 0);
	return f;
}

void fake_http_stop(struct fake_http *f)
{
	const uint64_t one = 1;

	if (!f)
		return;
	ck_assert_int_eq(write(f->stop_fd, &one, sizeof(one)), sizeof(one));
	pthread_join(f->thread, NULL);
	for (size_t i = 0; i < f->held_count; i++)
		close(f->held[i]);
	close(f->fd);
	close(f->stop_fd);
	pthread_mutex_destroy(&f->lock);
	free(f);
}

void fake_http_change(struct fake_http *f, const struct fake_http_row *row)
{
	pthread_mutex_lock(&f->lock);
	for (size_t i = 0; i < f->count; i++)
		if (!strcmp(f->rows[i].path, row->path))
			f->rows[i] = *row;
	pthread_mutex_unlock(&f->lock);
}

uint16_t fake_http_port(const struct fake_http *f)
{
	return f->port;
}

unsigned fake_http_asked(struct fake_http *f)
{
	unsigned asked;

	pthread_mutex_lock(&f->lock);
	asked = f->asked;
	pthread_mutex_unlock(&f->lock);
	return asked;
}

void fake_http_request(struct fake_http *f, char *out, size_t cap)
{
	pthread_mutex_lock(&f->lock);
	snprintf(out, cap, "%s", f->request);
	pthread_mutex_unlock(&f->lock);
}

struct edge_addr fake_http_from(struct fake_http *f)
{
	struct edge_addr from;

	pthread_mutex_lock(&f->lock);
	from = f->from;
	pthread_mutex_unlock(&f->lock);
	return from;
}
