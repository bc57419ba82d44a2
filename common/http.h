/* HTTP/1.1 message codec: whole small messages for the admin endpoint, heads of
 * answers from others; one message a connection. */
#ifndef COMMON_HTTP_H
#define COMMON_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"
#include "common/slice.h"

enum {
	EDGE_HTTP_HEAD_MAX = 8192,  /* ours: start line and headers [bytes] */
	EDGE_HTTP_LINES_MAX = 64,   /* ours: header lines in a message */
	EDGE_HTTP_ENCODE_MAX = 512, /* what an encoded head needs at most */
};

enum edge_http_kind { EDGE_HTTP_REQUEST, EDGE_HTTP_ANSWER };

/* All slices point into the bytes that were decoded. */
struct edge_http_msg {
	struct edge_slice method, path; /* requests; path starts with '/' */
	struct edge_slice query;	/* without '?'; empty when none */
	unsigned status;		/* answers: 100..599 */
	struct edge_slice type;		/* Content-Type; empty when none */
	struct edge_slice body;
	size_t len; /* of the whole message */
};

/**
 * Decode one whole message. Lines end in CRLF; Content-Length is given once at
 * most and absent means no body; Transfer-Encoding, Expect, folded lines and
 * control bytes are refused.
 * @param body_max  EDGE_ELIMIT when Content-Length says more
 * @return EDGE_EAGAIN while bytes are missing, EDGE_EFORMAT, EDGE_EDUP (two
 * Content-Length), EDGE_ELIMIT, EDGE_ENOMEM
 * Source: RFC 9112 2-6, RFC 9110 8.6.
 */
EDGE_MUST_CHECK enum edge_err edge_http_decode(struct edge_http_msg *out,
					       enum edge_http_kind kind,
					       struct edge_slice in,
					       size_t body_max);

/* Of an answer whose body is taken by common/http_body.h. */
struct edge_http_head {
	unsigned status;	    /* 100..599 */
	struct edge_slice location; /* empty when none */
	bool is_chunked, has_length;
	uint64_t length; /* of the body */
	size_t len;	 /* of the head */
};

/**
 * Decode the head of an answer; what follows is not looked at. The same rules,
 * but Transfer-Encoding may be "chunked", without Content-Length, in HTTP/1.1.
 * A Content-Encoding other than "identity" is EDGE_EDENIED.
 * @return as edge_http_decode
 * Source: RFC 9112 6, RFC 9110 8.4, 10.2.2.
 */
EDGE_MUST_CHECK enum edge_err edge_http_head_decode(struct edge_http_head *out,
						    struct edge_slice in);
/** Head of a GET without a body; host as a Host header has it, path with the
 * query: both without blanks and control bytes. */
void edge_http_put_get(struct edge_put *w, struct edge_slice host,
		       const char *path);

/** Head of a request or an answer, up to the empty line; the body follows. */
void edge_http_put_request(struct edge_put *w, const char *method,
			   const char *path, size_t body_len);
void edge_http_put_answer(struct edge_put *w, unsigned status, size_t body_len);
/** "Not Found"; never NULL. */
const char *edge_http_reason(unsigned status);

#endif
