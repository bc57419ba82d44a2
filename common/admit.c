/* Admission: what each source holds, is punished for and has failed at. */
#include "common/admit.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define HASH_NONFATAL_OOM 1 /* uthash: leaves hh.tbl NULL instead of exit() */
#include <uthash.h>

#include "common/crypto.h"
#include "common/rates.h"

enum {
	SIP_KEY_LEN = 16,
	SOURCE_BITS4 = 32, /* as edge_addr_source */
	SOURCE_BITS6 = 64,
};

/* What a table is looked up by; tag is 0 for the source itself. */
struct name {
	uint8_t ip[16];
	uint64_t family, tag;
};

struct entry {
	struct name name;
	uint32_t connections, handshakes;
	uint64_t penalty_until, known_until;
	uint64_t window_start, blocked_until;
	uint32_t failures;
	struct entry *older, *newer; /* among the idle ones */
	UT_hash_handle hh;
};

/* Bounded: when it is full, the idle entry not touched for longest goes. */
struct table {
	struct entry *entries;
	struct entry *oldest, *newest; /* idle ones only */
};

struct edge_admit {
	pthread_mutex_t lock;
	struct edge_admit_limits limits;
	uint32_t connections, handshakes;
	struct edge_rates *rates; /* NULL: none was asked for yet */
	struct table sources;	  /* connections, penalties, who is known */
	struct table failures; /* apart: strangers' names push out no source */
	uint8_t sip_key[SIP_KEY_LEN];
};

/* A table that no limit asks for is not made. */
static enum edge_err rates_make(struct edge_admit *a)
{
	return a->rates || !a->limits.rate_per_source
		       ? EDGE_OK
		       : edge_rates_new(&a->rates, a->limits.sources);
}

enum edge_err edge_admit_new(struct edge_admit **out,
			     const struct edge_admit_limits *l)
{
	struct edge_admit *a = calloc(1, sizeof(*a));

	if (!a)
		return EDGE_ENOMEM;
	a->limits = *l;
	if (rates_make(a) != EDGE_OK || pthread_mutex_init(&a->lock, NULL)) {
		edge_rates_free(a->rates);
		free(a);
		return EDGE_ENOMEM;
	}
	edge_random(a->sip_key, sizeof(a->sip_key));
	*out = a;
	return EDGE_OK;
}

static void unlink_idle(struct table *t, struct entry *e)
{
	if (e->older)
		e->older->newer = e->newer;
	else if (t->oldest == e)
		t->oldest = e->newer;
	if (e->newer)
		e->newer->older = e->older;
	else if (t->newest == e)
		t->newest = e->older;
	e->older = e->newer = NULL;
}

/* NOLINTBEGIN: uthash's macros nest deep and confuse the analyzer */
static struct entry *table_find(const struct table *t, const struct name *n,
				unsigned hash)
{
	struct entry *e;

	HASH_FIND_BYHASHVALUE(hh, t->entries, n, sizeof(*n), hash, e);
	return e;
}

/* False: no memory. */
static bool table_add(struct table *t, struct entry *e, unsigned hash)
{
	HASH_ADD_KEYPTR_BYHASHVALUE(hh, t->entries, &e->name, sizeof(e->name),
				    hash, e);
	return e->hh.tbl;
}

static void table_remove(struct table *t, struct entry *e)
{
	HASH_DEL(t->entries, e);
	free(e);
}
/* NOLINTEND */

static void forget_oldest(struct table *t)
{
	struct entry *e = t->oldest;

	t->oldest = e->newer;
	if (t->oldest)
		t->oldest->older = NULL;
	else
		t->newest = NULL;
	table_remove(t, e);
}

static void empty_table(struct table *t)
{
	while (t->entries)
		table_remove(t, t->entries);
	t->oldest = t->newest = NULL;
}

void edge_admit_free(struct edge_admit *a)
{
	if (!a)
		return;
	empty_table(&a->sources);
	empty_table(&a->failures);
	edge_rates_free(a->rates);
	pthread_mutex_destroy(&a->lock);
	edge_wipe(a->sip_key, sizeof(a->sip_key));
	free(a);
}

/* Was touched: to the young end when idle, out of the list when in use. */
static void touch(struct table *t, struct entry *e)
{
	unlink_idle(t, e);
	if (e->connections)
		return;
	e->older = t->newest;
	if (t->newest)
		t->newest->newer = e;
	else
		t->oldest = e;
	t->newest = e;
}

