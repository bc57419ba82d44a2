/* http URLs: strict in what a host may be, since a stranger chose it. */
#include "common/url.h"

#include <netinet/in.h>
#include <string.h>

enum { PORT = 80 /* RFC 9110 4.2.1 */ };

static bool is_digit(uint8_t ch)
{
	return ch >= '0' && ch <= '9';
}

static bool is_name_byte(uint8_t ch)
{
	return (ch >= 'a' && ch <= 'z') || is_digit(ch) || ch == '-' ||
	       ch == '.' || ch == '_';
}

static bool is_visible(struct edge_slice s)
{
	for (const uint8_t *p = s.p; p < s.end; p++)
		if (*p <= ' ' || *p > '~')
			return false;
	return true;
}

/* The first byte of a set; the end when there is none. */
static const uint8_t *first_of(struct edge_slice s, const char *set)
{
	const uint8_t *p = s.p;

	while (p < s.end && !strchr(set, *p))
		p++;
	return p;
}

/* No label is empty; the last one is no number in any spelling. */
static bool is_name(const char *host)
{
	const char *last = strrchr(host, '.');

	last = last ? last + 1 : host;
	return *host != '.' && *last && !strstr(host, "..") &&
	       !is_digit((uint8_t)*last);
}

static enum edge_err name_take(struct edge_url *u, struct edge_slice text)
{
	size_t len = edge_slice_len(text);

	if (len && text.end[-1] == '.')
		len--;
	if (len >= sizeof(u->host))
		return EDGE_ELIMIT;
	for (size_t i = 0; i < len; i++) {
		uint8_t ch = text.p[i];

		if (ch >= 'A' && ch <= 'Z')
			ch = (uint8_t)(ch + ('a' - 'A'));
		if (!is_name_byte(ch))
			return EDGE_EFORMAT;
		u->host[i] = (char)ch;
	}
	u->host[len] = '\0';
	return is_name(u->host) ? EDGE_OK : EDGE_EFORMAT;
}

static enum edge_err host_take(struct edge_url *u, struct edge_slice text)
{
	const bool is_v6 = edge_slice_len(text) > 2 && *text.p == '[' &&
			   text.end[-1] == ']';

	if (is_v6)
		text = edge_slice(text.p + 1, edge_slice_len(text) - 2);
	if (is_v6 != (edge_slice_find(text, ':') != NULL))
		return EDGE_EFORMAT;
	if (edge_addr_parse(&u->at, text, u->port) == EDGE_OK)
		return u->at.family ? EDGE_OK : EDGE_EFORMAT;
	u->at = (struct edge_addr){0};
	return is_v6 ? EDGE_EFORMAT : name_take(u, text);
}

static enum edge_err authority_take(struct edge_url *u, struct edge_slice text)
{
	struct edge_slice host = text, port = {NULL, NULL};
	const uint8_t *bracket = edge_slice_find(text, ']');
	const uint8_t *colon;
	uint64_t n = PORT;

	if (edge_slice_find(text, '@'))
		return EDGE_EFORMAT;
	colon = edge_slice_find(
		(struct edge_slice){bracket ? bracket : text.p, text.end}, ':');
	if (colon) {
		host.end = colon;
		port = (struct edge_slice){colon + 1, text.end};
	}
	/* "host:" is as good as "host" (RFC 3986 3.2.3) */
	if (edge_slice_len(port) &&
	    (!edge_slice_u64(port, UINT16_MAX, &n) || !n))
		return EDGE_EFORMAT;
	u->port = (uint16_t)n;
	return host_take(u, host);
}

/* What follows the authority. */
static enum edge_err path_take(struct edge_url *u, struct edge_slice text)
{
	struct edge_put w = edge_put(u->path, sizeof(u->path) - 1);

	text.end = first_of(text, "#");
	if (!edge_slice_len(text) || *text.p != '/')
		edge_put_u8(&w, '/');
	edge_put_slice(&w, text);
	if (w.overflow)
		return EDGE_ELIMIT;
	u->path[edge_put_len(&w)] = '\0';
	return EDGE_OK;
}

enum edge_err edge_url_parse(struct edge_url *out, struct edge_slice text)
{
	static const char scheme[] = "http://";
	const size_t len = sizeof(scheme) - 1;
	struct edge_url u = {.port = PORT};
	struct edge_slice rest;
	const uint8_t *end;
	enum edge_err err;

	if (!is_visible(text))
		return EDGE_EFORMAT;
	if (edge_slice_len(text) < len ||
	    !edge_slice_ieq_str(edge_slice(text.p, len), scheme))
		return edge_slice_find(text, ':') ? EDGE_EDENIED : EDGE_EFORMAT;
	rest = edge_slice(text.p + len, edge_slice_len(text) - len);
	end = first_of(rest, "/?#");
	err = authority_take(&u, (struct edge_slice){rest.p, end});
	if (!err)
		err = path_take(&u, (struct edge_slice){end, rest.end});
	if (!err)
		*out = u;
	return err;
}

enum edge_err edge_url_join(struct edge_url *out, const struct edge_url *base,
			    struct edge_slice location)
{
	struct edge_url u = *base;
	enum edge_err err;

	if (!edge_slice_len(location) || *location.p != '/')
		return edge_url_parse(out, location);
	if (!is_visible(location) ||
	    (edge_slice_len(location) > 1 && location.p[1] == '/'))
		return EDGE_EFORMAT;
	err = path_take(&u, location);
	if (!err)
		*out = u;
	return err;
}

void edge_url_put_host(struct edge_put *w, const struct edge_url *u)
{
	char ip[EDGE_ADDR_STRLEN];

	if (u->at.family) {
		edge_addr_print_ip(&u->at, true, ip);
		edge_put_str(w, ip);
	} else {
		edge_put_str(w, u->host);
	}
	if (u->port == PORT)
		return;
	edge_put_str(w, ":");
	edge_put_dec(w, u->port);
}
