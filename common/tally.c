/* How many of something each source or user holds. Shards of small tables with
 * open addressing: a lock is held for a few reads. */
#include "common/tally.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "common/crypto.h"

enum {
	SHARDS = 16,	    /* ours: as many as workers */
	ROOM_PERCENT = 150, /* ours: slots, so that probes stay short */
	SIP_KEY_LEN = 16,
	MAX_KEYS = 1 << 24,
};

struct slot {
	uint8_t key[EDGE_TALLY_KEY];
	uint32_t count; /* 0: free */
};

struct shard {
	pthread_mutex_t lock;
	struct slot *slots;
};

struct edge_tally {
	struct shard shard[SHARDS];
	size_t room;	 /* slots of a shard */
	size_t max_keys; /* of all shards */
	_Atomic size_t keys, total;
	uint8_t sip_key[SIP_KEY_LEN];
};

static void empty(struct edge_tally *t)
{
	for (int i = 0; i < SHARDS; i++) {
		free(t->shard[i].slots);
		pthread_mutex_destroy(&t->shard[i].lock);
	}
}

enum edge_err edge_tally_new(struct edge_tally **out, size_t keys)
{
	struct edge_tally *t;
	bool is_whole = true;

	if (!keys || keys > MAX_KEYS)
		return EDGE_ERANGE;
	t = calloc(1, sizeof(*t));
	if (!t)
		return EDGE_ENOMEM;
	/* one more: a probe ends at a free slot */
	t->room = keys * ROOM_PERCENT / 100 / SHARDS + SHARDS + 1;
	t->max_keys = keys;
	edge_random(t->sip_key, sizeof(t->sip_key));
	for (int i = 0; i < SHARDS; i++) {
		pthread_mutex_init(&t->shard[i].lock, NULL);
		t->shard[i].slots = calloc(t->room, sizeof(struct slot));
		is_whole = is_whole && t->shard[i].slots;
	}
	if (!is_whole) {
		edge_tally_free(t);
		return EDGE_ENOMEM;
	}
	*out = t;
	return EDGE_OK;
}

void edge_tally_free(struct edge_tally *t)
{
	if (!t)
		return;
	empty(t);
	edge_wipe(t->sip_key, sizeof(t->sip_key));
	free(t);
}

/* Where a key lies in its shard, or the free slot where it would; room when
 * there is neither. */
static size_t find(const struct edge_tally *t, const struct shard *s,
		   uint64_t hash, const uint8_t *key)
{
	size_t at = (size_t)(hash >> 8) % t->room;

	for (size_t n = 0; n < t->room; n++) {
		if (!s->slots[at].count ||
		    !memcmp(s->slots[at].key, key, EDGE_TALLY_KEY))
			return at;
		at = at + 1 == t->room ? 0 : at + 1;
	}
	return t->room;
}

static uint64_t hash_of(const struct edge_tally *t, const uint8_t *key)
{
	return edge_siphash(t->sip_key, edge_slice(key, EDGE_TALLY_KEY));
}

/* A key's place, kept below the most by one counter for all shards. */
static bool take_place(struct edge_tally *t)
{
	if (atomic_fetch_add(&t->keys, 1) < t->max_keys)
		return true;
	atomic_fetch_sub(&t->keys, 1);
	return false;
}

bool edge_tally_enter(struct edge_tally *t, const uint8_t key[EDGE_TALLY_KEY],
		      uint32_t most)
{
	uint64_t hash = hash_of(t, key);
	struct shard *s = &t->shard[hash % SHARDS];
	bool may = false;
	size_t at;

	pthread_mutex_lock(&s->lock);
	at = find(t, s, hash, key);
	if (at < t->room && most) {
		struct slot *slot = &s->slots[at];

		may = slot->count ? slot->count < most : take_place(t);
		if (may && !slot->count++)
			memcpy(slot->key, key, EDGE_TALLY_KEY);
	}
	pthread_mutex_unlock(&s->lock);
	if (may)
		atomic_fetch_add(&t->total, 1);
	return may;
}

/* Open addressing without tombs: what stood behind the hole moves up. */
static void close_gap(const struct edge_tally *t, struct shard *s, size_t hole)
{
	size_t at = hole;

	s->slots[hole] = (struct slot){0};
	for (;;) {
		size_t home;

		at = at + 1 == t->room ? 0 : at + 1;
		if (!s->slots[at].count)
			break;
		home = (size_t)(hash_of(t, s->slots[at].key) >> 8) % t->room;
		/* between the hole and here: it stays */
		if (hole <= at ? hole < home && home <= at
			       : hole < home || home <= at)
			continue;
		s->slots[hole] = s->slots[at];
		s->slots[at] = (struct slot){0};
		hole = at;
	}
}

void edge_tally_leave(struct edge_tally *t, const uint8_t key[EDGE_TALLY_KEY])
{
	uint64_t hash = hash_of(t, key);
	struct shard *s = &t->shard[hash % SHARDS];
	bool was_there;
	size_t at;

	pthread_mutex_lock(&s->lock);
	at = find(t, s, hash, key);
	was_there = at < t->room && s->slots[at].count;
	if (was_there && !--s->slots[at].count) {
		close_gap(t, s, at);
		atomic_fetch_sub(&t->keys, 1);
	}
	pthread_mutex_unlock(&s->lock);
	if (was_there)
		atomic_fetch_sub(&t->total, 1);
}

size_t edge_tally_keys(const struct edge_tally *t)
{
	return atomic_load(&t->keys);
}

size_t edge_tally_total(const struct edge_tally *t)
{
	return atomic_load(&t->total);
}

void edge_tally_source(uint8_t key[EDGE_TALLY_KEY], const struct edge_addr *a)
{
	const struct edge_addr s = edge_addr_source(a);

	memcpy(key, s.ip, sizeof(s.ip));
	if (s.family != AF_INET)
		return;
	/* apart from any IPv6 source: as a mapped address */
	memset(key, 0, EDGE_TALLY_KEY);
	key[10] = key[11] = 0xff;
	memcpy(key + 12, s.ip, 4);
}