/* Strangers choose what goes into the tables: the hash is keyed. */
static unsigned hash_name(const struct edge_admit *a, const struct name *n)
{
	return (unsigned)edge_siphash(a->sip_key, edge_slice(n, sizeof(*n)));
}

static struct name name_of(const struct edge_addr *from, uint64_t tag)
{
	struct edge_addr source = edge_addr_source(from);
	struct name n = {.family = source.family, .tag = tag};

	memcpy(n.ip, source.ip, sizeof(n.ip));
	return n;
}

static struct name user_at(const struct edge_admit *a,
			   const struct edge_addr *from, struct edge_slice key)
{
	return name_of(from, edge_siphash(a->sip_key, key) | 1);
}

static struct entry *find(const struct edge_admit *a, const struct table *t,
			  const struct name *n)
{
	return table_find(t, n, hash_name(a, n));
}

/* NULL: full of live ones, or no memory. */
static struct entry *find_or_add(struct edge_admit *a, struct table *t,
				 const struct name *n)
{
	struct entry *e = find(a, t, n);

	if (e)
		return e;
	while (HASH_COUNT(t->entries) >= a->limits.sources && t->oldest)
		forget_oldest(t);
	if (HASH_COUNT(t->entries) >= a->limits.sources)
		return NULL;
	e = calloc(1, sizeof(*e));
	if (!e)
		return NULL;
	e->name = *n;
	if (!table_add(t, e, hash_name(a, n))) {
		free(e);
		return NULL;
	}
	touch(t, e);
	return e;
}

void edge_admit_limits_set(struct edge_admit *a,
			   const struct edge_admit_limits *l)
{
	pthread_mutex_lock(&a->lock);
	a->limits = *l;
	if (rates_make(a) != EDGE_OK)
		a->limits.rate_per_source = 0; /* as long as it was without */
	pthread_mutex_unlock(&a->lock);
}

/* e is NULL for a source never seen. */
static enum edge_admit_verdict judge(const struct edge_admit *a,
				     const struct entry *e, uint64_t now_ms)
{
	const struct edge_admit_limits *l = &a->limits;
	bool is_known = e && e->known_until > now_ms;
	uint64_t of_ten = (uint64_t)a->connections * 10;

	if (e && e->penalty_until > now_ms)
		return EDGE_ADMIT_PENALTY;
	if (a->connections >= l->total)
		return EDGE_ADMIT_TOTAL;
	if (l->known_ms && !is_known &&
	    of_ten >= (uint64_t)l->total * 9) /* AE 5: 90 % */
		return EDGE_ADMIT_UNKNOWN;
	if ((e ? e->connections : 0) >= l->per_source)
		return EDGE_ADMIT_SOURCE;
	if ((e ? e->handshakes : 0) >= l->handshakes_per_source)
		return EDGE_ADMIT_HANDSHAKES;
	if (l->handshakes && a->handshakes >= l->handshakes)
		return EDGE_ADMIT_BUSY;
	return EDGE_ADMIT_OK;
}

/* Asked last: who is turned away for another reason pays nothing. */
static bool is_too_fast(struct edge_admit *a, const struct edge_addr *from,
			uint64_t now_ms)
{
	const struct edge_rate_of of = {
		.source = *from,
		.bits4 = SOURCE_BITS4,
		.bits6 = SOURCE_BITS6,
		.rate = a->limits.rate_per_source,
		.burst = a->limits.burst_per_source,
	};

	return of.rate && !edge_rates_take(a->rates, &of, now_ms);
}

enum edge_admit_verdict edge_admit_enter(struct edge_admit *a,
					 const struct edge_addr *from,
					 uint64_t now_ms)
{
	struct name n = name_of(from, 0);
	enum edge_admit_verdict v;
	struct entry *e;

	pthread_mutex_lock(&a->lock);
	v = judge(a, find(a, &a->sources, &n), now_ms);
	if (!v && is_too_fast(a, from, now_ms))
		v = EDGE_ADMIT_RATE;
	if (v)
		goto out;
	e = find_or_add(a, &a->sources, &n);
	if (!e) {
		v = EDGE_ADMIT_TOTAL;
		goto out;
	}
	e->connections++;
	e->handshakes++;
	a->connections++;
	a->handshakes++;
	touch(&a->sources, e);
out:
	pthread_mutex_unlock(&a->lock);
	return v;
}

