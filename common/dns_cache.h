/* The names that were asked: pending with who waits, or known for a while. */
#ifndef COMMON_DNS_CACHE_H
#define COMMON_DNS_CACHE_H

#include <sys/queue.h>

#include "common/dns.h"

enum edge_dns_kind { EDGE_DNS_KIND_SRV, EDGE_DNS_KIND_ADDR };

struct edge_dns_waiter {
	struct edge_dns_waiter *next;
	edge_dns_fn *fn;
	void *arg;
	uint16_t port;
};

struct edge_dns_entry {
	TAILQ_ENTRY(edge_dns_entry) age;
	struct edge_dns_entry *chain; /* same hash bucket */
	struct edge_dns *owner;
	enum edge_dns_kind kind;
	char name[EDGE_DNS_NAME_LEN];
	unsigned asked;	 /* answers still to come */
	unsigned pins;	 /* being told to waiters: stays */
	bool is_settled; /* known, in the age list */
	bool is_doomed;	 /* to be freed at the last unpin */
	uint64_t until_ms;
	uint32_t ttl_s; /* lowest seen */
	enum edge_err err;
	struct edge_dns_waiter *waiters;
	union {
		struct edge_dns_srv srv[EDGE_DNS_RECORDS_MAX];
		struct edge_addr addr[EDGE_DNS_RECORDS_MAX];
	} * records; /* NULL: none yet */
	size_t count;
};

struct edge_dns_cache; /* owner: one edge_dns */

/** cap: records held, a negative answer counts as one. */
EDGE_MUST_CHECK enum edge_err edge_dns_cache_new(struct edge_dns_cache **out,
						 size_t cap);
/** Waiters that are left are freed untold. */
void edge_dns_cache_free(struct edge_dns_cache *c);
/** NULL when absent or no longer true at now_ms. */
struct edge_dns_entry *edge_dns_cache_find(struct edge_dns_cache *c,
					   enum edge_dns_kind kind,
					   const char *name, uint64_t now_ms);
/** A new pending entry; the name must not be there. EDGE_ELIMIT past
 * EDGE_DNS_PENDING_MAX. */
EDGE_MUST_CHECK enum edge_err edge_dns_cache_add(struct edge_dns_cache *c,
						 struct edge_dns_entry **out,
						 enum edge_dns_kind kind,
						 const char *name);
/** From pending to known; the oldest known ones make room. */
void edge_dns_cache_settle(struct edge_dns_cache *c, struct edge_dns_entry *e,
			   uint64_t until_ms);
void edge_dns_cache_drop(struct edge_dns_cache *c, struct edge_dns_entry *e);
void edge_dns_cache_pin(struct edge_dns_entry *e);
void edge_dns_cache_unpin(struct edge_dns_entry *e);
/** Calls one waiter with what a settled entry knows. */
void edge_dns_cache_tell(const struct edge_dns_entry *e,
			 const struct edge_dns_waiter *w);
size_t edge_dns_cache_records(const struct edge_dns_cache *c);

#endif
