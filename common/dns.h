/* SRV and address look-ups outside: c-ares bound to the external address. */
#ifndef COMMON_DNS_H
#define COMMON_DNS_H

#include <stddef.h>
#include <stdint.h>

#include "common/addr.h"
#include "common/err.h"

struct edge_dns;
struct edge_loop;

struct edge_dns_plan {
	struct edge_loop *loop;
	struct edge_addr local;  /* external address; queries leave from it */
	const char *device;      /* or NULL */
	const char *resolv;      /* resolv.conf-like file */
	uint32_t cache_records;  /* DnsCacheRecordCount */
	uint32_t negative_s, ttl_max_s;
	/** Says no to inside names; such a name is never asked outside. */
	bool (*is_inside)(struct edge_slice name, void *arg);
	void *arg;
};

struct edge_dns_srv { uint16_t priority, weight, port; char target[254]; };

struct edge_dns_answer {
	enum edge_err err; /* EDGE_EDNS absent or failing, EDGE_EDENIED inside */
	const struct edge_dns_srv *srv;
	size_t srv_count;
	const struct edge_addr *addr;
	size_t addr_count;
};

typedef void edge_dns_fn(const struct edge_dns_answer *a, void *arg);

EDGE_MUST_CHECK enum edge_err edge_dns_new(struct edge_dns **out,
					   const struct edge_dns_plan *p);
void edge_dns_free(struct edge_dns *d); /* pending questions get EDGE_ECLOSED */
/** fn is called once, possibly before return (cache). */
void edge_dns_srv(struct edge_dns *d, const char *name, edge_dns_fn *fn,
		  void *arg);
void edge_dns_addr(struct edge_dns *d, const char *name, uint16_t port,
		   edge_dns_fn *fn, void *arg);

#endif
