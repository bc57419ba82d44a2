/* What was seen of a client, and what it was answered; AV 1.10, 1.14. */
#ifndef AV_EDGE_MST_REPLAY_H
#define AV_EDGE_MST_REPLAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "av-edge/mst_msg.h"
#include "common/slice.h"

enum {
	MST_WINDOW = 64,     /* AV 1.10 [numbers] */
	MST_RECENT_IDS = 32, /* AV 1.10 */
	MST_REPLY_MAX = 192, /* ours: a signed, framed 0103 with IPv6 is 180 */
};

struct mst_seen_id {
	uint16_t type; /* 0: none */
	uint8_t tid[MST_TID_LEN];
};

struct mst_replay {    /* zero-initialised: nothing seen */
	uint64_t bits; /* bit n: highest - n was seen */
	uint32_t highest;
	uint32_t next; /* of recent */
	/* MST_RECENT_IDS, from the first message without a number on: clients
	 * that were seen number all of theirs */
	struct mst_seen_id *recent;
};
void mst_replay_fini(struct mst_replay *r);

/** Is m new: by its MS-Sequence Number, else by its transaction id? Remembers
 * it; without memory for that nothing is new. Only for messages whose integrity
 * fits. */
bool mst_replay_is_new(struct mst_replay *r, const struct mst_msg *m);

struct mst_reply { /* zero-initialised: none */
	uint64_t until_ms;
	struct mst_seen_id of;
	uint16_t len;
	uint8_t bytes[MST_REPLY_MAX];
};

/** An answer that does not fit is not kept. */
void mst_reply_keep(struct mst_reply *r, const struct mst_msg *of,
		    struct edge_slice wire, uint64_t until_ms);
/** The answer that m had before, as on the wire; empty: none. */
struct edge_slice mst_reply_find(const struct mst_reply *r,
				 const struct mst_msg *m, uint64_t now_ms);

#endif
