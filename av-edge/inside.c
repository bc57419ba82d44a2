/* What lies behind the internal interface, as the routing tables have it. */
#include "av-edge/inside.h"

#include <fcntl.h>
#include <ifaddrs.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	TABLE_MAX = 4 << 20, /* ours: of a routing table's text [bytes] */
	TABLE_FIRST = 16384,
	WORDS = 11,	  /* of a line: /proc/net/route has 11, ipv6_route 10 */
	RTF_DOWN = 0x200, /* RTF_REJECT */
	RTF_UP_BIT = 0x1,
};

bool ave_network_is_whole(const struct ave_network *n)
{
	const unsigned width = n->net.family == AF_INET ? 32 : 128;

	for (unsigned i = n->bits; i < width; i++)
		if (n->net.ip[i / 8] & 0x80 >> i % 8)
			return false;
	return true;
}

void ave_networks_free(struct ave_networks *n)
{
	free(n->v);
	*n = (struct ave_networks){0};
}

static enum edge_err add(struct ave_networks *n, const struct ave_network *w)
{
	if (n->count == AVE_INSIDE_MAX) {
		n->is_cut = true;
		return EDGE_OK;
	}
	if (!(n->count & (n->count - 1))) {
		size_t room = n->count ? 2 * n->count : 1;
		struct ave_network *v = realloc(n->v, room * sizeof(*v));

		if (!v)
			return EDGE_ENOMEM;
		n->v = v;
	}
	n->v[n->count++] = *w;
	return EDGE_OK;
}

/* -- text --------------------------------------------------------------- */

static size_t split(struct edge_slice line, struct edge_slice *word)
{
	size_t n = 0;
	const uint8_t *p = line.p;

	while (p < line.end && n < WORDS) {
		const uint8_t *from;

		while (p < line.end && (*p == ' ' || *p == '\t'))
			p++;
		for (from = p; p < line.end && *p != ' ' && *p != '\t';)
			p++;
		if (p > from)
			word[n++] = edge_slice(from, (size_t)(p - from));
	}
	return n;
}

/* Destination and mask are words in the machine's own order. */
static bool parse_v4(struct ave_network *out, const struct edge_slice *w,
		     size_t count, const char *device)
{
	uint64_t net, mask, flags;
	uint32_t raw;

	if (count < 8 || !edge_slice_eq_str(w[0], device) ||
	    !edge_slice_hex(w[1], &net) || !edge_slice_hex(w[3], &flags) ||
	    !edge_slice_hex(w[7], &mask) || net > UINT32_MAX ||
	    mask > UINT32_MAX || !(flags & RTF_UP_BIT) || flags & RTF_DOWN)
		return false;
	*out = (struct ave_network){.net = {.family = AF_INET}};
	raw = (uint32_t)net;
	memcpy(out->net.ip, &raw, sizeof(raw));
	out->bits = (unsigned)__builtin_popcountll(mask);
	return true;
}

static bool parse_v6(struct ave_network *out, const struct edge_slice *w,
		     size_t count, const char *device)
{
	uint64_t bits, flags, half;

	if (count < 10 || !edge_slice_eq_str(w[9], device) ||
	    edge_slice_len(w[0]) != 32 || !edge_slice_hex(w[1], &bits) ||
	    !edge_slice_hex(w[8], &flags) || bits > 128 ||
	    !(flags & RTF_UP_BIT) || flags & RTF_DOWN)
		return false;
	*out = (struct ave_network){.net = {.family = AF_INET6},
				    .bits = (unsigned)bits};
	for (int i = 0; i < 2; i++) {
		struct edge_put p = edge_put(out->net.ip + 8 * i, 8);

		if (!edge_slice_hex(edge_slice(w[0].p + 16 * i, 16), &half))
			return false;
		edge_put_u64(&p, half);
	}
	return true;
}

enum edge_err ave_routes_parse(struct ave_networks *out, struct edge_slice text,
			       bool is_v6, const char *device)
{
	enum edge_err err = EDGE_OK;

	while (!err && text.p < text.end) {
		struct edge_slice line = text, word[WORDS];
		struct ave_network n;
		size_t count;

		if (edge_take_until(&text, '\n', &line)) {
			; /* text is behind it */
		} else {
			text.p = text.end;
		}
		count = split(line, word);
		if (!(is_v6 ? parse_v6(&n, word, count, device)
			    : parse_v4(&n, word, count, device)))
			continue;
		if (!n.bits)
			out->is_default_left_out = true;
		else
			err = add(out, &n);
	}
	return err;
}

/* -- the kernel --------------------------------------------------------- */

/* Below self: with ProcSubset=pid nothing else is in /proc. */
void ave_routes_open(struct ave_routes *r)
{
	r->v4 = open("/proc/self/net/route", O_RDONLY | O_CLOEXEC);
	r->v6 = open("/proc/self/net/ipv6_route", O_RDONLY | O_CLOEXEC);
}

void ave_routes_close(struct ave_routes *r)
{
	if (r->v4 >= 0)
		close(r->v4);
	if (r->v6 >= 0)
		close(r->v6);
	r->v4 = r->v6 = -1;
}

/* All of it: what is left out would be open to clients. EDGE_ELIMIT. */
static enum edge_err read_all(uint8_t **out, size_t *len, int fd)
{
	size_t cap = TABLE_FIRST, have = 0;
	uint8_t *p = malloc(cap);
	enum edge_err err = EDGE_ESYS;
	ssize_t n = lseek(fd, 0, SEEK_SET);

	while (p && n >= 0) {
		uint8_t *more = p;

		n = read(fd, p + have, cap - have);
		if (n > 0)
			have += (size_t)n;
		if (!n) {
			*out = p;
			*len = have;
			return EDGE_OK;
		}
		if (have == TABLE_MAX) {
			err = EDGE_ELIMIT;
			break;
		}
		if (have == cap)
			more = realloc(p, cap *= 2);
		if (!more) {
			err = EDGE_ENOMEM;
			break;
		}
		p = more;
	}
	free(p);
	return p ? err : EDGE_ENOMEM;
}

static enum edge_err read_table(struct ave_networks *out, int fd, bool is_v6,
				const char *device)
{
	uint8_t *text;
	size_t len;
	enum edge_err err;

	if (fd < 0)
		return EDGE_OK; /* a kernel without that family */
	err = read_all(&text, &len, fd);
	if (err)
		return err;
	err = ave_routes_parse(out, edge_slice(text, len), is_v6, device);
	free(text);
	return err;
}

static enum edge_err add_own(struct ave_networks *out)
{
	struct ifaddrs *all, *i;
	enum edge_err err = EDGE_OK;

	if (getifaddrs(&all))
		return EDGE_ESYS;
	for (i = all; i && !err; i = i->ifa_next) {
		struct ave_network n = {.bits = 128};

		if (!i->ifa_addr ||
		    edge_addr_from_sockaddr(&n.net, i->ifa_addr) != EDGE_OK)
			continue;
		n.net.port = 0;
		if (n.net.family == AF_INET)
			n.bits = 32;
		err = add(out, &n);
	}
	freeifaddrs(all);
	return err;
}

enum edge_err ave_routes_read(struct ave_networks *out,
			      const struct ave_routes *r, const char *device)
{
	struct ave_networks n = {0};
	enum edge_err err = add_own(&n);

	if (!err && *device)
		err = read_table(&n, r->v4, false, device);
	if (!err && *device)
		err = read_table(&n, r->v6, true, device);
	if (err) {
		ave_networks_free(&n);
		return err;
	}
	*out = n;
	return EDGE_OK;
}
