/* The names that were asked: a keyed hash table and an age list. */
#include "common/dns_cache.h"

#include <stdlib.h>
#include <string.h>

#include "common/crypto.h"

enum { BUCKETS = 1024 /* ours: a power of two */ };

TAILQ_HEAD(age_list, edge_dns_entry);

struct edge_dns_cache {
	struct edge_dns_entry *bucket[BUCKETS];
	struct age_list age; /* settled ones, oldest first */
	uint8_t key[16];     /* names come from strangers */
	size_t cap, records, pending;
};

static struct edge_dns_entry **bucket_of(struct edge_dns_cache *c,
					 const char *name)
{
	uint64_t h = edge_siphash(c->key, edge_slice_str(name));

	return &c->bucket[h & (BUCKETS - 1)];
}

static size_t weight(const struct edge_dns_entry *e)
{
	return e->count ? e->count : 1;
}

enum edge_err edge_dns_cache_new(struct edge_dns_cache **out, size_t cap)
{
	struct edge_dns_cache *c = calloc(1, sizeof(*c));

	if (!c)
		return EDGE_ENOMEM;
	TAILQ_INIT(&c->age);
	edge_random(c->key, sizeof(c->key));
	c->cap = cap;
	*out = c;
	return EDGE_OK;
}

static void entry_free(struct edge_dns_entry *e)
{
	while (e->waiters) {
		struct edge_dns_waiter *w = e->waiters;

		e->waiters = w->next;
		free(w);
	}
	free(e->records);
	free(e);
}

void edge_dns_cache_free(struct edge_dns_cache *c)
{
	if (!c)
		return;
	for (size_t i = 0; i < BUCKETS; i++) {
		while (c->bucket[i]) {
			struct edge_dns_entry *e = c->bucket[i];

			c->bucket[i] = e->chain;
			entry_free(e);
		}
	}
	free(c);
}

/* Out of table and list; memory stays. */
static void entry_unlink(struct edge_dns_cache *c, struct edge_dns_entry *e)
{
	struct edge_dns_entry **at = bucket_of(c, e->name);

	while (*at != e)
		at = &(*at)->chain;
	*at = e->chain;
	if (e->is_settled) {
		TAILQ_REMOVE(&c->age, e, age);
		c->records -= weight(e);
	} else {
		c->pending--;
	}
}

void edge_dns_cache_drop(struct edge_dns_cache *c, struct edge_dns_entry *e)
{
	entry_unlink(c, e);
	if (e->pins)
		e->is_doomed = true;
	else
		entry_free(e);
}

struct edge_dns_entry *edge_dns_cache_find(struct edge_dns_cache *c,
					   enum edge_dns_kind kind,
					   const char *name, uint64_t now_ms)
{
	struct edge_dns_entry *e = *bucket_of(c, name);

	while (e && (e->kind != kind || strcmp(e->name, name) != 0))
		e = e->chain;
	if (e && e->is_settled && e->until_ms <= now_ms) {
		edge_dns_cache_drop(c, e);
		return NULL;
	}
	return e;
}

enum edge_err edge_dns_cache_add(struct edge_dns_cache *c,
				 struct edge_dns_entry **out,
				 enum edge_dns_kind kind, const char *name)
{
	struct edge_dns_entry *e, **at;
	size_t len = strlen(name);

	if (c->pending == EDGE_DNS_PENDING_MAX || len >= EDGE_DNS_NAME_LEN)
		return EDGE_ELIMIT;
	e = calloc(1, sizeof(*e));
	if (!e)
		return EDGE_ENOMEM;
	memcpy(e->name, name, len + 1);
	e->kind = kind;
	e->ttl_s = UINT32_MAX;
	at = bucket_of(c, e->name);
	e->chain = *at;
	*at = e;
	c->pending++;
	*out = e;
	return EDGE_OK;
}

void edge_dns_cache_settle(struct edge_dns_cache *c, struct edge_dns_entry *e,
			   uint64_t until_ms)
{
	e->until_ms = until_ms;
	e->is_settled = true;
	c->pending--;
	c->records += weight(e);
	TAILQ_INSERT_TAIL(&c->age, e, age);
	while (c->records > c->cap)
		edge_dns_cache_drop(c, TAILQ_FIRST(&c->age));
}

void edge_dns_cache_pin(struct edge_dns_entry *e)
{
	e->pins++;
}

void edge_dns_cache_unpin(struct edge_dns_entry *e)
{
	if (--e->pins == 0 && e->is_doomed)
		entry_free(e);
}

size_t edge_dns_cache_records(const struct edge_dns_cache *c)
{
	return c->records;
}

void edge_dns_cache_tell(const struct edge_dns_entry *e,
			 const struct edge_dns_waiter *w)
{
	struct edge_addr addrs[EDGE_DNS_RECORDS_MAX];
	struct edge_dns_answer a = {.err = e->err};

	if (!e->err && e->kind == EDGE_DNS_KIND_SRV) {
		a.srv = e->records->srv;
		a.srv_count = e->count;
	} else if (!e->err) {
		memcpy(addrs, e->records->addr, e->count * sizeof(addrs[0]));
		for (size_t i = 0; i < e->count; i++)
			addrs[i].port = w->port;
		a.addr = addrs;
		a.addr_count = e->count;
	}
	w->fn(&a, w->arg);
}
