/* One connection of A/V authentication, and what its door keeps for it.
 * Inside of mras_door.c, mras_link.c and
 * mras_link_tell.c only. */
#ifndef AV_EDGE_MRAS_LINK_H
#define AV_EDGE_MRAS_LINK_H

#include <sys/queue.h>

#include "av-edge/limits.h"
#include "av-edge/mras.h"
#include "av-edge/mras_door.h"
#include "av-edge/stats.h"
#include "common/admit.h"
#include "common/conn.h"
#include "common/sip/frame.h"

enum mras_link_state { MRAS_LINK_TLS, MRAS_LINK_OPEN, MRAS_LINK_CLOSING };

struct edge_door;

struct mras_link {
	LIST_ENTRY(mras_link) next;
	struct mras_door *door;
	struct edge_conn *conn;
	enum mras_link_state state;
	struct edge_addr from;
	struct edge_sip_framer framer;
	uint64_t skip;	  /* octets of a body that is passed over */
	uint64_t part_ms; /* since when a message is unfinished; 0: none */
	uint64_t heard_ms;
	struct edge_timer timer;
	bool was_secured, is_known, is_paused;
};

struct mras_door {
	struct mras_door_plan plan;
	struct mras_door_view view;
	struct mras_ring ring; /* view.ring points here */
	uint64_t limits[AVE_LIMIT_COUNT];
	struct edge_peer_policy policy;
	struct edge_admit *admit;
	struct edge_bucket requests;
	struct mras *mras;
	struct edge_sip_arena *arena;
	struct edge_sip_msg msg;
	uint8_t key[16];
	struct edge_door *socket; /* NULL: closed */
	LIST_HEAD(, mras_link) links;
	size_t link_count;
	bool is_draining;
};

/** Takes fd over when it succeeds. */
EDGE_MUST_CHECK enum edge_err mras_link_accept(struct mras_door *d, int fd,
					       const struct edge_addr *from);
void mras_link_close(struct mras_link *l);
/** The door drains: close when nothing is under way, else after it. */
void mras_link_retire(struct mras_link *l);

/* Events and counters: mras_link_tell.c. The message is in door->msg. */
void mras_link_tell_answer(struct mras_link *l, const struct mras_answer *a);
void mras_link_tell_stranger(struct mras_link *l);
void mras_link_tell_failed(struct mras_link *l);
void mras_link_tell_slow(struct mras_link *l);

void mras_door_count(struct mras_door *d, enum ave_stat row);
void mras_door_count_many(struct mras_door *d, enum ave_stat row, size_t n);
uint32_t mras_door_limit(const struct mras_door *d, enum ave_limit which);

#endif
