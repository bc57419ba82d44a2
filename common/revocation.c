/* The store of revocation lists: which are known, due and current. */
#include "common/revocation.h"

#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "common/crypto.h"
#include "common/peer.h"

/* ours, all */
enum {
	LISTS = 1024,
	BYTES = 64 << 20,
	RETRY_S = 60,
	RETRY_MAX_S = 3600,
	EARLY_S = 3600,	    /* before nextUpdate */
	OFTEN_S = 900,	    /* not more often */
	SELDOM_S = 86400,   /* not less often */
	ASKED_S = 120,	    /* a fetch takes at most */
	WEEK_S = 7 * 86400, /* nobody asked: not fetched */
	SIGNERS = 8,	    /* of lists at one place */
};

struct list {
	uint8_t issuer_id[EDGE_CRL_ID_LEN];
	char url[EDGE_CRL_URL_LEN];
	const void *issuer; /* held */
	struct edge_crl *crl;
	int64_t used_s, due_s;
	uint32_t failures;
	enum edge_err why;
	TAILQ_ENTRY(list) age;
};

TAILQ_HEAD(lists, list);

struct edge_revocation {
	pthread_mutex_t lock;
	struct edge_revocation_limits limits;
	struct lists by_age; /* asked about last first */
	size_t count;
	uint64_t bytes;
	_Atomic uint64_t generation;
	uint8_t key[EDGE_CRL_KEY_LEN];
};

const char *edge_revocation_str(enum edge_revocation_verdict v)
{
	static const char *const texts[] = {
#define EDGE_REVOCATION_TEXT(name, text) [name] = text,
		EDGE_REVOCATION_MAP(EDGE_REVOCATION_TEXT)
#undef EDGE_REVOCATION_TEXT
	};

	return (size_t)v < sizeof(texts) / sizeof(*texts) ? texts[v] : "?";
}

static struct edge_revocation_limits
within(const struct edge_revocation_limits *l)
{
	return (struct edge_revocation_limits){
		.lists = l->lists ? l->lists : LISTS,
		.bytes = l->bytes ? l->bytes : BYTES,
		.retry_s = l->retry_s ? l->retry_s : RETRY_S,
		.retry_max_s = l->retry_max_s ? l->retry_max_s : RETRY_MAX_S,
	};
}

enum edge_err edge_revocation_new(struct edge_revocation **out,
				  const struct edge_revocation_limits *l)
{
	struct edge_revocation *r = calloc(1, sizeof(*r));

	if (!r || pthread_mutex_init(&r->lock, NULL)) {
		free(r);
		return EDGE_ENOMEM;
	}
	r->limits = within(l);
	TAILQ_INIT(&r->by_age);
	edge_random(r->key, sizeof(r->key));
	*out = r;
	return EDGE_OK;
}

static size_t size_of(const struct edge_crl *l)
{
	return l ? sizeof(*l) + l->count * sizeof(l->serials[0]) : 0;
}

static void crl_set(struct edge_revocation *r, struct list *e,
		    struct edge_crl *crl)
{
	r->bytes -= size_of(e->crl);
	edge_crl_free(e->crl);
	e->crl = crl;
	r->bytes += size_of(crl);
}

static void list_free(struct edge_revocation *r, struct list *e)
{
	crl_set(r, e, NULL);
	edge_crl_issuer_drop(e->issuer);
	free(e);
}

static void list_drop(struct edge_revocation *r, struct list *e)
{
	TAILQ_REMOVE(&r->by_age, e, age);
	r->count--;
	list_free(r, e);
}

/* Lists that were not asked about for longest go; e stays. */
static void shrink(struct edge_revocation *r, const struct list *e)
{
	struct list *old, *newer;

	for (old = TAILQ_LAST(&r->by_age, lists);
	     old && r->bytes > r->limits.bytes; old = newer) {
		newer = TAILQ_PREV(old, lists, age);
		if (old != e)
			list_drop(r, old);
	}
}

void edge_revocation_free(struct edge_revocation *r)
{
	struct list *e, *next;

	if (!r)
		return;
	for (e = TAILQ_FIRST(&r->by_age); e; e = next) {
		next = TAILQ_NEXT(e, age);
		list_free(r, e);
	}
	pthread_mutex_destroy(&r->lock);
	edge_wipe(r->key, sizeof(r->key));
	free(r);
}

void edge_revocation_limits_set(struct edge_revocation *r,
				const struct edge_revocation_limits *l)
{
	pthread_mutex_lock(&r->lock);
	r->limits = within(l);
	for (struct list *old = TAILQ_LAST(&r->by_age, lists), *newer;
	     old && r->count > r->limits.lists; old = newer) {
		newer = TAILQ_PREV(old, lists, age);
		list_drop(r, old);
	}
	shrink(r, NULL);
	pthread_mutex_unlock(&r->lock);
}

/* ---- what is asked */

