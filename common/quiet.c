/* One line a second for each (event, reason, source); AE 5. */
#include "common/quiet.h"

#include <string.h>

#include "common/crypto.h"

struct mark {
	uint8_t ip[16];
	uint64_t family, event, reason;
};

void edge_quiet_init(struct edge_quiet *q, const uint8_t key[16])
{
	*q = (struct edge_quiet){0};
	memcpy(q->key, key, sizeof(q->key));
}

/* Where it stands, else the place of its row that is free first. */
static struct edge_quiet_slot *place(struct edge_quiet *q, uint64_t tag)
{
	struct edge_quiet_slot *row =
		&q->slots[tag % (EDGE_QUIET_SLOTS / EDGE_QUIET_ROW) *
			  EDGE_QUIET_ROW];
	struct edge_quiet_slot *first = row;

	for (unsigned i = 0; i < EDGE_QUIET_ROW; i++) {
		if (row[i].tag == tag)
			return &row[i];
		if (row[i].until_ms < first->until_ms)
			first = &row[i];
	}
	return first;
}

bool edge_quiet_may_tell(struct edge_quiet *q, const struct edge_quiet_line *l,
			 uint64_t now_ms, uint32_t *held_back)
{
	struct edge_addr source = edge_addr_source(l->from);
	struct mark m = {.family = source.family, .event = l->event};
	struct edge_quiet_slot *at;
	uint64_t tag;

	memcpy(m.ip, source.ip, sizeof(m.ip));
	m.reason = edge_siphash(q->key, edge_slice_str(l->reason));
	tag = edge_siphash(q->key, edge_slice(&m, sizeof(m)));
	at = place(q, tag);
	if (at->tag == tag && now_ms < at->until_ms) {
		at->held_back++;
		return false;
	}
	*held_back = at->tag == tag ? at->held_back : 0;
	*at = (struct edge_quiet_slot){tag, now_ms + EDGE_QUIET_MS, 0};
	return true;
}
