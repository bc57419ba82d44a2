/* HOSTS: the only source of inside addresses; parsed here, never by NSS. */
#ifndef TOPOLOGY_HOSTS_H
#define TOPOLOGY_HOSTS_H

#include <stdbool.h>
#include <stddef.h>

#include "common/addr.h"
#include "common/err.h"
#include "common/slice.h"

enum { /* TO 3.3 */
       TOPO_HOSTS_MAX_BYTES = 1048576,
       TOPO_HOSTS_MAX_LINES = 10000,
       TOPO_HOSTS_MAX_ADDRS = 64, /* a name */
       TOPO_HOSTS_MAX_NAME = 253,
       TOPO_HOSTS_MAX_LABEL = 63,
};

struct topo_hosts; /* immutable once parsed; sorted by name */

/* Why a file was rejected: always code HOSTS-001, the whole file. */
struct topo_hosts_fault {
	const char *code;
	unsigned line;	/* from 1; 0: the file as a whole */
	char text[160]; /* what was seen and what is wanted, printable */
};

struct topo_hosts_entry {
	const char *name;	       /* lower case, no trailing dot */
	const struct edge_addr *addrs; /* port 0; file order, no duplicates */
	size_t count;
	bool in_block;	     /* came from the managed block */
	bool has_underscore; /* tolerated, worth a notice */
	unsigned line;	     /* where it was first seen */
};

/**
 * Parse a HOSTS file (TO 3.3). A name inside the managed block
 * ("# BEGIN lync-edge generated ..." to "# END lync-edge generated") takes its
 * addresses from the block alone, whatever other lines say (TO 3.5).
 * @param fault  filled on EDGE_EFORMAT and EDGE_ELIMIT; may be NULL
 * @return EDGE_EFORMAT, EDGE_ELIMIT or EDGE_ENOMEM; *out only on success
 */
EDGE_MUST_CHECK enum edge_err topo_hosts_parse(struct topo_hosts **out,
					       struct edge_slice text,
					       struct topo_hosts_fault *fault);
void topo_hosts_free(struct topo_hosts *h); /* NULL is fine */

/** Addresses of a name, ASCII case and one trailing dot ignored; false when
 * absent (HOSTS-010: then never DNS). h may be NULL: nothing is known. */
bool topo_hosts_find(const struct topo_hosts *h, struct edge_slice name,
		     const struct edge_addr **addrs, size_t *count);

size_t topo_hosts_count(const struct topo_hosts *h); /* NULL gives 0 */
/** Entry i in name order; i must be below the count. */
struct topo_hosts_entry topo_hosts_at(const struct topo_hosts *h, size_t i);

/** Which address of ours the kernel would send from to reach addr (a
 * connected UDP socket, no packet). EDGE_ESYS: no route. */
EDGE_MUST_CHECK enum edge_err topo_hosts_source(struct edge_addr *out,
						const struct edge_addr *addr);

/* HOSTS-005: does the route to an inside name leave on the outside? */
enum topo_hosts_side {
	TOPO_HOSTS_INSIDE,   /* leaves from our internal address */
	TOPO_HOSTS_OUTSIDE,  /* leaves from another address of ours */
	TOPO_HOSTS_NO_ROUTE, /* no route at all */
};
enum topo_hosts_side topo_hosts_route(const struct edge_addr *addr,
				      const struct edge_addr *internal);

#endif