static void end_handshake(struct edge_admit *a, struct entry *e)
{
	if (!e || !e->handshakes)
		return;
	e->handshakes--;
	a->handshakes--;
}

void edge_admit_secured(struct edge_admit *a, const struct edge_addr *from)
{
	struct name n = name_of(from, 0);
	struct entry *e;

	pthread_mutex_lock(&a->lock);
	e = find(a, &a->sources, &n);
	end_handshake(a, e);
	pthread_mutex_unlock(&a->lock);
}

void edge_admit_leave(struct edge_admit *a, const struct edge_addr *from,
		      bool was_secured)
{
	struct name n = name_of(from, 0);
	struct entry *e;

	pthread_mutex_lock(&a->lock);
	e = find(a, &a->sources, &n);
	if (e && e->connections) {
		e->connections--;
		a->connections--;
		if (!was_secured)
			end_handshake(a, e);
		touch(&a->sources, e);
	}
	pthread_mutex_unlock(&a->lock);
}

void edge_admit_punish(struct edge_admit *a, const struct edge_addr *from,
		       uint64_t now_ms)
{
	struct name n = name_of(from, 0);
	struct entry *e;

	pthread_mutex_lock(&a->lock);
	e = find_or_add(a, &a->sources, &n);
	if (e) {
		e->penalty_until = now_ms + a->limits.penalty_ms;
		touch(&a->sources, e);
	}
	pthread_mutex_unlock(&a->lock);
}

void edge_admit_know(struct edge_admit *a, const struct edge_addr *from,
		     uint64_t now_ms)
{
	struct name n = name_of(from, 0);
	struct entry *e;

	pthread_mutex_lock(&a->lock);
	e = find_or_add(a, &a->sources, &n);
	if (e) {
		e->known_until = now_ms + a->limits.known_ms;
		touch(&a->sources, e);
	}
	pthread_mutex_unlock(&a->lock);
}

static void count_failure(struct edge_admit *a, const struct name *n,
			  uint32_t allowed, uint64_t now_ms)
{
	struct entry *e = find_or_add(a, &a->failures, n);

	if (!e)
		return;
	if (!e->failures ||
	    now_ms - e->window_start >= a->limits.fail_window_ms) {
		e->window_start = now_ms;
		e->failures = 0;
	}
	if (++e->failures > allowed) {
		e->blocked_until = now_ms + a->limits.fail_block_ms;
		e->failures = 0;
	}
	touch(&a->failures, e);
}

void edge_admit_fail(struct edge_admit *a, const struct edge_addr *from,
		     struct edge_slice key, uint64_t now_ms)
{
	struct name source = name_of(from, 0), user = user_at(a, from, key);
	const struct edge_admit_limits *l = &a->limits;

	pthread_mutex_lock(&a->lock);
	count_failure(a, &source,
		      l->source_fail_count ? l->source_fail_count
					   : l->fail_count,
		      now_ms);
	if (edge_slice_len(key))
		count_failure(a, &user, l->fail_count, now_ms);
	pthread_mutex_unlock(&a->lock);
}

static bool is_blocked(const struct edge_admit *a, const struct name *n,
		       uint64_t now_ms)
{
	const struct entry *e = find(a, &a->failures, n);

	return e && e->blocked_until > now_ms;
}

bool edge_admit_is_blocked(struct edge_admit *a, const struct edge_addr *from,
			   struct edge_slice key, uint64_t now_ms)
{
	struct name source = name_of(from, 0), user = user_at(a, from, key);
	bool blocked;

	pthread_mutex_lock(&a->lock);
	blocked = is_blocked(a, &source, now_ms) ||
		  (edge_slice_len(key) && is_blocked(a, &user, now_ms));
	pthread_mutex_unlock(&a->lock);
	return blocked;
}

static size_t look(struct edge_admit *a, const uint32_t *number)
{
	size_t count;

	pthread_mutex_lock(&a->lock);
	count = *number;
	pthread_mutex_unlock(&a->lock);
	return count;
}

size_t edge_admit_count(struct edge_admit *a)
{
	return look(a, &a->connections);
}

size_t edge_admit_handshakes(struct edge_admit *a)
{
	return look(a, &a->handshakes);
}
