/* A door of A/V authentication on loopback, with servers that call. */
#ifndef TESTS_UNIT_AV_EDGE_MRAS_WORLD_H
#define TESTS_UNIT_AV_EDGE_MRAS_WORLD_H

#include "av-edge/mras_door.h"
#include "av-edge/stats.h"
#include "tests/support/certs.h"
#include "tests/support/sip_peer.h"

struct mras_world {
	struct certs *certs;
	struct edge_loop *loop;
	struct edge_config *config;
	struct edge_stats *stats;
	struct mras_door *door;
	struct edge_tls *door_tls, *fe01, *stranger, *nobody;
	struct topo topo; /* what the next look is at */
	struct mras_ring ring;
	struct edge_addr at; /* where the door is */
	struct sip_peer peer;
};

/** limits: lines of [limits], or "". The door is open, the peer not dialled. */
void mras_world_init(struct mras_world *w, const char *limits);
void mras_world_fini(struct mras_world *w);
/** w->topo and w->ring from now on. */
void mras_world_look(struct mras_world *w);
/** Dial and wait until it is secured. */
void mras_world_dial(struct mras_world *w, struct sip_peer *p,
		     struct edge_tls *tls);
/** Bytes as they are. */
void mras_world_send(struct sip_peer *p, struct edge_slice bytes);
/** Wait until the counter has that value. */
void mras_world_wait(struct mras_world *w, enum ave_stat row, uint64_t value);
uint64_t mras_world_stat(const struct mras_world *w, enum ave_stat row);
/** Wait until the door has so many connections. */
void mras_world_wait_count(struct mras_world *w, size_t count);

#endif