static struct list *list_find(const struct edge_revocation *r, const char *url,
			      const uint8_t *issuer)
{
	struct list *e;

	TAILQ_FOREACH(e, &r->by_age, age)
	if (!memcmp(e->issuer_id, issuer, sizeof(e->issuer_id)) &&
	    strcmp(e->url, url) == 0)
		return e;
	return NULL;
}

static struct list *list_add(struct edge_revocation *r, const char *url,
			     const struct edge_crl_want *w, int64_t now_s)
{
	struct list *e = calloc(1, sizeof(*e));

	if (!e)
		return NULL;
	if (r->count >= r->limits.lists) /* one at a time comes */
		list_drop(r, TAILQ_LAST(&r->by_age, lists));
	memcpy(e->issuer_id, w->issuer_id, sizeof(e->issuer_id));
	memcpy(e->url, url, strlen(url) + 1);
	edge_crl_issuer_hold(w->issuer);
	e->issuer = w->issuer;
	e->due_s = now_s;
	TAILQ_INSERT_HEAD(&r->by_age, e, age);
	r->count++;
	return e;
}

static struct list *list_use(struct edge_revocation *r, const char *url,
			     const struct edge_crl_want *w, int64_t now_s)
{
	struct list *e = list_find(r, url, w->issuer_id);

	if (!e)
		e = list_add(r, url, w, now_s);
	if (!e)
		return NULL;
	e->used_s = now_s;
	TAILQ_REMOVE(&r->by_age, e, age);
	TAILQ_INSERT_HEAD(&r->by_age, e, age);
	return e;
}

static bool is_current(const struct list *e, int64_t now_s)
{
	return e->crl && now_s < e->crl->next_s;
}

/* Who was revoked stays so when the list has ended: else it would be enough to
 * keep us from the next one. */
static enum edge_revocation_verdict
judge(const struct list *e, const struct edge_crl_want *w, int64_t now_s)
{
	if (!e->crl || (w->is_ca ? e->crl->users_only : e->crl->cas_only))
		return EDGE_REVOCATION_UNKNOWN; /* or it tells of others */
	if (edge_crl_has(e->crl, w->serial))
		return EDGE_REVOCATION_REVOKED;
	return is_current(e, now_s) ? EDGE_REVOCATION_GOOD
				    : EDGE_REVOCATION_UNKNOWN;
}

/* The second place is asked for only when the first has failed. */
static enum edge_revocation_verdict
look(struct edge_revocation *r, const struct edge_crl_want *w, int64_t now_s)
{
	enum edge_revocation_verdict v = EDGE_REVOCATION_UNKNOWN;

	for (size_t i = 0; i < w->url_count; i++) {
		const struct list *e = list_use(r, w->url[i], w, now_s);

		if (e)
			v = judge(e, w, now_s);
		if (v != EDGE_REVOCATION_UNKNOWN || !e || !e->failures)
			return v;
	}
	return v;
}

enum edge_revocation_verdict edge_revocation_check(struct edge_revocation *r,
						   const struct edge_peer *peer,
						   int64_t now_s)
{
	enum edge_revocation_verdict worst = EDGE_REVOCATION_GOOD, v;
	size_t count;

	if ((peer->fault != EDGE_PEER_FINE &&
	     peer->fault != EDGE_PEER_NO_SAN) ||
	    !peer->chain)
		return EDGE_REVOCATION_NO_LIST;
	count = edge_crl_chain_count(peer->chain);
	for (size_t i = 0; i < count; i++) {
		struct edge_crl_want w;

		if (edge_crl_want(&w, peer->chain, i, r->key) || !w.url_count) {
			v = EDGE_REVOCATION_NO_LIST;
		} else {
			pthread_mutex_lock(&r->lock);
			v = look(r, &w, now_s);
			pthread_mutex_unlock(&r->lock);
		}
		if (v > worst)
			worst = v;
	}
	return worst;
}

uint64_t edge_revocation_generation(const struct edge_revocation *r)
{
	return atomic_load(&r->generation);
}

/* ---- what is fetched */

