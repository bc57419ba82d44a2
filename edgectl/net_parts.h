/* Between the files that make the plan of the network. */
#ifndef EDGECTL_NET_PARTS_H
#define EDGECTL_NET_PARTS_H

#include "common/err.h"
#include "edgectl/net_plan.h"

enum { CTL_NET_VIA = EDGE_ADDR_STRLEN + 8 };

/* A network that is reached by the inside router. */
struct ctl_net_net {
	struct edge_addr net;
	unsigned bits;
	struct edge_addr via; /* family 0: on the link, or not known */
	bool is_known;	      /* how it is reached */
};

struct ctl_net_maker {
	struct ctl_net_plan *plan;
	const struct ctl_net_wants *wants;
	const struct ctl_net_view *view;
	struct ctl_net_part {
		struct edge_addr addr[CTL_NET_SIDE_ADDRS];
		size_t addrs;
		/* NULL: not found, down, or no address there: the other
		 * parts of the plan say nothing of this side */
		const struct ctl_net_link *link;
		struct edge_addr gateway4, gateway6; /* outside; or family 0 */
	} side[CTL_SIDES];
	struct ctl_net_net net[CTL_NET_NETS]; /* inside */
	size_t nets;
};

/** The finding that the steps which follow cure; that of no room when there is
 * none. */
int ctl_net_found(struct ctl_net_maker *m, const char *id,
		  enum topo_level level, const char *place, const char *fmt,
		  ...) EDGE_PRINTF(5, 6);
void ctl_net_step(struct ctl_net_maker *m, int finding, const char *fmt, ...)
	EDGE_PRINTF(3, 4);
/** One that only people do. */
void ctl_net_advise(struct ctl_net_maker *m, int finding, const char *fmt, ...)
	EDGE_PRINTF(3, 4);
void ctl_net_good(struct ctl_net_maker *m, const char *fmt, ...)
	EDGE_PRINTF(2, 3);

/** Adds a word to a list in a text, ", " between; what has no room is left
 * out. */
void ctl_net_join(char *list, size_t cap, const char *fmt, ...)
	EDGE_PRINTF(3, 4);
/** "10.20.30.0/24"; "default" without bits. */
void ctl_net_print(char out[EDGE_ADDR_STRLEN], const struct edge_addr *net,
		   unsigned bits);
/** " via 192.0.2.1"; nothing for a point-to-point link's. */
void ctl_net_print_via(char out[CTL_NET_VIA], const struct edge_addr *gateway);
/** "ip" or "ip -6". */
const char *ctl_net_ip(uint8_t family);
struct edge_addr *ctl_net_gateway(struct ctl_net_part *side, uint8_t family);
bool ctl_net_has_family(const struct ctl_net_part *side, uint8_t family);
/** "default via 192.0.2.1 dev ext metric 100", as `ip route` takes it. */
void ctl_net_print_route(char out[CTL_NET_LINE], const struct ctl_net_view *v,
			 const struct ctl_net_route *r);
/** " onlink" for a gateway that no network of the link holds. */
const char *ctl_net_onlink(const struct ctl_net_maker *m,
			   const struct ctl_net_part *side,
			   const struct edge_addr *gateway);
/** The network of one of the link's own addresses. */
struct ctl_net_net ctl_net_own(const struct ctl_net_addr *a);

/* One table's routes, and which of them go the right way. */
struct ctl_net_cover {
	const struct ctl_net_view *view;
	uint32_t table;
	bool (*is_good)(const void *arg, const struct ctl_net_route *r);
	const void *arg;
};
/** Do all addresses of a network go the right way? net without host bits. */
bool ctl_net_covers(const struct ctl_net_cover *c, const struct edge_addr *net,
		    unsigned bits);
/** To a network that one of this host's own addresses is in. */
bool ctl_net_is_connected(const struct ctl_net_view *v,
			  const struct ctl_net_route *r);

/* The parts, in this order. */
void ctl_net_sides(struct ctl_net_maker *m);
void ctl_net_forwarding(struct ctl_net_maker *m);
void ctl_net_default(struct ctl_net_maker *m, uint8_t family);
void ctl_net_inward(struct ctl_net_maker *m);
void ctl_net_source(struct ctl_net_maker *m, enum ctl_net_side side,
		    uint8_t family);
void ctl_net_filter(struct ctl_net_maker *m);

#endif
