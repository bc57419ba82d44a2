/* Asks the kernel for links, addresses, routes, rules and switches. */
#include "edgectl/net_view.h"

#include <errno.h>
#include <fcntl.h>
#include <libmnl/libmnl.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BUFFER = 65536 };

/* One dump; errno when it failed. */
static bool dump(struct mnl_socket *s, struct ctl_net_view *v, uint16_t type,
		 unsigned seq)
{
	static const size_t head = sizeof(struct rtmsg);
	_Alignas(struct nlmsghdr) char buf[BUFFER];
	struct nlmsghdr *h = mnl_nlmsg_put_header(buf);
	ssize_t n;
	int go = MNL_CB_OK;

	h->nlmsg_type = type;
	h->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	h->nlmsg_seq = seq;
	memset(mnl_nlmsg_put_extra_header(h, head), 0, head);
	if (mnl_socket_sendto(s, h, h->nlmsg_len) < 0)
		return false;
	while (go > MNL_CB_STOP) {
		n = mnl_socket_recvfrom(s, buf, sizeof(buf));
		if (n < 0)
			return false;
		ctl_net_view_decode(v, buf, (size_t)n);
		go = mnl_cb_run(buf, (size_t)n, seq, mnl_socket_get_portid(s),
				NULL, NULL);
	}
	return go >= 0;
}

/* A number of /proc/sys/net; -1 when it cannot be read. */
static int number_of(const char *path)
{
	char full[128], text[16] = "";
	ssize_t n = -1;
	int fd;

	(void)snprintf(full, sizeof(full), "/proc/sys/net/%s", path);
	fd = open(full, O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		n = read(fd, text, sizeof(text) - 1);
		close(fd);
	}
	return n > 0 ? (int)strtol(text, NULL, 10) : -1;
}

/* One of "ipv4" or "ipv6" of a link. */
static int switch_of(const struct ctl_net_link *l, const char *family,
		     const char *name)
{
	char path[64];

	(void)snprintf(path, sizeof(path), "%s/conf/%s/%s", family, l->name,
		       name);
	return number_of(path);
}

static void read_switches(struct ctl_net_view *v)
{
	v->rp_filter_all = number_of("ipv4/conf/all/rp_filter");
	v->forward4 = number_of("ipv4/ip_forward");
	v->forward6 = number_of("ipv6/conf/all/forwarding");
	for (size_t i = 0; i < v->links; i++) {
		struct ctl_net_link *l = &v->link[i];

		l->rp_filter = switch_of(l, "ipv4", "rp_filter");
		l->forward4 = switch_of(l, "ipv4", "forwarding");
		l->forward6 = switch_of(l, "ipv6", "forwarding");
	}
}

static enum edge_err ask(struct mnl_socket *s, struct ctl_net_view *v)
{
	static const uint16_t types[] = {RTM_GETLINK, RTM_GETADDR, RTM_GETROUTE,
					 RTM_GETRULE};

	if (mnl_socket_bind(s, 0, MNL_SOCKET_AUTOPID) < 0)
		return EDGE_ESYS;
	for (unsigned i = 0; i < sizeof(types) / sizeof(*types); i++)
		if (!dump(s, v, types[i], i + 1))
			return EDGE_ESYS;
	read_switches(v);
	return EDGE_OK;
}

enum edge_err ctl_net_view_read(struct ctl_net_view **out)
{
	struct ctl_net_view *v = calloc(1, sizeof(*v));
	struct mnl_socket *s = mnl_socket_open(NETLINK_ROUTE);
	enum edge_err err = EDGE_ENOMEM;
	int saved;

	if (v)
		err = s ? ask(s, v) : EDGE_ESYS;
	saved = errno;
	if (s)
		mnl_socket_close(s);
	if (err)
		free(v);
	else
		*out = v;
	errno = saved;
	return err;
}
