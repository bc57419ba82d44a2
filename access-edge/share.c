/* Which sources may use the kept half of what strangers get inside. */
#include "access-edge/share.h"

#include <string.h>

#include "common/crypto.h"

struct mark {
	uint8_t ip[16];
	uint64_t family, window;
};

void acc_share_init(struct acc_share *s, const uint8_t key[16])
{
	*s = (struct acc_share){0};
	memcpy(s->key, key, sizeof(s->key));
}

/* Windows of different sources begin at different times, so that a crowd does
 * not come back all at once. */
static size_t locate(const struct acc_share *s, const struct edge_addr *from,
		     uint64_t now_ms, uint64_t *tag)
{
	struct edge_addr source = edge_addr_source(from);
	struct mark m = {.family = source.family};
	uint64_t hash;

	memcpy(m.ip, source.ip, sizeof(m.ip));
	hash = edge_siphash(s->key, edge_slice(&m, sizeof(m)));
	m.window = 1 + (now_ms + (hash >> 32) % ACC_SHARE_WINDOW_MS) /
			       ACC_SHARE_WINDOW_MS;
	*tag = edge_siphash(s->key, edge_slice(&m, sizeof(m)));
	return hash % ACC_SHARE_SLOTS;
}

bool acc_share_may(const struct acc_share *s, const struct edge_addr *from,
		   uint32_t allowed, uint64_t now_ms)
{
	uint64_t tag;
	const struct acc_share_slot *at =
		&s->slots[locate(s, from, now_ms, &tag)];

	return at->tag != tag || at->taken < allowed;
}

uint32_t acc_share_allowed(uint32_t most, uint64_t left, uint64_t places)
{
	uint64_t part = left < places ? most * left / places : most;
	uint32_t least = most < ACC_SHARE_LEAST ? most : ACC_SHARE_LEAST;

	return part > least ? (uint32_t)part : least;
}

void acc_share_take(struct acc_share *s, const struct edge_addr *from,
		    uint64_t now_ms)
{
	uint64_t tag;
	struct acc_share_slot *at = &s->slots[locate(s, from, now_ms, &tag)];

	if (at->tag != tag)
		*at = (struct acc_share_slot){.tag = tag};
	at->taken++;
}
