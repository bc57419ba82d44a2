/* What came lately and how often; any thread. */
#include "common/lately.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "common/crypto.h"

struct seen {
	TAILQ_ENTRY(seen) age; /* latest first */
	LIST_ENTRY(seen) chain;
	struct edge_lately_row row;
};

LIST_HEAD(bucket, seen);
TAILQ_HEAD(ages, seen);

struct edge_lately {
	pthread_mutex_t lock;
	uint8_t key[16];
	uint64_t span_ms;
	size_t cap, count, bucket_count;
	struct bucket *buckets;
	struct ages ages;
};

enum edge_err edge_lately_new(struct edge_lately **out, size_t cap,
			      uint64_t span_ms)
{
	struct edge_lately *l = calloc(1, sizeof(*l));

	if (!l || !cap) {
		free(l);
		return l ? EDGE_ERANGE : EDGE_ENOMEM;
	}
	l->buckets = calloc(cap, sizeof(*l->buckets));
	if (!l->buckets) {
		free(l);
		return EDGE_ENOMEM;
	}
	l->cap = l->bucket_count = cap;
	l->span_ms = span_ms;
	edge_random(l->key, sizeof(l->key));
	TAILQ_INIT(&l->ages);
	pthread_mutex_init(&l->lock, NULL);
	*out = l;
	return EDGE_OK;
}

/* NOLINTBEGIN: the analyzer does not see that a list has lost its row */
static void forget(struct edge_lately *l, struct seen *s)
{
	TAILQ_REMOVE(&l->ages, s, age);
	LIST_REMOVE(s, chain);
	l->count--;
	free(s);
}

void edge_lately_free(struct edge_lately *l)
{
	if (!l)
		return;
	while (!TAILQ_EMPTY(&l->ages))
		forget(l, TAILQ_FIRST(&l->ages));
	pthread_mutex_destroy(&l->lock);
	free(l->buckets);
	free(l);
}

/* Clocks of threads are not quite the same: a row may be of later than now. */
static bool is_old(const struct edge_lately *l, const struct seen *s,
		   uint64_t now_ms)
{
	return now_ms > s->row.last_ms && now_ms - s->row.last_ms > l->span_ms;
}

static void forget_old(struct edge_lately *l, uint64_t now_ms)
{
	struct seen *s;

	while ((s = TAILQ_LAST(&l->ages, ages)) && is_old(l, s, now_ms))
		forget(l, s);
}
/* NOLINTEND */

static struct seen *find(struct edge_lately *l, struct bucket *b,
			 const char *text)
{
	struct seen *s;

	LIST_FOREACH(s, b, chain)
	if (strcmp(s->row.text, text) == 0)
		break;
	if (s) {
		TAILQ_REMOVE(&l->ages, s, age);
		TAILQ_INSERT_HEAD(&l->ages, s, age);
		return s;
	}
	if (l->count == l->cap)
		forget(l, TAILQ_LAST(&l->ages, ages));
	s = calloc(1, sizeof(*s));
	if (!s)
		return NULL;
	memcpy(s->row.text, text, strlen(text) + 1);
	LIST_INSERT_HEAD(b, s, chain);
	TAILQ_INSERT_HEAD(&l->ages, s, age);
	l->count++;
	return s;
}

void edge_lately_add(struct edge_lately *l, const char *text, const char *note,
		     uint64_t now_ms)
{
	char cut[EDGE_LATELY_LEN];
	struct bucket *b;
	struct seen *s;

	snprintf(cut, sizeof(cut), "%s", text);
	b = &l->buckets[edge_siphash(l->key, edge_slice_str(cut)) %
			l->bucket_count];
	pthread_mutex_lock(&l->lock);
	forget_old(l, now_ms);
	s = find(l, b, cut);
	if (s) {
		s->row.count++;
		if (s->row.last_ms < now_ms)
			s->row.last_ms = now_ms;
		snprintf(s->row.note, sizeof(s->row.note), "%s", note);
	}
	pthread_mutex_unlock(&l->lock);
}

size_t edge_lately_read(struct edge_lately *l, struct edge_lately_row *rows,
			size_t n, uint64_t now_ms)
{
	struct seen *s;
	size_t count = 0;

	pthread_mutex_lock(&l->lock);
	forget_old(l, now_ms);
	TAILQ_FOREACH(s, &l->ages, age)
	{
		if (count == n)
			break;
		rows[count++] = s->row;
	}
	pthread_mutex_unlock(&l->lock);
	return count;
}