static int64_t least(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* When a list that has just come is wanted anew. */
static int64_t due_after(const struct edge_crl *l, int64_t now_s,
			 int64_t least_s)
{
	const int64_t left = l->next_s - now_s;
	int64_t wait = least(least(left / 2, left - EARLY_S), SELDOM_S);

	if (wait < OFTEN_S)
		wait = least(OFTEN_S, left / 2);
	return now_s + (wait > least_s ? wait : least_s);
}

/* Further ahead than ever planned: the clock was set back. */
static bool is_due(const struct list *e, int64_t now_s)
{
	return (e->due_s <= now_s || e->due_s > now_s + SELDOM_S) &&
	       now_s - e->used_s < WEEK_S;
}

bool edge_revocation_due(struct edge_revocation *r, int64_t now_s,
			 char url[EDGE_CRL_URL_LEN])
{
	struct list *e, *first = NULL;

	pthread_mutex_lock(&r->lock);
	TAILQ_FOREACH(e, &r->by_age, age)
	if (is_due(e, now_s) && (!first || e->due_s < first->due_s))
		first = e;
	if (first)
		memcpy(url, first->url, sizeof(first->url));
	/* all that are at that place */
	TAILQ_FOREACH(e, &r->by_age, age)
	if (first && is_due(e, now_s) && !strcmp(e->url, url))
		e->due_s = now_s + ASKED_S;
	pthread_mutex_unlock(&r->lock);
	return first;
}

static void note_failure(struct edge_revocation *r, struct list *e,
			 enum edge_err why, int64_t now_s)
{
	int64_t wait = r->limits.retry_s;

	for (uint32_t i = 0; i < e->failures && wait < r->limits.retry_max_s;
	     i++)
		wait *= 2;
	e->failures++;
	e->why = why;
	e->due_s = now_s + least(wait, r->limits.retry_max_s);
}

void edge_revocation_failed(struct edge_revocation *r, const char *url,
			    enum edge_err why, int64_t now_s)
{
	struct list *e;

	pthread_mutex_lock(&r->lock);
	TAILQ_FOREACH(e, &r->by_age, age)
	if (!strcmp(e->url, url))
		note_failure(r, e, why, now_s);
	pthread_mutex_unlock(&r->lock);
}

struct signer {
	uint8_t id[EDGE_CRL_ID_LEN];
	const void *issuer; /* held */
};

static size_t signers_take(struct edge_revocation *r, const char *url,
			   struct signer out[SIGNERS])
{
	const struct list *e;
	size_t count = 0;

	pthread_mutex_lock(&r->lock);
	TAILQ_FOREACH(e, &r->by_age, age)
	{
		if (strcmp(e->url, url) != 0 || count == SIGNERS)
			continue;
		memcpy(out[count].id, e->issuer_id, sizeof(out->id));
		edge_crl_issuer_hold(e->issuer);
		out[count++].issuer = e->issuer;
	}
	pthread_mutex_unlock(&r->lock);
	return count;
}

/* Under the lock; *crl is taken when it is kept. */
static enum edge_err keep(struct edge_revocation *r, struct list *e,
			  struct edge_crl **crl, int64_t now_s)
{
	const bool is_news =
		!is_current(e, now_s) || !edge_crl_same(e->crl, *crl);

	if (e->crl && (*crl)->this_s < e->crl->this_s)
		return EDGE_EOLDER;
	if (size_of(*crl) > r->limits.bytes)
		return EDGE_ELIMIT;
	crl_set(r, e, *crl);
	*crl = NULL;
	e->failures = 0;
	e->why = EDGE_OK;
	e->due_s = due_after(e->crl, now_s, r->limits.retry_s);
	shrink(r, e);
	if (is_news)
		atomic_fetch_add(&r->generation, 1);
	return EDGE_OK;
}

static enum edge_err put_one(struct edge_revocation *r, const char *url,
			     const struct signer *s, struct edge_slice body,
			     int64_t now_s)
{
	const struct edge_crl_judge j = {
		.url = url, .issuer = s->issuer, .key = r->key, .now_s = now_s};
	struct edge_crl *crl = NULL;
	enum edge_err err = edge_crl_decode(&crl, body, &j);
	struct list *e;

	assert(err || crl);
	pthread_mutex_lock(&r->lock);
	e = list_find(r, url, s->id);
	if (!err)
		err = e ? keep(r, e, &crl, now_s) : EDGE_ENOTFOUND;
	if (err && e)
		note_failure(r, e, err, now_s);
	pthread_mutex_unlock(&r->lock);
	edge_crl_free(crl);
	return err;
}

enum edge_err edge_revocation_put(struct edge_revocation *r, const char *url,
				  struct edge_slice body, int64_t now_s)
{
	struct signer signers[SIGNERS];
	const size_t count = signers_take(r, url, signers);
	enum edge_err err = EDGE_ENOTFOUND;
	bool is_kept = false;

	for (size_t i = 0; i < count; i++) {
		err = put_one(r, url, &signers[i], body, now_s);
		is_kept = is_kept || !err;
		edge_crl_issuer_drop(signers[i].issuer);
	}
	return is_kept ? EDGE_OK : err;
}

size_t edge_revocation_rows(struct edge_revocation *r,
			    struct edge_revocation_row *rows, size_t n,
			    int64_t now_s)
{
	const struct list *e;
	size_t count = 0;

	pthread_mutex_lock(&r->lock);
	TAILQ_FOREACH(e, &r->by_age, age)
	{
		struct edge_revocation_row *row = &rows[count];

		if (count++ == n)
			break;
		*row = (struct edge_revocation_row){
			.this_s = e->crl ? e->crl->this_s : 0,
			.next_s = e->crl ? e->crl->next_s : 0,
			.due_s = e->due_s,
			.count = e->crl ? e->crl->count : 0,
			.failures = e->failures,
			.why = e->why,
			.is_current = is_current(e, now_s),
		};
		memcpy(row->url, e->url, sizeof(row->url));
	}
	pthread_mutex_unlock(&r->lock);
	return count < n ? count : n;
}
