/* URLs: what was parsed parses again to the same, and leads where a Location
 * says only in the forms that are allowed. */
#include <assert.h>
#include <string.h>

#include "common/url.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t len);

static struct edge_url again(const struct edge_url *u)
{
	char text[EDGE_URL_HOST_LEN + EDGE_URL_PATH_LEN + 32];
	struct edge_put w = edge_put(text, sizeof(text));
	struct edge_url v;

	edge_put_str(&w, "http://");
	edge_url_put_host(&w, u);
	edge_put_str(&w, u->path);
	if (edge_url_parse(&v, edge_put_done(&w)))
		assert(0);
	return v;
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	struct edge_url u, v;

	if (edge_url_parse(&u, edge_slice(p, len)) == EDGE_OK) {
		v = again(&u);
		assert(v.port == u.port && edge_addr_eq(&v.at, &u.at));
		assert(!strcmp(v.host, u.host) && !strcmp(v.path, u.path));
	}
	if (edge_url_parse(&u, edge_slice_str("http://a.com:81/x")))
		assert(0);
	if (edge_url_join(&v, &u, edge_slice(p, len)) == EDGE_OK)
		assert(v.path[0] == '/' && v.port);
	return 0;
}
