/* SRV and address look-ups outside: c-ares bound to the external address. */
#ifndef COMMON_DNS_H
#define COMMON_DNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/addr.h"
#include "common/err.h"

struct edge_dns; /* owner and thread: one loop */
struct edge_loop;

enum {
	EDGE_DNS_NAME_LEN = 254,    /* RFC 1035 2.3.4, as text, and NUL */
	EDGE_DNS_RECORDS_MAX = 32,  /* ours: taken from one answer */
	EDGE_DNS_PENDING_MAX = 256, /* ours: names being asked at a time */
	EDGE_DNS_SERVERS_MAX = 3,   /* resolv.conf(5) MAXNS */
	EDGE_DNS_FAILED_S = 5,	    /* ours: a failure is remembered [s] */
};

struct edge_dns_plan {
	struct edge_loop *loop;
	struct edge_addr local; /* external address; queries leave from it.
				   family 0: any, A and AAAA are asked */
	const char *device;	/* or NULL */
	const char *resolv;	/* resolv.conf(5); only "nameserver ADDR" or
				   "nameserver ADDR:PORT" lines are read */
	uint32_t cache_records; /* DnsCacheRecordCount; 0: no cache */
	uint32_t negative_s;	/* what is absent is remembered so long */
	uint32_t ttl_min_s, ttl_max_s; /* whatever the record says */
	uint32_t timeout_ms;	       /* of a try; 0: 2000 */
	bool is_lab;		       /* loopback addresses are taken */
	/** Says no to inside names; such a name is never asked outside, and
	 * SRV targets with such a name are dropped. */
	bool (*is_inside)(struct edge_slice name, void *arg);
	void *arg;
};

struct edge_dns_srv {
	uint16_t priority, weight, port;
	char target[EDGE_DNS_NAME_LEN]; /* lower case, no trailing dot */
};

/* err: EDGE_ENOTFOUND the name or record does not exist, EDGE_EDNS no server
 * gave an answer, EDGE_EDENIED inside, EDGE_EFORMAT not a name, EDGE_ELIMIT too
 * many pending, EDGE_ECLOSED edge_dns_free, EDGE_ENOMEM. */
struct edge_dns_answer {
	enum edge_err err;
	const struct edge_dns_srv *srv; /* priority up, then weight down */
	size_t srv_count;
	const struct edge_addr *addr; /* never unspecified, loopback (but in a
					 lab), link-local or multicast */
	size_t addr_count;
};

/* The answer is borrowed until return. Must not call edge_dns_free. */
typedef void edge_dns_fn(const struct edge_dns_answer *a, void *arg);

/** EDGE_ENOTFOUND: no usable server (of local's family) in the resolv file;
 * EDGE_ESYS: it cannot be read. */
EDGE_MUST_CHECK enum edge_err edge_dns_new(struct edge_dns **out,
					   const struct edge_dns_plan *p);
void edge_dns_free(struct edge_dns *d); /* pending questions get EDGE_ECLOSED */
/** fn is called once, possibly before return (cache). Equal questions that are
 * pending share one query. */
void edge_dns_srv(struct edge_dns *d, const char *name, edge_dns_fn *fn,
		  void *arg);
/** Would edge_dns_srv ask nobody anew: known, refused, or being asked? */
bool edge_dns_srv_is_free(struct edge_dns *d, const char *name);
/** port is put into the addresses. */
void edge_dns_addr(struct edge_dns *d, const char *name, uint16_t port,
		   edge_dns_fn *fn, void *arg);

#endif
