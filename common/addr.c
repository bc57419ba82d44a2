/* Addresses in their one form: text, sockaddr, prefixes and classes. */
#include "common/addr.h"

#include <arpa/inet.h>
#include <string.h>

static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff}; /* RFC 4291 */
static const uint8_t nat64[12] = {0, 0x64, 0xff, 0x9b};	      /* RFC 6052 */
static const uint8_t zero[16];

static struct edge_addr from_v4(const uint8_t ip[4], uint16_t port)
{
	struct edge_addr a = {.port = port};

	if (memcmp(ip, zero, 4) != 0) {
		a.family = AF_INET;
		memcpy(a.ip, ip, 4);
	}
	return a;
}

static struct edge_addr from_v6(const uint8_t ip[16], uint16_t port)
{
	struct edge_addr a = {.port = port};

	if (!memcmp(ip, mapped, 12) || !memcmp(ip, nat64, 12))
		return from_v4(ip + 12, port);
	if (ip[0] == 0x20 && ip[1] == 0x02) /* 6to4, RFC 3056 */
		return from_v4(ip + 2, port);
	if (memcmp(ip, zero, 16) != 0) {
		a.family = AF_INET6;
		memcpy(a.ip, ip, 16);
	}
	return a;
}

enum edge_err edge_addr_parse(struct edge_addr *out, struct edge_slice text,
			      uint16_t port)
{
	char s[INET6_ADDRSTRLEN];
	uint8_t ip[16];

	if (!edge_slice_copy(s, sizeof(s), text))
		return EDGE_EFORMAT;
	if (inet_pton(AF_INET, s, ip) == 1)
		*out = from_v4(ip, port);
	else if (inet_pton(AF_INET6, s, ip) == 1)
		*out = from_v6(ip, port);
	else
		return EDGE_EFORMAT;
	return EDGE_OK;
}

/* The host part of "host:port" in its two spellings; no other will do. */
static bool take_host(struct edge_slice *in, struct edge_slice *host)
{
	bool bracket = in->p < in->end && *in->p == '[';
	struct edge_slice colon;

	if (!bracket)
		return edge_take_until(in, ':', host);
	in->p++;
	return edge_take_until(in, ']', host) && edge_slice_find(*host, ':') &&
	       edge_take(in, 1, &colon) && *colon.p == ':';
}

enum edge_err edge_addr_parse_port(struct edge_addr *out,
				   struct edge_slice text)
{
	struct edge_slice host;
	uint64_t port;

	if (!take_host(&text, &host) ||
	    !edge_slice_u64(text, UINT16_MAX, &port))
		return EDGE_EFORMAT;
	return edge_addr_parse(out, host, (uint16_t)port);
}

enum edge_err edge_addr_from_sockaddr(struct edge_addr *out,
				      const struct sockaddr *sa)
{
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;

	switch (sa->sa_family) {
	case AF_INET:
		memcpy(&v4, sa, sizeof(v4));
		*out = from_v4((const uint8_t *)&v4.sin_addr,
			       ntohs(v4.sin_port));
		return EDGE_OK;
	case AF_INET6:
		memcpy(&v6, sa, sizeof(v6));
		*out = from_v6(v6.sin6_addr.s6_addr, ntohs(v6.sin6_port));
		return EDGE_OK;
	default:
		return EDGE_EFORMAT;
	}
}

socklen_t edge_addr_to_sockaddr(const struct edge_addr *a,
				struct sockaddr_storage *out)
{
	struct sockaddr_in v4 = {.sin_family = AF_INET};
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};

	memset(out, 0, sizeof(*out));
	switch (a->family) {
	case AF_INET:
		v4.sin_port = htons(a->port);
		memcpy(&v4.sin_addr, a->ip, 4);
		memcpy(out, &v4, sizeof(v4));
		return sizeof(v4);
	case AF_INET6:
		v6.sin6_port = htons(a->port);
		memcpy(&v6.sin6_addr, a->ip, 16);
		memcpy(out, &v6, sizeof(v6));
		return sizeof(v6);
	default:
		return 0;
	}
}

/* By hand: inet_ntop prints IPv4 with sprintf, and this is on each message. */
static void put_v4(struct edge_put *w, const uint8_t ip[4])
{
	for (int i = 0; i < 4; i++) {
		if (i)
			edge_put_u8(w, '.');
		edge_put_dec(w, ip[i]);
	}
}

static void put_ip(struct edge_put *w, const struct edge_addr *a, bool bracket)
{
	char ip[INET6_ADDRSTRLEN] = "";

	if (a->family != AF_INET6) {
		put_v4(w, a->family ? a->ip : zero);
		return;
	}
	inet_ntop(AF_INET6, a->ip, ip, sizeof(ip));
	edge_put_str(w, bracket ? "[" : "");
	edge_put_str(w, ip);
	edge_put_str(w, bracket ? "]" : "");
}

void edge_addr_print_ip(const struct edge_addr *a, bool bracket,
			char out[EDGE_ADDR_STRLEN])
{
	struct edge_put w = edge_put(out, EDGE_ADDR_STRLEN - 1);

	put_ip(&w, a, bracket);
	out[edge_put_len(&w)] = 0;
}

