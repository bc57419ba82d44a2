/* Sockets of this host that strangers could talk to. */
#ifndef EDGECTL_SOCKETS_H
#define EDGECTL_SOCKETS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/addr.h"
#include "common/err.h"

enum { CTL_SOCKETS = 512, CTL_SOCKET_WHO = 48 };

struct ctl_socket {
	bool is_tcp;
	uint8_t family;	     /* AF_INET6 without at: both families */
	struct edge_addr at; /* family 0: any address; with port */
	uint64_t inode;
	char who[CTL_SOCKET_WHO]; /* "sshd, pid 714"; empty: not known */
};

struct ctl_sockets {
	struct ctl_socket v[CTL_SOCKETS];
	size_t count;
	uint16_t first_ephemeral; /* UDP from here on is somebody's client */
};

/** One line of /proc/net/{tcp,udp,tcp6,udp6}; false: no listener. PURE. */
bool ctl_socket_parse(struct ctl_socket *out, const char *line, bool is_tcp,
		      uint8_t family);
/** Those that listen, but for loopback ones. Programs are named as far as the
 * rights go. */
void ctl_sockets_read(struct ctl_sockets *s);
/** Would a packet to that address and port reach it? */
bool ctl_socket_hears(const struct ctl_socket *s, const struct edge_addr *to,
		      bool is_tcp);

#endif
