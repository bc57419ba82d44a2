/* The admin endpoint's caller: one blocking request with a deadline. */
#include "common/admin.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "common/crypto.h"
#include "common/http.h"

enum { READ_FIRST = 8192 /* ours: first size of the buffer [bytes] */ };

struct call {
	int fd;
	uint64_t end_ms;
	uint8_t *buf;
	size_t len, cap;
};

static uint64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static enum edge_err wait_for(const struct call *c, short events)
{
	struct pollfd p = {.fd = c->fd, .events = events};
	uint64_t now = now_ms();
	int n;

	if (now >= c->end_ms)
		return EDGE_ETIMEOUT;
	n = poll(&p, 1, (int)(c->end_ms - now));
	if (n < 0 && errno != EINTR)
		return EDGE_ESYS;
	return EDGE_OK; /* ready, or the next turn finds the time over */
}

static enum edge_err call_connect(struct call *c, const char *run,
				  const char *daemon)
{
	struct sockaddr_un sa = {.sun_family = AF_UNIX};
	int n = snprintf(sa.sun_path, sizeof(sa.sun_path), "%s/%s.sock", run,
			 daemon);

	if (n < 0 || (size_t)n >= sizeof(sa.sun_path))
		return EDGE_ELIMIT;
	c->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (c->fd < 0)
		return EDGE_ESYS;
	if (!connect(c->fd, (const struct sockaddr *)&sa, sizeof(sa)))
		return EDGE_OK;
	if (errno == ENOENT || errno == ECONNREFUSED || errno == ENOTDIR)
		return EDGE_ENOTFOUND;
	return errno == EACCES || errno == EPERM ? EDGE_EDENIED : EDGE_ESYS;
}

static enum edge_err call_send(const struct call *c, const void *p, size_t len)
{
	const uint8_t *at = p;

	while (len) {
		ssize_t n = send(c->fd, at, len, MSG_NOSIGNAL);
		enum edge_err err;

		if (n >= 0) {
			at += n;
			len -= (size_t)n;
			continue;
		}
		if (errno == EPIPE ||
		    errno ==
			    ECONNRESET) /* refused early: its answer is there */
			return EDGE_OK;
		if (errno != EAGAIN && errno != EINTR)
			return EDGE_ESYS;
		err = wait_for(c, POLLOUT);
		if (err)
			return err;
	}
	return EDGE_OK;
}

static enum edge_err call_grow(struct call *c)
{
	size_t cap = c->cap ? c->cap * 2 : READ_FIRST;
	uint8_t *buf;

	if (c->len < c->cap)
		return EDGE_OK;
	if (cap > EDGE_ADMIN_ANSWER_MAX + EDGE_HTTP_HEAD_MAX)
		return EDGE_ELIMIT;
	buf = malloc(cap); /* no realloc: secrets may stand in it */
	if (!buf)
		return EDGE_ENOMEM;
	if (c->buf) {
		memcpy(buf, c->buf, c->len);
		edge_wipe(c->buf, c->cap);
		free(c->buf);
	}
	c->buf = buf;
	c->cap = cap;
	return EDGE_OK;
}

/* Read on until the answer is whole. */
static enum edge_err call_read(struct call *c, struct edge_http_msg *m)
{
	for (;;) {
		enum edge_err err = call_grow(c);
		ssize_t n;

		if (err)
			return err;
		n = recv(c->fd, c->buf + c->len, c->cap - c->len, 0);
		if (n == 0)
			return EDGE_ECLOSED;
		if (n < 0) {
			if (errno != EAGAIN && errno != EINTR)
				return errno == ECONNRESET ? EDGE_ECLOSED
							   : EDGE_ESYS;
			err = wait_for(c, POLLIN);
			if (err)
				return err;
			continue;
		}
		c->len += (size_t)n;
		err = edge_http_decode(m, EDGE_HTTP_ANSWER,
				       edge_slice(c->buf, c->len),
				       EDGE_ADMIN_ANSWER_MAX);
		if (err != EDGE_EAGAIN)
			return err;
	}
}

static enum edge_err body_copy(char **out, struct edge_slice body)
{
	size_t len = edge_slice_len(body);
	char *copy = malloc(len + 1);

	if (!copy)
		return EDGE_ENOMEM;
	memcpy(copy, body.p, len);
	copy[len] = '\0';
	*out = copy;
	return EDGE_OK;
}

enum edge_err edge_admin_call(struct edge_admin_answer *out,
			      const struct edge_admin_question *q)
{
	struct call c = {
		.fd = -1,
		.end_ms = now_ms() + (q->ms ? q->ms : EDGE_ADMIN_CALL_MS),
	};
	uint8_t head[EDGE_HTTP_ENCODE_MAX];
	struct edge_put w = edge_put(head, sizeof(head));
	struct edge_http_msg m;
	enum edge_err err = EDGE_ELIMIT;

	edge_http_put_request(&w, q->method, q->path, edge_slice_len(q->json));
	if (w.overflow)
		goto out;
	err = call_connect(&c, q->run, q->daemon);
	if (err)
		goto out;
	err = call_send(&c, head, edge_put_len(&w));
	if (err)
		goto out;
	err = call_send(&c, q->json.p, edge_slice_len(q->json));
	if (err)
		goto out;
	err = call_read(&c, &m);
	if (err)
		goto out;
	err = body_copy(&out->body, m.body);
	if (!err)
		out->status = m.status;
out:
	if (c.fd >= 0)
		close(c.fd);
	if (c.buf)
		edge_wipe(c.buf, c.cap);
	free(c.buf);
	return err;
}
