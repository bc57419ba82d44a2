/* Non-blocking sockets and poll: a tool has nothing else to do meanwhile. */
#include "edgectl/probe_line.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "common/sock.h"
#include "edgectl/probe_tls.h"

enum { RESEND_MS = 500 /* RFC 8489 §6.2.1, doubled each time */ };

uint64_t ctl_probe_now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

bool ctl_probe_wait(int fd, short events, uint64_t until_ms)
{
	struct pollfd p = {.fd = fd, .events = events};

	for (;;) {
		uint64_t now = ctl_probe_now_ms();
		int n;

		if (now >= until_ms)
			return false; /* whatever goes on coming */
		n = poll(&p, 1, (int)(until_ms - now));
		if (n >= 0 || errno != EINTR)
			return n == 1;
	}
}

static enum edge_err fail(struct ctl_probe_line *l, enum edge_err err,
			  const char *word)
{
	snprintf(l->why, sizeof(l->why), "%s", word);
	return err;
}

/* By errno. */
static enum edge_err fail_system(struct ctl_probe_line *l)
{
	l->reach = ctl_reach_of(EDGE_ESYS, errno);
	return fail(l, EDGE_ESYS, strerror(errno));
}

static enum edge_err silent(struct ctl_probe_line *l)
{
	l->reach = CTL_REACH_SILENT;
	snprintf(l->why, sizeof(l->why), "no answer within %u.%u s",
		 l->ms / 1000, l->ms / 100 % 10);
	return EDGE_ETIMEOUT;
}

static enum edge_err dial_udp(struct ctl_probe_line *l,
			      const struct ctl_probe_route *route)
{
	struct sockaddr_storage to, from;
	socklen_t to_len = edge_addr_to_sockaddr(&route->remote, &to);
	socklen_t from_len = edge_addr_to_sockaddr(&route->local, &from);

	l->fd = socket(to.ss_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
		       0);
	if (l->fd < 0 ||
	    (route->local.family &&
	     bind(l->fd, (const struct sockaddr *)&from, from_len)) ||
	    connect(l->fd, (const struct sockaddr *)&to, to_len))
		return EDGE_ESYS;
	return EDGE_OK;
}

static enum edge_err dial(struct ctl_probe_line *l,
			  const struct ctl_probe_route *route)
{
	enum edge_err err = route->is_udp
				    ? dial_udp(l, route)
				    : edge_sock_dial(&l->fd, &route->local,
						     NULL, &route->remote);

	if (err) {
		l->is_unroutable =
			errno == ENETUNREACH || errno == EAFNOSUPPORT;
		return fail_system(l);
	}
	if (route->is_udp)
		return EDGE_OK;
	if (!ctl_probe_wait(l->fd, POLLOUT, ctl_probe_now_ms() + l->ms))
		return silent(l);
	errno = edge_sock_error(l->fd);
	return errno ? fail_system(l) : EDGE_OK;
}

enum edge_err ctl_probe_line_open(struct ctl_probe_line *l,
				  const struct ctl_probe_route *route)
{
	uint64_t begun = ctl_probe_now_ms();
	struct edge_addr remote;
	enum edge_err err;

	memset(l, 0, offsetof(struct ctl_probe_line, in));
	l->fd = -1;
	l->ms = route->ms;
	l->is_udp = route->is_udp;
	err = dial(l, route);
	l->spent = (uint32_t)(ctl_probe_now_ms() - begun);
	if (!err)
		edge_sock_names(l->fd, &l->local, &remote);
	return err;
}

void ctl_probe_line_close(struct ctl_probe_line *l)
{
	ctl_probe_tls_free(l->tls);
	l->tls = NULL;
	if (l->fd >= 0)
		close(l->fd);
	l->fd = -1;
}

/* ---- talking */

