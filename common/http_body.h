/* The body of an HTTP answer, taken out of its framing piece by piece. PURE. */
#ifndef COMMON_HTTP_BODY_H
#define COMMON_HTTP_BODY_H

#include <stdbool.h>
#include <stdint.h>

#include "common/err.h"
#include "common/http.h"
#include "common/slice.h"

/* Value type. */
struct edge_http_body {
	uint8_t state;	  /* of http_body.c */
	uint32_t framing; /* bytes of this line, or of the trailer */
	uint64_t left;	  /* of the body or the chunk */
};

/** By the head of an answer that may have a body (not to HEAD, not 1xx, 204 or
 * 304). */
void edge_http_body_init(struct edge_http_body *b,
			 const struct edge_http_head *h);
/**
 * Take a piece of the body off the front of *in; it may be empty though *in is
 * not used up: call until *in is empty or the body is done.
 * EDGE_EFORMAT: not chunks. EDGE_ELIMIT: a chunk's head over 256 bytes, or the
 * trailer over 8192.
 * Source: RFC 9112 6.3, 7.1.
 */
EDGE_MUST_CHECK enum edge_err edge_http_body_take(struct edge_http_body *b,
						  struct edge_slice *in,
						  struct edge_slice *out);
/** Nothing more belongs to it. */
bool edge_http_body_is_done(const struct edge_http_body *b);
/** The connection's end is the body's: neither length nor chunks were said. */
bool edge_http_body_ends_with_connection(const struct edge_http_body *b);

#endif
