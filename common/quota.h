/* What each peer may do: messages a second, and how many different things of
 * ours it may name. Shared by shards. */
#ifndef COMMON_QUOTA_H
#define COMMON_QUOTA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"
#include "common/slice.h"

enum {
	EDGE_QUOTA_KEY_LEN = 254,      /* a FQDN as text, and NUL */
	EDGE_QUOTA_ITEMS_MAX = 100000, /* ours: of a key */
	EDGE_QUOTA_KEYS_MAX = 65536,   /* ours */
};

/* What is out of range is taken as the nearest that is not. */
struct edge_quota_limits {
	/* of a key a second, at once; rate 0: no bound, burst 0: as rate */
	uint32_t rate, burst;
	uint32_t watched_rate; /* of a key that is watched; 0: 1 (AE 5) */
	uint32_t items;	       /* distinct ones of a key; 0: no bound, and none
				  is remembered */
	uint64_t all_items;    /* of all keys together; 0: no bound */
	uint32_t keys;	       /* that are told apart */
	uint32_t idle_ms;      /* a key may go, when there is no room, that was
				  not used for so long; its items with it */
	uint32_t fault_ms;     /* how long faults are added up */
};

struct edge_quota_row {
	char key[EDGE_QUOTA_KEY_LEN]; /* "" for those past the limit on keys */
	bool is_watched;
	uint64_t taken, refused_rate, refused_items; /* in this period */
	uint64_t distinct; /* items, since the key is known */
};

/*
 * A key is the peer's FQDN; letters are taken in lower case, without a trailing
 * dot. Keys for which there is no room share one row, its bucket and its items,
 * so that many names lift no limit; so do empty and too long ones. That row's
 * items go when it was idle.
 */
struct edge_quota; /* any thread (locks inside) */

EDGE_MUST_CHECK enum edge_err edge_quota_new(struct edge_quota **out,
					     const struct edge_quota_limits *l);
void edge_quota_free(struct edge_quota *q); /* NULL is fine */
/** From now on; what was seen is kept, even above a lower limit. */
void edge_quota_limits_set(struct edge_quota *q,
			   const struct edge_quota_limits *l);
/**
 * One message of that key. False: too fast (AE 3.1 DiscoveredPartnerStandard-
 * Rate).
 */
bool edge_quota_take(struct edge_quota *q, const char *key, uint64_t now_ms);
/**
 * The key names an item, in one spelling. False: a new one past the limit;
 * those that it named before go on (AE 3.1 MaxContactsPerDiscoveredPartner).
 * An item is kept as its keyed hash alone.
 */
bool edge_quota_meet(struct edge_quota *q, const char *key,
		     struct edge_slice item, uint64_t now_ms);
/**
 * A fault of that key; how many there were in its fault_ms, with this one, so
 * that each number comes up once in that time.
 */
uint32_t edge_quota_fault(struct edge_quota *q, const char *key,
			  uint64_t now_ms);
/**
 * Watch list (AE 5): until until_ms the key has watched_rate alone, and its
 * place is not given away; until_ms not after now_ms ends that. False: there is
 * no room for the key.
 */
bool edge_quota_watch(struct edge_quota *q, const char *key, uint64_t until_ms,
		      uint64_t now_ms);
/** Has the key a row of its own? */
bool edge_quota_knows(struct edge_quota *q, const char *key);
/** As if the key had never come; not known is fine. */
void edge_quota_forget(struct edge_quota *q, const char *key);
/**
 * The most active keys of this period, most messages (passed and refused)
 * first; those without any are left out. Returns the rows written, at most n.
 * Cost: one walk over all keys under the lock.
 */
size_t edge_quota_top(struct edge_quota *q, struct edge_quota_row *rows,
		      size_t n, uint64_t now_ms);
/** A new period: counts start at 0 (AE 3.1 ...ReportPeriodMinutes). Cost: one
 * addition. */
void edge_quota_period(struct edge_quota *q);
size_t edge_quota_keys(struct edge_quota *q);	 /* told apart now */
uint64_t edge_quota_items(struct edge_quota *q); /* remembered now */

#endif
