/* Stream sockets: made non-blocking, bound to address and device. */
#include "common/sock.h"

#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum {
	SOCK_BACKLOG = 4096, /* ours; the kernel takes somaxconn if less */
};

static bool set_to(int fd, int level, int name, int value)
{
	return setsockopt(fd, level, name, &value, sizeof(value)) == 0;
}

static bool set(int fd, int level, int name)
{
	return set_to(fd, level, name, 1);
}

static int stream(int family, const char *device)
{
	int fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0 || !device)
		return fd;
	if (setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, device,
		       (socklen_t)strlen(device)) == 0)
		return fd;
	close(fd);
	return -1;
}

static void close_keeping_errno(int fd)
{
	const int saved = errno;

	close(fd);
	errno = saved;
}

enum edge_err edge_sock_listen(int *out, const struct edge_addr *local,
			       const char *device, bool is_shared)
{
	struct sockaddr_storage sa;
	socklen_t len = edge_addr_to_sockaddr(local, &sa);
	int fd = stream(sa.ss_family, device);

	if (fd < 0)
		return EDGE_ESYS;
	if (!set(fd, SOL_SOCKET, SO_REUSEADDR) ||
	    (is_shared && !set(fd, SOL_SOCKET, SO_REUSEPORT)) ||
	    bind(fd, (struct sockaddr *)&sa, len) || listen(fd, SOCK_BACKLOG)) {
		close_keeping_errno(fd);
		return EDGE_ESYS;
	}
	*out = fd;
	return EDGE_OK;
}

static bool bind_local(int fd, const struct edge_addr *local)
{
	struct sockaddr_storage sa;
	socklen_t len;

	if (!local || !local->family)
		return true;
	len = edge_addr_to_sockaddr(local, &sa);
	/* the port is chosen at connect: the whole port range a target */
	if (!local->port)
		(void)set(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT);
	return bind(fd, (struct sockaddr *)&sa, len) == 0;
}

enum edge_err edge_sock_dial(int *out, const struct edge_addr *local,
			     const char *device, const struct edge_addr *remote)
{
	struct sockaddr_storage sa;
	socklen_t len = edge_addr_to_sockaddr(remote, &sa);
	int fd = stream(sa.ss_family, device);

	if (fd < 0)
		return EDGE_ESYS;
	if (!bind_local(fd, local) ||
	    (connect(fd, (struct sockaddr *)&sa, len) &&
	     errno != EINPROGRESS)) {
		close_keeping_errno(fd);
		return EDGE_ESYS;
	}
	edge_sock_set_nodelay(fd);
	*out = fd;
	return EDGE_OK;
}

static enum edge_err why_not(int fault)
{
	switch (fault) {
	case EAGAIN:
	case EINTR:
		return EDGE_EAGAIN;
	case EMFILE:
	case ENFILE:
	case ENOBUFS:
	case ENOMEM:
		return EDGE_ELIMIT;
	default:
		return EDGE_ESYS;
	}
}

enum edge_err edge_sock_accept(int *out, struct edge_addr *from, int listener)
{
	for (;;) {
		struct sockaddr_storage sa;
		socklen_t len = sizeof(sa);
		int fd = accept4(listener, (struct sockaddr *)&sa, &len,
				 SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (fd < 0 && errno == ECONNABORTED)
			continue; /* gone before it was taken */
		if (fd < 0)
			return why_not(errno);
		if (!edge_addr_from_sockaddr(from, (struct sockaddr *)&sa)) {
			*out = fd;
			return EDGE_OK;
		}
		close(fd);
	}
}

int edge_sock_error(int fd)
{
	int error = 0;
	socklen_t len = sizeof(error);

	return getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) ? errno
								  : error;
}

void edge_sock_set_nodelay(int fd)
{
	(void)set(fd, IPPROTO_TCP, TCP_NODELAY);
}

void edge_sock_set_probing(int fd, const struct edge_sock_probing *p)
{
	(void)set(fd, SOL_SOCKET, SO_KEEPALIVE);
	(void)set_to(fd, IPPROTO_TCP, TCP_KEEPIDLE, p->idle_s);
	(void)set_to(fd, IPPROTO_TCP, TCP_KEEPINTVL, p->interval_s);
	(void)set_to(fd, IPPROTO_TCP, TCP_KEEPCNT, p->count);
	if (p->user_timeout_ms)
		(void)set_to(fd, IPPROTO_TCP, TCP_USER_TIMEOUT,
			     (int)p->user_timeout_ms);
}

void edge_sock_set_abrupt(int fd)
{
	const struct linger none = {.l_onoff = 1};

	(void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &none, sizeof(none));
}

void edge_sock_names(int fd, struct edge_addr *local, struct edge_addr *remote)
{
	struct sockaddr_storage sa = {0};
	socklen_t len = sizeof(sa);

	*local = *remote = (struct edge_addr){0};
	if (getsockname(fd, (struct sockaddr *)&sa, &len) ||
	    edge_addr_from_sockaddr(local, (struct sockaddr *)&sa))
		*local = (struct edge_addr){0};
	len = sizeof(sa);
	if (getpeername(fd, (struct sockaddr *)&sa, &len) ||
	    edge_addr_from_sockaddr(remote, (struct sockaddr *)&sa))
		*remote = (struct edge_addr){0};
}

bool edge_sock_device(const struct edge_addr *at, char out[16])
{
	struct ifaddrs *all, *i;
	bool found = false;

	if (getifaddrs(&all))
		return false;
	for (i = all; i && !found; i = i->ifa_next) {
		struct edge_addr a;

		if (!i->ifa_addr ||
		    edge_addr_from_sockaddr(&a, i->ifa_addr) != EDGE_OK ||
		    !edge_addr_same_ip(&a, at))
			continue;
		snprintf(out, IFNAMSIZ, "%s", i->ifa_name);
		found = true;
	}
	freeifaddrs(all);
	return found;
}
