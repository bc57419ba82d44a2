/* How many of something each source or user holds: a table of bounded size,
 * shared by threads. */
#ifndef COMMON_TALLY_H
#define COMMON_TALLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/addr.h"
#include "common/err.h"

enum { EDGE_TALLY_KEY = 16 /* bytes; chosen by strangers is fine */ };

struct edge_tally; /* any thread (locks inside) */

/** At most keys keys are counted at a time. EDGE_ERANGE, EDGE_ENOMEM. */
EDGE_MUST_CHECK enum edge_err edge_tally_new(struct edge_tally **out,
					     size_t keys);
void edge_tally_free(struct edge_tally *t); /* NULL is fine */
/** One more of that key; false: it has most already, or the table is full. */
bool edge_tally_enter(struct edge_tally *t, const uint8_t key[EDGE_TALLY_KEY],
		      uint32_t most);
/** One less; the last one frees the key's place. */
void edge_tally_leave(struct edge_tally *t, const uint8_t key[EDGE_TALLY_KEY]);
size_t edge_tally_keys(const struct edge_tally *t);
size_t edge_tally_total(const struct edge_tally *t); /* of all keys */
/** The key of a source: its IPv4 address, or its /64. */
void edge_tally_source(uint8_t key[EDGE_TALLY_KEY], const struct edge_addr *a);

#endif
