/* Per-peer quotas: a bucket, a set of items and counts for each key. */
#include "common/quota.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#define HASH_NONFATAL_OOM 1 /* uthash: leaves hh.tbl NULL instead of exit() */
#include <uthash.h>

#include "common/admit.h"
#include "common/crypto.h"
#include "common/distinct.h"

enum {
	SIP_KEY_LEN = 16,
	LOOKS = 8, /* ours: rows looked at to make room for one */
};

struct row {
	char key[EDGE_QUOTA_KEY_LEN];
	size_t key_len;
	struct edge_bucket bucket;
	struct edge_distinct items;
	uint64_t used_ms, watched_until_ms;
	uint64_t period; /* that the counts are of */
	uint64_t taken, refused_rate, refused_items;
	uint64_t faults_since_ms;
	uint32_t faults;
	TAILQ_ENTRY(row) age;
	UT_hash_handle hh;
};

struct edge_quota {
	pthread_mutex_t lock;
	struct edge_quota_limits limits;
	struct row *rows;
	TAILQ_HEAD(, row) by_age; /* not used for longest first */
	struct row others;	  /* all keys without a row */
	uint64_t period, items;
	uint8_t sip_key[SIP_KEY_LEN];
};

static struct edge_quota_limits within(const struct edge_quota_limits *l)
{
	struct edge_quota_limits in = *l;

	if (!in.burst)
		in.burst = in.rate;
	if (!in.watched_rate)
		in.watched_rate = 1;
	if (in.items > EDGE_QUOTA_ITEMS_MAX)
		in.items = EDGE_QUOTA_ITEMS_MAX;
	if (!in.all_items)
		in.all_items = UINT64_MAX;
	if (!in.idle_ms)
		in.idle_ms = 1;
	if (!in.keys)
		in.keys = 1;
	if (in.keys > EDGE_QUOTA_KEYS_MAX)
		in.keys = EDGE_QUOTA_KEYS_MAX;
	return in;
}

enum edge_err edge_quota_new(struct edge_quota **out,
			     const struct edge_quota_limits *l)
{
	struct edge_quota *q = calloc(1, sizeof(*q));

	if (!q || pthread_mutex_init(&q->lock, NULL)) {
		free(q);
		return EDGE_ENOMEM;
	}
	q->limits = within(l);
	TAILQ_INIT(&q->by_age);
	edge_random(q->sip_key, sizeof(q->sip_key));
	*out = q;
	return EDGE_OK;
}

/* NOLINTBEGIN: uthash's macros nest deep and confuse the analyzer */
static struct row *row_find(const struct edge_quota *q, const struct row *as,
			    unsigned hash)
{
	struct row *r;

	HASH_FIND_BYHASHVALUE(hh, q->rows, as->key, as->key_len, hash, r);
	return r;
}

/* False: no memory. */
static bool row_link(struct edge_quota *q, struct row *r, unsigned hash)
{
	HASH_ADD_KEYPTR_BYHASHVALUE(hh, q->rows, r->key, r->key_len, hash, r);
	return r->hh.tbl;
}

static void row_drop(struct edge_quota *q, struct row *r)
{
	TAILQ_REMOVE(&q->by_age, r, age);
	HASH_DEL(q->rows, r);
	q->items -= r->items.count;
	edge_distinct_fini(&r->items);
	free(r);
}
/* NOLINTEND */

void edge_quota_free(struct edge_quota *q)
{
	if (!q)
		return;
	while (q->rows)
		row_drop(q, q->rows);
	edge_distinct_fini(&q->others.items);
	pthread_mutex_destroy(&q->lock);
	edge_wipe(q->sip_key, sizeof(q->sip_key));
	free(q);
}

void edge_quota_limits_set(struct edge_quota *q,
			   const struct edge_quota_limits *l)
{
	pthread_mutex_lock(&q->lock);
	q->limits = within(l);
	pthread_mutex_unlock(&q->lock);
}

/* The key in one spelling; false: it is none. */
static bool key_take(struct row *as, const char *key)
{
	size_t len = strnlen(key, EDGE_QUOTA_KEY_LEN + 1);

	if (len && key[len - 1] == '.')
		len--;
	if (!len || len >= EDGE_QUOTA_KEY_LEN)
		return false;
	for (size_t i = 0; i < len; i++) {
		char ch = key[i];

		as->key[i] =
			ch >= 'A' && ch <= 'Z' ? (char)(ch + ('a' - 'A')) : ch;
	}
	as->key[len] = '\0';
	as->key_len = len;
	return true;
}

