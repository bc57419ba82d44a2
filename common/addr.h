/* One canonical address type: every disguise is taken off once, at the door. */
#ifndef COMMON_ADDR_H
#define COMMON_ADDR_H

#include <netinet/in.h>
#include <sys/socket.h>

#include "common/err.h"
#include "common/slice.h"

/*
 * family is AF_INET, AF_INET6 or 0 (unspecified). IPv4-mapped, 6to4
 * (2002::/16) and NAT64 (64:ff9b::/96) addresses are stored as the IPv4
 * address they carry; 0.0.0.0 and :: are family 0. Host byte order port.
 */
struct edge_addr {
	uint8_t family;
	uint8_t ip[16]; /* network order; IPv4 uses the first 4, rest zero */
	uint16_t port;
};

enum { EDGE_ADDR_STRLEN = 64 }; /* "[v6]:port" and its NUL */

enum edge_addr_class {
	EDGE_ADDR_GLOBAL,
	EDGE_ADDR_UNSPECIFIED,
	EDGE_ADDR_LOOPBACK,
	EDGE_ADDR_LINK_LOCAL,
	EDGE_ADDR_MULTICAST,
	EDGE_ADDR_BROADCAST,
	EDGE_ADDR_PRIVATE, /* RFC 1918, RFC 4193 */
};

/** Strict text: dotted quad without short or octal forms, or IPv6 without
 * zone; no port. EDGE_EFORMAT otherwise. port is set to the argument. */
EDGE_MUST_CHECK enum edge_err
edge_addr_parse(struct edge_addr *out, struct edge_slice text, uint16_t port);
/** "1.2.3.4:5" or "[::1]:5". 0.0.0.0 stands for what is unspecified. */
EDGE_MUST_CHECK enum edge_err edge_addr_parse_port(struct edge_addr *out,
						   struct edge_slice text);
EDGE_MUST_CHECK enum edge_err
edge_addr_from_sockaddr(struct edge_addr *out, const struct sockaddr *sa);
/** Returns the length used; 0, which every system call refuses, when family
 * is 0: an unspecified address is never dialled or bound by accident. */
socklen_t edge_addr_to_sockaddr(const struct edge_addr *a,
				struct sockaddr_storage *out);
void edge_addr_print(const struct edge_addr *a, char out[EDGE_ADDR_STRLEN]);
/** Without port; IPv6 in brackets when bracket is set. */
void edge_addr_print_ip(const struct edge_addr *a, bool bracket,
			char out[EDGE_ADDR_STRLEN]);
bool edge_addr_eq(const struct edge_addr *a, const struct edge_addr *b);
bool edge_addr_same_ip(const struct edge_addr *a, const struct edge_addr *b);
/** False for another family or too many bits; 0.0.0.0/0 and ::/0 (net family
 * 0, no bits) hold everything. */
bool edge_addr_in_prefix(const struct edge_addr *a, const struct edge_addr *net,
			 unsigned bits);
/** The source that limits count: the whole IPv4 address, or its /64; port 0. */
struct edge_addr edge_addr_source(const struct edge_addr *a);
enum edge_addr_class edge_addr_classify(const struct edge_addr *a);
/** A host of the open Internet may be there: global, and of no network that is
 * set aside (shared address space, benchmarks, protocol assignments, reserved;
 * IPv6: of 2000::/3 alone). What is set aside for documents counts as open. */
bool edge_addr_is_public(const struct edge_addr *a);

#endif
