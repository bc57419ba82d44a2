/* Sockets of the relay: server sockets shared by workers, relayed addresses. */
#include "av-edge/sockets.h"

#include <errno.h>
#include <linux/filter.h>
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

void ave_socket_mark(int fd, uint8_t family, uint8_t dscp)
{
	const int octet = dscp << 2; /* ECN lies below */

	if (family == AF_INET6)
		(void)set(fd, IPPROTO_IPV6, IPV6_TCLASS, octet);
	else
		(void)set(fd, IPPROTO_IP, IP_TOS, octet);
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

static enum edge_err server(int *out, const struct ave_place *p, bool is_shared)
{
	const char *device = p->device && *p->device ? p->device : NULL;

	if (p->is_tcp)
		return edge_sock_listen(out, &p->at, device, is_shared);
	return ave_socket_udp(out, p, is_shared, 0);
}

/* Where the source lies in the header of IP [bytes]: IPv4, or the /64. */
enum { SOURCE4 = 12, SOURCE6 = 8, SOURCE6_LOW = 12 };

/* All connections of a client to one worker: RFC 6062's ConnectionBind comes by
 * another connection than the allocation that it belongs to. A kernel that
 * knows no such thing spreads them, and some binds are refused. */
static void steer(int fd, const struct edge_addr *at, unsigned count)
{
	const bool is_v6 = at->family == AF_INET6;
	const uint32_t net = (uint32_t)SKF_NET_OFF;
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 net + (is_v6 ? SOURCE6 : SOURCE4)),
		BPF_STMT(BPF_MISC | BPF_TAX, 0),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 net + (is_v6 ? SOURCE6_LOW : SOURCE4)),
		/* Knuth's golden ratio: neighbours go different ways */
		BPF_STMT(BPF_ALU | BPF_MUL | BPF_K, 0x9e3779b1),
		BPF_STMT(BPF_ALU | BPF_XOR | BPF_X, 0),
		BPF_STMT(BPF_ALU | BPF_RSH | BPF_K, 8),
		BPF_STMT(BPF_ALU | BPF_MOD | BPF_K, count),
		BPF_STMT(BPF_RET | BPF_A, 0),
	};
	const struct sock_fprog program = {
		.len = sizeof(code) / sizeof(code[0]),
		.filter = code,
	};

	(void)setsockopt(fd, SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, &program,
			 sizeof(program));
}

/* All of them, or none. */
static enum edge_err open_all(int *fds, unsigned count,
			      const struct ave_place *p)
{
	unsigned open = 0;
	enum edge_err err = EDGE_OK;

	while (!err && open < count) {
		err = server(&fds[open], p, true);
		open += !err;
	}
	while (err && open)
		close_keeping_errno(fds[--open]);
	return err;
}

static enum edge_err prove(const struct ave_place *p)
{
	int proof;
	enum edge_err err = server(&proof, p, false);

	if (!err)
		close(proof);
	return err;
}

enum edge_err ave_sockets_server(int *fds, unsigned count,
				 const struct ave_place *p, char *why,
				 size_t why_cap)
{
	char text[EDGE_ADDR_STRLEN];
	enum edge_err err = prove(p);

	if (!err)
		err = open_all(fds, count, p);
	if (err) {
		edge_addr_print(&p->at, text);
		snprintf(why, why_cap, "cannot listen on %s%s%s, %s: %s", text,
			 p->device && *p->device ? " device " : "",
			 p->device ? p->device : "", p->is_tcp ? "tcp" : "udp",
			 strerror(errno));
	} else if (p->is_tcp && count > 1) {
		steer(fds[0], &p->at, count);
	}
	return err;
}
