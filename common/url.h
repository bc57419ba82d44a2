/* http URLs that a stranger wrote: parsed, and what they lead on to. PURE. */
#ifndef COMMON_URL_H
#define COMMON_URL_H

#include "common/addr.h"
#include "common/err.h"
#include "common/slice.h"

enum {
	EDGE_URL_HOST_LEN = 254,  /* RFC 1035 2.3.4, as text, and NUL */
	EDGE_URL_PATH_LEN = 1024, /* ours */
};

struct edge_url {
	char host[EDGE_URL_HOST_LEN]; /* lower case; "" with an address */
	struct edge_addr at;	      /* family 0: host is a name */
	uint16_t port;		      /* 80 when none is said */
	char path[EDGE_URL_PATH_LEN]; /* with query; starts with '/' */
};

/**
 * "http://host[:port][/path][?query][#fragment]": the fragment is dropped,
 * visible ASCII only. EDGE_EDENIED: another scheme. EDGE_EFORMAT: not a URL, or
 * with user and password, or a host that is neither a name nor a strict address
 * ("127.1", "0x7f000001"). EDGE_ELIMIT: too long.
 * Source: RFC 3986 3, RFC 9110 4.2.1.
 */
EDGE_MUST_CHECK enum edge_err edge_url_parse(struct edge_url *out,
					     struct edge_slice text);
/** Where a Location leads that was read at base: a whole URL, or a path from
 * the root; relative paths and "//host" are EDGE_EFORMAT. */
EDGE_MUST_CHECK enum edge_err edge_url_join(struct edge_url *out,
					    const struct edge_url *base,
					    struct edge_slice location);
/** "host[:port]" as a Host header wants it: without a port that is 80. */
void edge_url_put_host(struct edge_put *w, const struct edge_url *u);

#endif
