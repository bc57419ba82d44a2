/* A small DNS responder on loopback, on a thread of its own. */
#ifndef TESTS_SUPPORT_FAKE_DNS_H
#define TESTS_SUPPORT_FAKE_DNS_H

#include <stdint.h>

#include "common/addr.h"

enum { FAKE_DNS_SILENT = -1 }; /* as rcode: no answer */

struct fake_dns_row {
	const char *name; /* lower case */
	uint16_t type;	  /* 1 A, 28 AAAA, 33 SRV */
	int rcode;	  /* 0, 3 NXDOMAIN, 2 SERVFAIL, FAKE_DNS_SILENT */
	uint32_t ttl_s;
	const char *value; /* address, or "priority weight port target"; NULL:
			      none */
};

struct fake_dns;

/** rows outlive the responder; a name without row is NXDOMAIN. */
struct fake_dns *fake_dns_start(const struct fake_dns_row *rows, size_t count);
void fake_dns_stop(struct fake_dns *f);
uint16_t fake_dns_port(const struct fake_dns *f);
/** Questions that came so far. */
unsigned fake_dns_asked(struct fake_dns *f);
/** Where the last one came from. */
struct edge_addr fake_dns_from(struct fake_dns *f);

#endif