static enum edge_err put_clear(struct ctl_probe_line *l, struct edge_slice out,
			       uint64_t until)
{
	while (out.p < out.end) {
		ssize_t n =
			send(l->fd, out.p, edge_slice_len(out), MSG_NOSIGNAL);

		if (n > 0)
			out.p += n;
		else if (errno != EAGAIN && errno != EINTR)
			return fail_system(l);
		else if (!ctl_probe_wait(l->fd, POLLOUT, until))
			return silent(l);
	}
	return EDGE_OK;
}

static enum edge_err put(struct ctl_probe_line *l, struct edge_slice out,
			 uint64_t until)
{
	if (!l->tls)
		return put_clear(l, out, until);
	return ctl_probe_tls_write(l->tls, out, until, l->why, sizeof(l->why));
}

/* More bytes behind *len. */
static enum edge_err get(struct ctl_probe_line *l, size_t *len, uint64_t until)
{
	size_t room = sizeof(l->in) - *len;
	ssize_t n;

	if (l->tls)
		return ctl_probe_tls_read(
			l->tls, &(struct ctl_probe_room){l->in, len, room},
			until, l->why, sizeof(l->why));
	if (!ctl_probe_wait(l->fd, POLLIN, until))
		return silent(l);
	n = recv(l->fd, l->in + *len, room, 0);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return EDGE_OK;
	if (n < 0)
		return fail_system(l);
	if (n == 0 && !l->is_udp)
		return fail(l, EDGE_ECLOSED, "closed without an answer");
	*len += (size_t)n;
	return EDGE_OK;
}

/* One wait; a stream goes on where it was, a datagram stands for itself. */
static enum edge_err listen_until(struct ctl_probe_line *l,
				  enum ctl_probe_talk talk,
				  const struct ctl_probe_ask *ask,
				  struct ctl_probe_heard *heard, uint64_t until)
{
	size_t len = 0;
	enum edge_err err;

	for (;;) {
		enum ctl_probe_verdict v;

		err = get(l, &len, until);
		if (err)
			return err;
		v = ctl_probe_judge(heard, talk, ask, edge_slice(l->in, len));
		if (v == CTL_PROBE_HEARD)
			return EDGE_OK;
		if (v == CTL_PROBE_FOREIGN)
			return fail(l, EDGE_EFORMAT, heard->text);
		if (l->is_udp)
			len = 0;
		else if (len == sizeof(l->in))
			return fail(l, EDGE_EFORMAT,
				    "an answer without an end");
	}
}

static enum edge_err talk_udp(struct ctl_probe_line *l,
			      enum ctl_probe_talk talk,
			      const struct ctl_probe_ask *ask,
			      struct ctl_probe_heard *heard,
			      struct edge_slice out)
{
	uint64_t end = ctl_probe_now_ms() + l->ms, pause = RESEND_MS;
	enum edge_err err;

	do {
		uint64_t until = ctl_probe_now_ms() + pause;

		pause *= 2;
		err = put(l, out, end);
		if (!err)
			err = listen_until(l, talk, ask, heard,
					   until < end ? until : end);
	} while (err == EDGE_ETIMEOUT && ctl_probe_now_ms() < end);
	return err;
}

enum edge_err ctl_probe_line_ask(struct ctl_probe_line *l,
				 enum ctl_probe_talk talk,
				 const struct ctl_probe_ask *ask,
				 struct ctl_probe_heard *heard)
{
	uint8_t out[CTL_PROBE_SAY_MAX];
	struct edge_slice said = ctl_probe_say(out, talk, ask);
	uint64_t begun = ctl_probe_now_ms();
	enum edge_err err;

	*heard = (struct ctl_probe_heard){0};
	if (l->is_udp) {
		err = talk_udp(l, talk, ask, heard, said);
	} else {
		err = put(l, said, begun + l->ms);
		if (!err)
			err = listen_until(l, talk, ask, heard, begun + l->ms);
	}
	l->spent = (uint32_t)(ctl_probe_now_ms() - begun);
	return err;
}