/* Strangers choose the keys: the hash is keyed. */
static unsigned hash_of(const struct edge_quota *q, const struct row *as)
{
	return (unsigned)edge_siphash(q->sip_key,
				      edge_slice(as->key, as->key_len));
}

static bool is_watched(const struct row *r, uint64_t now_ms)
{
	return r->watched_until_ms > now_ms;
}

static void to_young_end(struct edge_quota *q, struct row *r)
{
	TAILQ_REMOVE(&q->by_age, r, age);
	TAILQ_INSERT_TAIL(&q->by_age, r, age);
}

static bool is_idle(const struct edge_quota *q, const struct row *r,
		    uint64_t now_ms)
{
	return now_ms >= r->used_ms && now_ms - r->used_ms >= q->limits.idle_ms;
}

/* The row not used for longest goes, if it is idle. Watched ones are put
 * behind the others: they are not looked at each time. */
static bool make_room(struct edge_quota *q, uint64_t now_ms)
{
	struct row *r;

	for (int i = 0; i < LOOKS && (r = TAILQ_FIRST(&q->by_age)); i++) {
		if (is_watched(r, now_ms)) {
			to_young_end(q, r);
			continue;
		}
		if (!is_idle(q, r, now_ms))
			return false;
		row_drop(q, r);
		return true;
	}
	return false;
}

/* NULL: no room. */
static struct row *row_add(struct edge_quota *q, const struct row *as,
			   unsigned hash, uint64_t now_ms)
{
	struct row *r;

	while (HASH_COUNT(q->rows) >= q->limits.keys)
		if (!make_room(q, now_ms))
			return NULL;
	r = calloc(1, sizeof(*r));
	if (!r)
		return NULL;
	memcpy(r->key, as->key, as->key_len + 1);
	r->key_len = as->key_len;
	if (!row_link(q, r, hash)) {
		free(r);
		return NULL;
	}
	TAILQ_INSERT_TAIL(&q->by_age, r, age);
	return r;
}

static struct row *others_use(struct edge_quota *q, uint64_t now_ms)
{
	if (is_idle(q, &q->others, now_ms)) {
		q->items -= q->others.items.count;
		edge_distinct_fini(&q->others.items);
	}
	return &q->others;
}

/* The key's row, or the one that all others share; used now. */
static struct row *row_use(struct edge_quota *q, const char *key,
			   uint64_t now_ms)
{
	struct row as, *r = NULL;
	unsigned hash;

	if (key_take(&as, key)) {
		hash = hash_of(q, &as);
		r = row_find(q, &as, hash);
		if (!r)
			r = row_add(q, &as, hash, now_ms);
	}
	if (r) {
		to_young_end(q, r);
	} else {
		r = others_use(q, now_ms);
	}
	r->used_ms = now_ms;
	if (r->period != q->period) {
		r->period = q->period;
		r->taken = r->refused_rate = r->refused_items = 0;
	}
	return r;
}

static bool is_in_time(const struct edge_quota *q, struct row *r,
		       uint64_t now_ms)
{
	const bool watched = is_watched(r, now_ms);
	const uint32_t rate = watched ? q->limits.watched_rate : q->limits.rate;
	const uint32_t burst = watched ? rate : q->limits.burst;

	if (!rate)
		return true;
	if (r->bucket.rate != rate || r->bucket.burst != burst)
		edge_bucket_init(&r->bucket, rate, burst, now_ms);
	return edge_bucket_take(&r->bucket, now_ms);
}

bool edge_quota_take(struct edge_quota *q, const char *key, uint64_t now_ms)
{
	struct row *r;
	bool may;

	pthread_mutex_lock(&q->lock);
	r = row_use(q, key, now_ms);
	may = is_in_time(q, r, now_ms);
	*(may ? &r->taken : &r->refused_rate) += 1;
	pthread_mutex_unlock(&q->lock);
	return may;
}

static bool meet(struct edge_quota *q, struct row *r, uint64_t hash,
		 uint64_t now_ms)
{
	const size_t before = r->items.count;

	if (!q->limits.items || edge_distinct_has(&r->items, hash))
		return true;
	while (q->items >= q->limits.all_items)
		if (!make_room(q, now_ms)) /* never r: it is used now */
			return false;
	if (edge_distinct_add(&r->items, hash, q->limits.items))
		return false;
	q->items += r->items.count - before;
	return true;
}

