/* What the packet filters let pass: the rows of port.def for one topology. */
#ifndef EDGECTL_PORTS_H
#define EDGECTL_PORTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/addr.h"
#include "edgectl/side.h"
#include "topology/topology.h"

struct edge_config;

enum {
	CTL_PORTS = 80,
	CTL_PORT_ID = 32,
	CTL_PORT_TEXT = 320,
	CTL_PEER_ADDRS = 256,
	CTL_PEER_NETS = 64,
};

/* Sets of those at the far end; a row may have several. */
enum ctl_peer {
	CTL_PEER_NEXT_HOP = 1 << 0,
	CTL_PEER_FRONT_ENDS = 1 << 1, /* other SIP servers of the inside */
	CTL_PEER_CONF = 1 << 2,	      /* conferencing servers */
	CTL_PEER_XMPP = 1 << 3,
	CTL_PEER_CLIENTS = 1 << 4, /* networks */
	CTL_PEER_DNS = 1 << 5,
	CTL_PEER_NTP = 1 << 6,
	CTL_PEER_EDGES = 1 << 7, /* other members, their A/V addresses */
	CTL_PEER_ANY = 1 << 8,
	CTL_PEER_SETS = 8, /* that are listed */
};

struct ctl_port {
	char id[CTL_PORT_ID]; /* "E1"; "E1 E2" when both are one */
	enum ctl_net_side side;
	bool is_in, is_tcp, is_udp;
	struct edge_addr own; /* port 0 */
	uint16_t first;
	unsigned count;
	bool is_own;	/* the port is on our end, else on theirs */
	unsigned peers; /* enum ctl_peer */
	enum topo_port_kind kind;
	char purpose[CTL_PORT_TEXT], blocked[CTL_PORT_TEXT];
};

struct ctl_ports {
	struct ctl_port v[CTL_PORTS];
	size_t count;
};

struct ctl_peers {
	struct ctl_peer_net {
		struct edge_addr net;
		unsigned bits;
	} v[CTL_PEER_ADDRS]; /* sorted, each once */
	size_t count;
};

/** PURE but for the resolv file of the settings. A row whose (address,
 * protocol, port, peers) another has joins it. */
void ctl_ports_of(struct ctl_ports *p, const struct topo *t,
		  const struct edge_config *c);
/** Of one set or several together; empty: nobody is known. */
void ctl_peers_of(struct ctl_peers *p, unsigned sets, const struct topo *t,
		  const struct edge_config *c);
/** "next_hop", "any". */
const char *ctl_peer_name(enum ctl_peer set);
/** "tcp", "udp" or "tcp+udp". */
const char *ctl_port_protocol(const struct ctl_port *p);
/** "443" or "50000-59999". */
void ctl_port_print(char out[16], const struct ctl_port *p);

#endif
