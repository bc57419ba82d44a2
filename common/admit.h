/* Who may come in now: token buckets and per-source counts, shared by shards.
 */
#ifndef COMMON_ADMIT_H
#define COMMON_ADMIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/addr.h"
#include "common/err.h"

/* Value type, one thread. rate tokens a second, at most burst; rate 0 lets
 * nothing through once the burst is used up. */
struct edge_bucket {
	uint32_t rate, burst;
	uint64_t level; /* thousandths of a token: rate is their number a ms */
	uint64_t last_ms;
};

void edge_bucket_init(struct edge_bucket *b, uint32_t rate, uint32_t burst,
		      uint64_t now_ms);
bool edge_bucket_take(struct edge_bucket *b, uint64_t now_ms);
/** Milliseconds until one token is there; 0 when it is; UINT64_MAX: never. */
uint64_t edge_bucket_wait_ms(const struct edge_bucket *b, uint64_t now_ms);

struct edge_admit_limits {
	uint32_t total;	     /* connections */
	uint32_t per_source; /* by /32 and /64 */
	uint32_t handshakes_per_source;
	uint32_t handshakes; /* unfinished ones of all; 0: no bound */
	/* new connections of a source a second, at once; 0: no bound */
	uint32_t rate_per_source, burst_per_source;
	uint32_t sources;    /* table size; oldest idle one goes */
	uint32_t penalty_ms; /* after too much malformed input */
	/* sign-ins: more than fail_count in fail_window_ms block that user at
	 * that source, more than source_fail_count (0: the same number) block
	 * the whole source, each for fail_block_ms */
	uint32_t fail_count, source_fail_count;
	uint32_t fail_window_ms, fail_block_ms;
	/* how long a source with a signed-in user is known; 0: none ever is,
	 * and none needs to be */
	uint32_t known_ms;
};

enum edge_admit_verdict {
	EDGE_ADMIT_OK,
	EDGE_ADMIT_TOTAL,      /* table of connections full */
	EDGE_ADMIT_SOURCE,     /* this source has enough */
	EDGE_ADMIT_HANDSHAKES, /* too many unfinished handshakes of it */
	EDGE_ADMIT_PENALTY,    /* being punished */
	EDGE_ADMIT_UNKNOWN,    /* 90 % full: only known sources */
	EDGE_ADMIT_BUSY,       /* too many unfinished handshakes of all */
	EDGE_ADMIT_RATE,       /* this source comes too often */
};

struct edge_admit; /* one a listener kind; any thread (locks inside) */

EDGE_MUST_CHECK enum edge_err edge_admit_new(struct edge_admit **out,
					     const struct edge_admit_limits *l);
void edge_admit_free(struct edge_admit *a);
void edge_admit_limits_set(struct edge_admit *a,
			   const struct edge_admit_limits *l);
/** A connection asks to come in; OK counts it and one handshake. */
enum edge_admit_verdict edge_admit_enter(struct edge_admit *a,
					 const struct edge_addr *from,
					 uint64_t now_ms);
void edge_admit_secured(struct edge_admit *a, const struct edge_addr *from);
void edge_admit_leave(struct edge_admit *a, const struct edge_addr *from,
		      bool was_secured);
void edge_admit_punish(struct edge_admit *a, const struct edge_addr *from,
		       uint64_t now_ms);
/** A user signed in from there: remembered known_ms. */
void edge_admit_know(struct edge_admit *a, const struct edge_addr *from,
		     uint64_t now_ms);
/** Sign-in failures by (source) and (source, key), never by the key alone: else
 * a stranger could lock a user out. key is a user's name in one spelling; it
 * may be empty. */
void edge_admit_fail(struct edge_admit *a, const struct edge_addr *from,
		     struct edge_slice key, uint64_t now_ms);
bool edge_admit_is_blocked(struct edge_admit *a, const struct edge_addr *from,
			   struct edge_slice key, uint64_t now_ms);
size_t edge_admit_count(struct edge_admit *a);	    /* live connections */
size_t edge_admit_handshakes(struct edge_admit *a); /* unfinished ones */

#endif
