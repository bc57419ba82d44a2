/* Host names and server lists as text, before c-ares sees them. */
#ifndef COMMON_DNS_NAME_H
#define COMMON_DNS_NAME_H

#include "common/dns.h"

enum { EDGE_DNS_SERVERS_LEN = EDGE_DNS_SERVERS_MAX * EDGE_ADDR_STRLEN };

/** Lower case, without the last dot; false: not a name to be asked or dialled.
 * Source: RFC 1035 2.3.4, RFC 1123 2.1, the underscore of RFC 2782. */
bool edge_dns_name_clean(char out[EDGE_DNS_NAME_LEN], const char *name);
/**
 * The first servers of a resolv.conf(5), "ADDR:PORT,ADDR:PORT".
 * @param family  AF_INET, AF_INET6: only those are taken; 0: all
 * @return EDGE_ENOTFOUND none usable, EDGE_ESYS not readable
 */
EDGE_MUST_CHECK enum edge_err
edge_dns_servers_read(char out[EDGE_DNS_SERVERS_LEN], const char *resolv,
		      uint8_t family);

#endif
