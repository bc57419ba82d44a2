/* How often a network may ask: token buckets in a table of fixed size. */
#ifndef AV_EDGE_RATES_H
#define AV_EDGE_RATES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/addr.h"
#include "common/err.h"

struct ave_rates; /* owner and thread: one relay */

/** EDGE_ENOMEM. sources: buckets at a time, at least. */
EDGE_MUST_CHECK enum edge_err ave_rates_new(struct ave_rates **out,
					    size_t sources);
void ave_rates_free(struct ave_rates *r); /* NULL is fine */

struct ave_rate_of {
	struct edge_addr source;
	uint8_t bits4, bits6; /* of its network */
	uint8_t what;	      /* each has its own buckets */
	uint32_t rate;	      /* a second, and at once */
};

/** Takes one of that network; the bucket not used for longest makes room. */
bool ave_rates_take(struct ave_rates *r, const struct ave_rate_of *of,
		    uint64_t now_ms);

#endif
