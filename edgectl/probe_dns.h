/* A probe's questions to DNS: one at a time, each with an end. */
#ifndef EDGECTL_PROBE_DNS_H
#define EDGECTL_PROBE_DNS_H

#include <stddef.h>
#include <stdint.h>

#include "common/addr.h"
#include "common/dns.h"
#include "common/err.h"

enum { CTL_PROBE_ROWS = 12 /* TO 6.4: members of a pool */ };

struct ctl_probe_dns; /* has the loop of its thread */

struct ctl_probe_dns_plan {
	const char *servers;	/* "A,B"; NULL: the system's */
	struct edge_addr local; /* family 0: any */
	uint32_t ms;		/* for each question */
};

struct ctl_probe_rows {
	enum edge_err err;  /* EDGE_OK, EDGE_ENOTFOUND; else no answer */
	size_t count, more; /* more: there were, and are not tried */
	struct edge_dns_srv srv[CTL_PROBE_ROWS];
	struct edge_addr addr[CTL_PROBE_ROWS];
};

/** EDGE_EFORMAT: servers are no addresses; EDGE_ENOTFOUND, EDGE_ESYS: the
 * system has none. why has words. */
EDGE_MUST_CHECK enum edge_err
ctl_probe_dns_new(struct ctl_probe_dns **out,
		  const struct ctl_probe_dns_plan *p, char *why,
		  size_t why_cap);
void ctl_probe_dns_free(struct ctl_probe_dns *d); /* NULL is fine */
void ctl_probe_dns_srv(struct ctl_probe_rows *out, struct ctl_probe_dns *d,
		       const char *name);
/** port is put into the addresses. */
void ctl_probe_dns_addr(struct ctl_probe_rows *out, struct ctl_probe_dns *d,
			const char *name, uint16_t port);

#endif
