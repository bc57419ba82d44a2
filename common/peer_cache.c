/* Certificates seen lately: two halves, each by the time it was seen last. */
#include "common/peer_cache.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#define HASH_NONFATAL_OOM 1 /* uthash: leaves hh.tbl NULL instead of exit() */
#include <uthash.h>

enum {
	ACCEPTED = 1000, /* AE 3.1 */
	REJECTED = 500,
	PERCENT = 20,
#define EACH(name, text) +1
	FAULTS = 0 EDGE_PEER_FAULT_MAP(EACH),
#undef EACH
};

struct seen {
	struct edge_peer_cache_row row;
	bool is_accepted;
	TAILQ_ENTRY(seen) age;
	UT_hash_handle hh;
};

TAILQ_HEAD(half, seen);

struct edge_peer_cache {
	pthread_mutex_t lock;
	struct edge_peer_cache_limits limits;
	struct seen *all;    /* by sha256 */
	struct half half[2]; /* rejected, accepted; seen last first */
	size_t count[2];
	uint64_t faults[FAULTS];
};

static struct edge_peer_cache_limits
within(const struct edge_peer_cache_limits *l)
{
	struct edge_peer_cache_limits in = *l;

	if (!in.accepted)
		in.accepted = ACCEPTED;
	if (!in.rejected)
		in.rejected = REJECTED;
	if (!in.deleted_percent)
		in.deleted_percent = PERCENT;
	if (in.deleted_percent > 100)
		in.deleted_percent = 100;
	return in;
}

enum edge_err edge_peer_cache_new(struct edge_peer_cache **out,
				  const struct edge_peer_cache_limits *l)
{
	struct edge_peer_cache *c = calloc(1, sizeof(*c));

	if (!c || pthread_mutex_init(&c->lock, NULL)) {
		free(c);
		return EDGE_ENOMEM;
	}
	c->limits = within(l);
	TAILQ_INIT(&c->half[0]);
	TAILQ_INIT(&c->half[1]);
	*out = c;
	return EDGE_OK;
}

/* NOLINTBEGIN: uthash's macros nest deep and confuse the analyzer */
static struct seen *seen_find(const struct edge_peer_cache *c,
			      const uint8_t *sha256)
{
	struct seen *s;

	HASH_FIND(hh, c->all, sha256, EDGE_SHA256_LEN, s);
	return s;
}

/* False: no memory. */
static bool seen_link(struct edge_peer_cache *c, struct seen *s)
{
	HASH_ADD(hh, c->all, row.sha256, EDGE_SHA256_LEN, s);
	return s->hh.tbl;
}

static void seen_drop(struct edge_peer_cache *c, struct seen *s)
{
	TAILQ_REMOVE(&c->half[s->is_accepted], s, age);
	c->count[s->is_accepted]--;
	HASH_DEL(c->all, s);
	free(s);
}
/* NOLINTEND */

void edge_peer_cache_free(struct edge_peer_cache *c)
{
	if (!c)
		return;
	while (c->all)
		seen_drop(c, c->all);
	pthread_mutex_destroy(&c->lock);
	free(c);
}

void edge_peer_cache_limits_set(struct edge_peer_cache *c,
				const struct edge_peer_cache_limits *l)
{
	pthread_mutex_lock(&c->lock);
	c->limits = within(l);
	pthread_mutex_unlock(&c->lock);
}

/* Room for one more in that half. */
static void make_room(struct edge_peer_cache *c, bool is_accepted)
{
	const size_t most =
		is_accepted ? c->limits.accepted : c->limits.rejected;
	const size_t part = most * c->limits.deleted_percent / 100;
	const size_t left = most - (part ? part : 1);
	struct seen *s, *newer;

	if (c->count[is_accepted] < most)
		return;
	for (s = TAILQ_LAST(&c->half[is_accepted], half);
	     s && c->count[is_accepted] > left; s = newer) {
		newer = TAILQ_PREV(s, half, age);
		seen_drop(c, s);
	}
}

static void put_first(struct edge_peer_cache *c, struct seen *s,
		      bool is_accepted)
{
	s->is_accepted = is_accepted;
	TAILQ_INSERT_HEAD(&c->half[is_accepted], s, age);
	c->count[is_accepted]++;
}

/* NULL: no memory. */
static struct seen *seen_add(struct edge_peer_cache *c,
			     const struct edge_peer *p, bool is_accepted)
{
	struct seen *s = calloc(1, sizeof(*s));
	const char *name = p->name_count ? p->names[0] : p->cn;

	if (!s)
		return NULL;
	memcpy(s->row.sha256, p->sha256, sizeof(s->row.sha256));
	memcpy(s->row.name, name, strlen(name) + 1);
	if (!seen_link(c, s)) {
		free(s);
		return NULL;
	}
	make_room(c, is_accepted); /* s is in no half yet */
	put_first(c, s, is_accepted);
	return s;
}

/* To the young end of the half where it belongs now. */
static void seen_move(struct edge_peer_cache *c, struct seen *s,
		      bool is_accepted)
{
	TAILQ_REMOVE(&c->half[s->is_accepted], s, age);
	c->count[s->is_accepted]--;
	make_room(c, is_accepted);
	put_first(c, s, is_accepted);
}

static void note(struct edge_peer_cache *c, const struct edge_peer *p,
		 bool is_accepted, int64_t now_s)
{
	struct seen *s = seen_find(c, p->sha256);

	if (s)
		seen_move(c, s, is_accepted);
	else
		s = seen_add(c, p, is_accepted);
	if (!s)
		return;
	if (!s->row.count++)
		s->row.first_s = now_s;
	s->row.last_s = now_s;
	s->row.fault = p->fault;
}

void edge_peer_cache_note(struct edge_peer_cache *c, const struct edge_peer *p,
			  bool is_accepted, int64_t now_s)
{
	static const uint8_t unknown[EDGE_SHA256_LEN];

	if (!p->has_certificate)
		return;
	pthread_mutex_lock(&c->lock);
	if ((size_t)p->fault < FAULTS)
		c->faults[p->fault]++;
	if (memcmp(p->sha256, unknown, sizeof(unknown)) != 0)
		note(c, p, is_accepted, now_s);
	pthread_mutex_unlock(&c->lock);
}

size_t edge_peer_cache_rows(struct edge_peer_cache *c, bool is_accepted,
			    struct edge_peer_cache_row *rows, size_t n)
{
	const struct seen *s;
	size_t count = 0;

	pthread_mutex_lock(&c->lock);
	TAILQ_FOREACH(s, &c->half[is_accepted], age)
	{
		if (count == n)
			break;
		rows[count++] = s->row;
	}
	pthread_mutex_unlock(&c->lock);
	return count;
}

size_t edge_peer_cache_count(struct edge_peer_cache *c, bool is_accepted)
{
	size_t count;

	pthread_mutex_lock(&c->lock);
	count = c->count[is_accepted];
	pthread_mutex_unlock(&c->lock);
	return count;
}

uint64_t edge_peer_cache_seen(struct edge_peer_cache *c,
			      enum edge_peer_fault fault)
{
	uint64_t count;

	pthread_mutex_lock(&c->lock);
	count = (size_t)fault < FAULTS ? c->faults[fault] : 0;
	pthread_mutex_unlock(&c->lock);
	return count;
}
