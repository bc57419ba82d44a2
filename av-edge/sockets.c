/* Sockets of the relay: server sockets shared by workers, relayed addresses. */
#include "av-edge/sockets.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/sock.h"

enum { KEEP_ALIVE_COUNT = 6 }; /* as common/sock.h */

static bool set(int fd, int level, int name, int value)
{
	return setsockopt(fd, level, name, &value, sizeof(value)) == 0;
}

static void close_keeping_errno(int fd)
{
	const int saved = errno;

	close(fd);
	errno = saved;
}

void ave_socket_close(int fd)
{
	close_keeping_errno(fd);
}

void ave_socket_set_buffer(int fd, unsigned buffer)
{
	(void)set(fd, SOL_SOCKET, SO_RCVBUF, (int)buffer);
	(void)set(fd, SOL_SOCKET, SO_SNDBUF, (int)buffer);
}

void ave_socket_set_keep_alive(int fd, unsigned every_s)
{
	(void)set(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
	(void)set(fd, IPPROTO_TCP, TCP_KEEPIDLE, (int)every_s);
	(void)set(fd, IPPROTO_TCP, TCP_KEEPINTVL, (int)every_s);
	(void)set(fd, IPPROTO_TCP, TCP_KEEPCNT, KEEP_ALIVE_COUNT);
}

static bool bind_device(int fd, const struct ave_place *p)
{
	return !p->device || !*p->device ||
	       setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, p->device,
			  (socklen_t)strlen(p->device)) == 0;
}

/* Of that family only: a v4 address never comes disguised. */
static bool is_plain(int fd, const struct edge_addr *at)
{
	return at->family != AF_INET6 || set(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1);
}

/* Larger than the path: sent as fragments (AV 4). */
static void allow_fragments(int fd, const struct edge_addr *at)
{
	if (at->family == AF_INET6)
		(void)set(fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER,
			  IPV6_PMTUDISC_DONT);
	else
		(void)set(fd, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DONT);
}

static int opened(const struct ave_place *p, int type)
{
	int fd = socket(p->at.family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0 || (bind_device(fd, p) && is_plain(fd, &p->at)))
		return fd;
	close_keeping_errno(fd);
	return -1;
}

enum edge_err ave_socket_udp(int *out, const struct ave_place *p,
			     bool is_shared, unsigned buffer)
{
	struct sockaddr_storage sa;
	socklen_t len = edge_addr_to_sockaddr(&p->at, &sa);
	int fd = opened(p, SOCK_DGRAM);

	if (fd < 0)
		return EDGE_ESYS;
	if ((is_shared && !set(fd, SOL_SOCKET, SO_REUSEPORT, 1)) ||
	    bind(fd, (struct sockaddr *)&sa, len)) {
		close_keeping_errno(fd);
		return EDGE_ESYS;
	}
	allow_fragments(fd, &p->at);
	ave_socket_set_buffer(fd, buffer);
	*out = fd;
	return EDGE_OK;
}

static enum edge_err tcp_at(int *out, const struct ave_place *p)
{
	struct sockaddr_storage sa;
	socklen_t len = edge_addr_to_sockaddr(&p->at, &sa);
	int fd = opened(p, SOCK_STREAM);

	if (fd < 0)
		return EDGE_ESYS;
	if (!set(fd, SOL_SOCKET, SO_REUSEADDR, 1) ||
	    !set(fd, SOL_SOCKET, SO_REUSEPORT, 1) ||
	    bind(fd, (struct sockaddr *)&sa, len)) {
		close_keeping_errno(fd);
		return EDGE_ESYS;
	}
	*out = fd;
	return EDGE_OK;
}

enum edge_err ave_socket_relay(int *out, const struct ave_place *p)
{
	int fd;
	enum edge_err err = tcp_at(&fd, p);

	if (err)
		return err;
	if (listen(fd, SOMAXCONN)) {
		close_keeping_errno(fd);
		return EDGE_ESYS;
	}
	*out = fd;
	return EDGE_OK;
}

enum edge_err ave_socket_dial(int *out, const struct ave_place *from,
			      const struct edge_addr *to)
{
	struct sockaddr_storage sa;
	socklen_t len = edge_addr_to_sockaddr(to, &sa);
	int fd;
	enum edge_err err = tcp_at(&fd, from);

	if (err)
		return err;
	if (connect(fd, (struct sockaddr *)&sa, len) && errno != EINPROGRESS) {
		close_keeping_errno(fd);
		return EDGE_ESYS;
	}
	edge_sock_set_nodelay(fd);
	*out = fd;
	return EDGE_OK;
}

static enum edge_err server(int *out, const struct ave_place *p, bool is_tcp,
			    bool is_shared)
{
	const char *device = p->device && *p->device ? p->device : NULL;

	if (is_tcp)
		return edge_sock_listen(out, &p->at, device, is_shared);
	return ave_socket_udp(out, p, is_shared, 0);
}

enum edge_err ave_sockets_server(int *fds, unsigned count,
				 const struct ave_place *p, bool is_tcp,
				 char *why, size_t why_cap)
{
	char text[EDGE_ADDR_STRLEN];
	unsigned open = 0;
	int proof;
	enum edge_err err = server(&proof, p, is_tcp, false);

	if (!err)
		close(proof);
	while (!err && open < count) {
		err = server(&fds[open], p, is_tcp, true);
		open += !err;
	}
	if (!err)
		return EDGE_OK;
	edge_addr_print(&p->at, text);
	snprintf(why, why_cap, "cannot listen on %s%s%s, %s: %s", text,
		 p->device && *p->device ? " device " : "",
		 p->device ? p->device : "", is_tcp ? "tcp" : "udp",
		 strerror(errno));
	while (open)
		close(fds[--open]);
	return err;
}
