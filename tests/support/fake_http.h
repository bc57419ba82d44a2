/* A small HTTP server on loopback, on a thread of its own. */
#ifndef TESTS_SUPPORT_FAKE_HTTP_H
#define TESTS_SUPPORT_FAKE_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/addr.h"

/* What is sent for a path, then the connection is closed. */
struct fake_http_row {
	const char *path;
	const char *head; /* with its empty line; NULL: nothing is sent */
	const void *body; /* as on the wire */
	size_t body_len;  /* 0: body is text */
	bool is_held;	  /* open until the server's end */
	bool is_slow;	  /* a byte at a time */
};

struct fake_http;

/** A path without row is 404. What rows point at outlives the server. Listens
 * on 127.0.0.1. */
struct fake_http *fake_http_start(const struct fake_http_row *rows,
				  size_t count);
void fake_http_stop(struct fake_http *f);
/** Another row for its path, from the next request on. */
void fake_http_change(struct fake_http *f, const struct fake_http_row *row);
uint16_t fake_http_port(const struct fake_http *f);
/** Requests that came so far. */
unsigned fake_http_asked(struct fake_http *f);
/** The last request as it came; copied, cut to cap. */
void fake_http_request(struct fake_http *f, char *out, size_t cap);
/** Where it came from. */
struct edge_addr fake_http_from(struct fake_http *f);

#endif