void edge_addr_print(const struct edge_addr *a, char out[EDGE_ADDR_STRLEN])
{
	struct edge_put w = edge_put(out, EDGE_ADDR_STRLEN - 1);

	put_ip(&w, a, true);
	edge_put_u8(&w, ':');
	edge_put_dec(&w, a->port);
	out[edge_put_len(&w)] = 0;
}

bool edge_addr_same_ip(const struct edge_addr *a, const struct edge_addr *b)
{
	return a->family == b->family && !memcmp(a->ip, b->ip, sizeof(a->ip));
}

bool edge_addr_eq(const struct edge_addr *a, const struct edge_addr *b)
{
	return a->port == b->port && edge_addr_same_ip(a, b);
}

bool edge_addr_in_prefix(const struct edge_addr *a, const struct edge_addr *net,
			 unsigned bits)
{
	unsigned whole = bits / 8, rest = bits % 8;
	unsigned width = a->family == AF_INET ? 32 : 128;

	if (!net->family)
		return !bits;
	if (a->family != net->family || bits > width ||
	    memcmp(a->ip, net->ip, whole) != 0)
		return false;
	return !rest || !((a->ip[whole] ^ net->ip[whole]) >> (8 - rest));
}

struct edge_addr edge_addr_source(const struct edge_addr *a)
{
	struct edge_addr s = *a;

	s.port = 0;
	if (s.family == AF_INET6)
		memset(s.ip + 8, 0, 8);
	return s;
}

/* clang-format off */
static const struct address_class {
	struct edge_addr net;
	unsigned bits;
	enum edge_addr_class class;
} classes[] = {
	/* network                        bits   class                   source */
	{{AF_INET,  {0}, 0},                8, EDGE_ADDR_UNSPECIFIED}, /* RFC 1122 3.2.1.3 */
	{{AF_INET,  {127}, 0},              8, EDGE_ADDR_LOOPBACK},    /* RFC 1122 3.2.1.3 */
	{{AF_INET,  {169, 254}, 0},        16, EDGE_ADDR_LINK_LOCAL},  /* RFC 3927 */
	{{AF_INET,  {224}, 0},              4, EDGE_ADDR_MULTICAST},   /* RFC 5771 */
	{{AF_INET,  {255, 255, 255, 255}, 0}, 32, EDGE_ADDR_BROADCAST}, /* RFC 919 */
	{{AF_INET,  {10}, 0},               8, EDGE_ADDR_PRIVATE},     /* RFC 1918 */
	{{AF_INET,  {172, 16}, 0},         12, EDGE_ADDR_PRIVATE},
	{{AF_INET,  {192, 168}, 0},        16, EDGE_ADDR_PRIVATE},
	{{AF_INET6, {[15] = 1}, 0},       128, EDGE_ADDR_LOOPBACK},    /* RFC 4291 2.5.3 */
	{{AF_INET6, {0xfe, 0x80}, 0},      10, EDGE_ADDR_LINK_LOCAL},  /* RFC 4291 2.5.6 */
	{{AF_INET6, {0xff}, 0},             8, EDGE_ADDR_MULTICAST},   /* RFC 4291 2.7 */
	{{AF_INET6, {0xfc}, 0},             7, EDGE_ADDR_PRIVATE},     /* RFC 4193 */
};
/* clang-format on */

enum edge_addr_class edge_addr_classify(const struct edge_addr *a)
{
	if (!a->family)
		return EDGE_ADDR_UNSPECIFIED;
	for (size_t i = 0; i < sizeof(classes) / sizeof(classes[0]); i++)
		if (edge_addr_in_prefix(a, &classes[i].net, classes[i].bits))
			return classes[i].class;
	return EDGE_ADDR_GLOBAL;
}

/* clang-format off */
static const struct network {
	struct edge_addr net;
	unsigned bits;
} set_aside[] = { /* RFC 6890 and the registries it made */
	{{AF_INET,  {100, 64}, 0},         10}, /* RFC 6598: a carrier's inside */
	{{AF_INET,  {192, 0, 0}, 0},       24}, /* RFC 6890 2.1 */
	{{AF_INET,  {192, 88, 99}, 0},     24}, /* RFC 7526 */
	{{AF_INET,  {198, 18}, 0},         15}, /* RFC 2544 */
	{{AF_INET,  {240}, 0},              4}, /* RFC 1112 4 */
	{{AF_INET6, {0x20, 0x01, 0x00}, 0}, 32}, /* RFC 4380 Teredo */
	{{AF_INET6, {0x20, 0x01, 0x00, 0x10}, 0}, 28}, /* RFC 4843 */
	{{AF_INET6, {0x20, 0x01, 0x00, 0x20}, 0}, 28}, /* RFC 7343 */
	{{AF_INET6, {0x20, 0x01, 0x00, 0x02}, 0}, 48}, /* RFC 5180 */
};
static const struct network unicast6 = {{AF_INET6, {0x20}, 0}, 3}; /* RFC 3513 4 */
/* clang-format on */

bool edge_addr_is_public(const struct edge_addr *a)
{
	if (edge_addr_classify(a) != EDGE_ADDR_GLOBAL)
		return false;
	if (a->family == AF_INET6 &&
	    !edge_addr_in_prefix(a, &unicast6.net, unicast6.bits))
		return false;
	for (size_t i = 0; i < sizeof(set_aside) / sizeof(set_aside[0]); i++)
		if (edge_addr_in_prefix(a, &set_aside[i].net,
					set_aside[i].bits))
			return false;
	return true;
}
