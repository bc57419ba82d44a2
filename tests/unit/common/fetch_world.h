/* An outside in small: a resolver and a web server on loopback, a loop. */
#ifndef TESTS_UNIT_COMMON_FETCH_WORLD_H
#define TESTS_UNIT_COMMON_FETCH_WORLD_H

#include "common/dns.h"
#include "common/fetch.h"
#include "common/loop.h"
#include "tests/support/fake_dns.h"
#include "tests/support/fake_http.h"
#include "tests/support/turns.h"

enum { FETCH_WORLD_TEXT = 256, FETCH_WORLD_MS = 20000 };

struct fetch_world {
	struct fake_dns *dns_server;
	struct fake_http *web;
	struct edge_loop *loop;
	struct edge_dns *dns;
	struct edge_get_plan plan; /* of a lab, nothing inside */
	char resolv[64];
};

/** The resolver knows: web.example.com and web2.example.com (the web server),
 * no.example.com (fails), silent.example.com (no answer),
 * private.example.com (10.0.0.1 alone), mixed.example.com (10.0.0.1 and
 * the web server); *.inside.com is inside. */
void fetch_world_open(struct fetch_world *w, const struct fake_http_row *rows,
		      size_t count);
/** loop and resolver go; what used them is over. */
void fetch_world_close(struct fetch_world *w);
/** format has one %u: the web server's port. Lives until the next call but
 * three. */
const char *fetch_world_url(const struct fetch_world *w, const char *format);

/* An answer, copied. */
struct fetch_got {
	struct edge_loop *loop; /* stopped when want are there; or NULL */
	unsigned calls;
	enum edge_err err;
	unsigned status;
	char body[FETCH_WORLD_TEXT]; /* cut */
	size_t len;		     /* whole */
};

edge_get_fn fetch_world_take; /* arg: a fetch_got */
/** Turn until that many calls have come in all. */
void fetch_world_wait(struct fetch_world *w, const struct fetch_got *g,
		      unsigned calls);

#endif