bool edge_quota_meet(struct edge_quota *q, const char *key,
		     struct edge_slice item, uint64_t now_ms)
{
	struct row *r;
	bool may;

	pthread_mutex_lock(&q->lock);
	r = row_use(q, key, now_ms);
	may = meet(q, r, edge_siphash(q->sip_key, item), now_ms);
	if (!may)
		r->refused_items++;
	pthread_mutex_unlock(&q->lock);
	return may;
}

uint32_t edge_quota_fault(struct edge_quota *q, const char *key,
			  uint64_t now_ms)
{
	struct row *r;
	uint32_t count;

	pthread_mutex_lock(&q->lock);
	r = row_use(q, key, now_ms);
	if (!r->faults || now_ms > r->faults_since_ms + q->limits.fault_ms) {
		r->faults_since_ms = now_ms;
		r->faults = 0;
	}
	if (r->faults < UINT32_MAX)
		r->faults++;
	count = r->faults;
	pthread_mutex_unlock(&q->lock);
	return count;
}

bool edge_quota_watch(struct edge_quota *q, const char *key, uint64_t until_ms,
		      uint64_t now_ms)
{
	struct row *r;
	bool has_row;

	pthread_mutex_lock(&q->lock);
	r = row_use(q, key, now_ms);
	has_row = r != &q->others;
	if (has_row)
		r->watched_until_ms = until_ms;
	pthread_mutex_unlock(&q->lock);
	return has_row;
}

bool edge_quota_knows(struct edge_quota *q, const char *key)
{
	struct row as;
	bool is_known;

	if (!key_take(&as, key))
		return false;
	pthread_mutex_lock(&q->lock);
	is_known = row_find(q, &as, hash_of(q, &as)) != NULL;
	pthread_mutex_unlock(&q->lock);
	return is_known;
}

void edge_quota_forget(struct edge_quota *q, const char *key)
{
	struct row as, *r;

	if (!key_take(&as, key))
		return;
	pthread_mutex_lock(&q->lock);
	r = row_find(q, &as, hash_of(q, &as));
	if (r)
		row_drop(q, r);
	pthread_mutex_unlock(&q->lock);
}

/* ---- what is told of them */

static uint64_t activity(const struct edge_quota_row *r)
{
	return r->taken + r->refused_rate + r->refused_items;
}

/* Into its place among the best ones; returns how many there are now. */
static size_t rank(struct edge_quota_row *rows, size_t count, size_t n,
		   const struct edge_quota_row *row)
{
	size_t at = count < n ? count : n;

	while (at && activity(&rows[at - 1]) < activity(row))
		at--;
	if (at == n)
		return count;
	if (count < n)
		count++;
	memmove(&rows[at + 1], &rows[at], (count - 1 - at) * sizeof(*rows));
	rows[at] = *row;
	return count;
}

static struct edge_quota_row told(const struct row *r, uint64_t now_ms)
{
	struct edge_quota_row row = {
		.taken = r->taken,
		.refused_rate = r->refused_rate,
		.refused_items = r->refused_items,
		.distinct = r->items.count,
		.is_watched = is_watched(r, now_ms),
	};

	memcpy(row.key, r->key, sizeof(row.key));
	return row;
}

size_t edge_quota_top(struct edge_quota *q, struct edge_quota_row *rows,
		      size_t n, uint64_t now_ms)
{
	const struct row *r;
	struct edge_quota_row row;
	size_t count = 0;

	pthread_mutex_lock(&q->lock);
	row = told(&q->others, now_ms);
	if (q->others.period == q->period && activity(&row))
		count = rank(rows, count, n, &row);
	TAILQ_FOREACH(r, &q->by_age, age)
	{
		row = told(r, now_ms);
		if (r->period == q->period && activity(&row))
			count = rank(rows, count, n, &row);
	}
	pthread_mutex_unlock(&q->lock);
	return count;
}

void edge_quota_period(struct edge_quota *q)
{
	pthread_mutex_lock(&q->lock);
	q->period++;
	pthread_mutex_unlock(&q->lock);
}

size_t edge_quota_keys(struct edge_quota *q)
{
	size_t count;

	pthread_mutex_lock(&q->lock);
	count = HASH_COUNT(q->rows);
	pthread_mutex_unlock(&q->lock);
	return count;
}

uint64_t edge_quota_items(struct edge_quota *q)
{
	uint64_t count;

	pthread_mutex_lock(&q->lock);
	count = q->items;
	pthread_mutex_unlock(&q->lock);
	return count;
}
