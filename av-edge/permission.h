/* Whose packets an allocation lets in: by IP address, for a while; AV 1.16. */
#ifndef AV_EDGE_PERMISSION_H
#define AV_EDGE_PERMISSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/addr.h"
#include "common/err.h"

struct ave_permission {
	struct edge_addr ip; /* port 0 */
	uint64_t until_ms;   /* monotonic */
};

struct ave_permissions { /* zero-initialised is empty */
	struct ave_permission *v;
	uint32_t count, cap;
	uint32_t last; /* index that was found last */
};

void ave_permissions_fini(struct ave_permissions *p);
/** Add or prolong; those that have ended make room. EDGE_ELIMIT: max live. */
EDGE_MUST_CHECK enum edge_err
ave_permissions_put(struct ave_permissions *p, const struct edge_addr *peer,
		    uint64_t now_ms, uint64_t until_ms, uint32_t max);
/** The live permission of that IP; NULL when there is none. */
struct ave_permission *ave_permissions_find(struct ave_permissions *p,
					    const struct edge_addr *peer,
					    uint64_t now_ms);
/** How many of those live now. */
uint32_t ave_permissions_live(const struct ave_permissions *p, uint64_t now_ms);

#endif
