/* How often a network may ask: token buckets in a table of fixed size. */
#ifndef COMMON_RATES_H
#define COMMON_RATES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/addr.h"
#include "common/err.h"

struct edge_rates; /* owner and thread: one relay */

/** EDGE_ENOMEM. sources: buckets at a time, at least. */
EDGE_MUST_CHECK enum edge_err edge_rates_new(struct edge_rates **out,
					     size_t sources);
void edge_rates_free(struct edge_rates *r); /* NULL is fine */

struct edge_rate_of {
	struct edge_addr source;
	uint8_t bits4, bits6; /* of its network */
	uint8_t what;	      /* each has its own buckets */
	uint32_t rate, burst; /* a second, at once; burst 0: as rate */
};

/** Takes one of that network; the bucket not used for longest makes room. */
bool edge_rates_take(struct edge_rates *r, const struct edge_rate_of *of,
		     uint64_t now_ms);

#endif
