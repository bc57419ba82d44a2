/* What came lately and how often: texts of the last while, told apart and
 * counted; any thread. */
#ifndef COMMON_LATELY_H
#define COMMON_LATELY_H

#include <stddef.h>
#include <stdint.h>

#include "common/err.h"

enum { EDGE_LATELY_LEN = 512 }; /* of a text, NUL included */

struct edge_lately_row {
	char text[EDGE_LATELY_LEN];
	char note[64];		 /* of the last time */
	uint64_t count, last_ms; /* since it is known; last time */
};

struct edge_lately; /* locks inside */

/** @param cap      texts that are kept; the one not seen for longest goes
 *  @param span_ms  a text not seen for so long is forgotten */
EDGE_MUST_CHECK enum edge_err edge_lately_new(struct edge_lately **out,
					      size_t cap, uint64_t span_ms);
void edge_lately_free(struct edge_lately *l); /* NULL is fine */
/** It came once more; longer texts are cut. */
void edge_lately_add(struct edge_lately *l, const char *text, const char *note,
		     uint64_t now_ms);
/** Latest first; returns the rows written, at most n. */
size_t edge_lately_read(struct edge_lately *l, struct edge_lately_row *rows,
			size_t n, uint64_t now_ms);

#endif
