/* How often each key was used, until it expires: a table of bounded size. */
#ifndef COMMON_EXPIRING_H
#define COMMON_EXPIRING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"

enum { EDGE_EXPIRING_KEY = 32 /* bytes; chosen by strangers is fine */ };

enum edge_expiring_verdict {
	EDGE_EXPIRING_TAKEN,
	EDGE_EXPIRING_USED_UP, /* it has most already, or is over */
	EDGE_EXPIRING_FULL,    /* no room, and nothing has expired */
};

struct edge_expiring; /* owner and thread: one */

/** At most cap keys at a time, their memory taken at once. EDGE_ERANGE (cap 0
 * or above 2^24), EDGE_ENOMEM. */
EDGE_MUST_CHECK enum edge_err edge_expiring_new(struct edge_expiring **out,
						size_t cap);
void edge_expiring_free(struct edge_expiring *e); /* NULL is fine */
/** One more use of key, most in all until it expires; of several ends the
 * latest counts. What has expired makes room. Cost: one look-up, and log(cap)
 * for each key that comes or goes. */
enum edge_expiring_verdict
edge_expiring_take(struct edge_expiring *e,
		   const uint8_t key[EDGE_EXPIRING_KEY], uint32_t most,
		   uint64_t until_ms, uint64_t now_ms);
/** Remember key until then, or longer when it was told so before. false: full,
 * or over already. */
bool edge_expiring_put(struct edge_expiring *e,
		       const uint8_t key[EDGE_EXPIRING_KEY], uint64_t until_ms,
		       uint64_t now_ms);
/** Was taken or put, and has not expired. */
bool edge_expiring_has(const struct edge_expiring *e,
		       const uint8_t key[EDGE_EXPIRING_KEY], uint64_t now_ms);
/** How often it was taken; 0 when it has expired or never was. */
uint32_t edge_expiring_uses(const struct edge_expiring *e,
			    const uint8_t key[EDGE_EXPIRING_KEY],
			    uint64_t now_ms);
/** Keys held; some may have expired since the last take or put. */
size_t edge_expiring_count(const struct edge_expiring *e);

#endif
