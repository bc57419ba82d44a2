/* Server sockets of all workers, as the topology wants them. */
#ifndef AV_EDGE_SERVICE_DOORS_H
#define AV_EDGE_SERVICE_DOORS_H

#include "av-edge/mail.h"
#include "av-edge/worker.h"
#include "topology/topology.h"

/* Places of UDP doors that have moved and are still ours: allocations made
 * there go on. As the workers have them, each. */
struct ave_held {
	struct edge_addr at[AVE_OLD_DOORS]; /* oldest first */
	size_t count;
};

struct ave_doors {
	const struct ave_held *held;	/* or NULL */
	const struct ave_house *house;	/* devices and how many workers */
	int fd[AVE_DOORS][AVE_WORKERS]; /* -1: none */
};

void ave_doors_init(struct ave_doors *d, const struct ave_house *h);
void ave_doors_close(struct ave_doors *d);
/** Row of the topology. */
enum topo_port_kind ave_door_port(enum ave_door_kind kind);
/** Where it is; family 0: a topology has no such address or no such port. */
struct edge_addr ave_door_at(enum ave_door_kind kind, const struct topo *t);
bool ave_door_is_tcp(enum ave_door_kind kind);
enum ave_side ave_door_side(enum ave_door_kind kind);
const char *ave_door_name(enum ave_door_kind kind); /* "outside udp" */
/** One socket a worker, none where there is no IPv6 beside IPv4; why on
 * failure. EDGE_ENOTFOUND: the topology has no such port; EDGE_ESYS. */
EDGE_MUST_CHECK enum edge_err ave_doors_bind(struct ave_doors *d,
					     enum ave_door_kind kind,
					     const struct topo *t, char *why,
					     size_t why_cap);
/** Only those that are elsewhere in the new topology, and not at a place that
 * is held: all or none. */
EDGE_MUST_CHECK enum edge_err ave_doors_bind_moved(struct ave_doors *d,
						   const struct topo *old,
						   const struct topo *new,
						   char *why, size_t why_cap);
/** Was there such a door, and is there none any more? */
bool ave_door_ends(enum ave_door_kind kind, const struct topo *old,
		   const struct topo *new);
/** Does that door go back to a place that is held? */
bool ave_held_has(const struct ave_held *h, enum ave_door_kind kind,
		  const struct topo *old, const struct topo *new);
/** How many UDP doors move; those places are held from now on, and not those
 * that are moved to. */
unsigned ave_held_move(struct ave_held *h, const struct topo *old,
		       const struct topo *new);
/** Hand a worker's over. */
void ave_doors_give(int out[AVE_DOORS], struct ave_doors *d, unsigned worker);

#endif
