/* A growing queue of bytes that gives its memory back when empty. */
#ifndef COMMON_BYTES_H
#define COMMON_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"
#include "common/slice.h"

/* Zero-initialised is empty. */
struct edge_bytes {
	uint8_t *p;
	uint32_t start, len, cap; /* content is p[start .. start + len) */
	/* set by its owner while empty: what leaves is wiped, once, so that
	 * nothing lies outside the content */
	bool is_secret;
};

void edge_bytes_fini(struct edge_bytes *b);
struct edge_slice edge_bytes_slice(const struct edge_bytes *b);
/** Take len bytes off the front; at most what is there. */
void edge_bytes_take(struct edge_bytes *b, size_t len);
/** Room for at least want more bytes behind the content. EDGE_ELIMIT when the
 * content would pass max bytes, EDGE_ENOMEM. */
EDGE_MUST_CHECK enum edge_err edge_bytes_room(struct edge_bytes *b, size_t want,
					      uint32_t max);
/** What edge_bytes_room made, and how much of it there is. */
uint8_t *edge_bytes_tail(struct edge_bytes *b, size_t *room);
/** len bytes were written at the tail. */
void edge_bytes_grown(struct edge_bytes *b, size_t len);
EDGE_MUST_CHECK enum edge_err edge_bytes_add(struct edge_bytes *b,
					     struct edge_slice s, uint32_t max);
/** Two queues of the same secrecy change places; false: they are not, and
 * nothing happens. */
bool edge_bytes_swap(struct edge_bytes *a, struct edge_bytes *b);

#endif
