/* The program in the kernel that serves established flows, and its memory. */
#ifndef AV_EDGE_FAST_PATH_H
#define AV_EDGE_FAST_PATH_H

#include <stddef.h>
#include <stdint.h>

#include "av-edge/fast_table.h"
#include "av-edge/leg.h"
#include "common/err.h"

struct ave_fast_path; /* owner: the control thread; outlives the workers */

struct ave_fast_path_plan {
	/* of interfaces, by enum ave_side; both may be one */
	const char *device[AVE_SIDES];
	uint32_t flows; /* room for so many, of all workers */
};

/** Loads it and attaches it where packets come in, in the driver. Needs
 * CAP_BPF and CAP_NET_ADMIN; what runs later needs neither. It is gone with
 * the process, however that ends.
 * @param why  in words on refusal
 * @return EDGE_ESYS the kernel or a driver refuses, EDGE_ERANGE no such
 *         interface, EDGE_ENOMEM */
EDGE_MUST_CHECK enum edge_err
ave_fast_path_open(struct ave_fast_path **out,
		   const struct ave_fast_path_plan *p, char *why,
		   size_t why_cap);
void ave_fast_path_close(struct ave_fast_path *f); /* NULL is fine */
/** A worker's share, to be freed by it. EDGE_ENOMEM. */
EDGE_MUST_CHECK enum edge_err ave_fast_path_share(struct ave_fast_table **out,
						  struct ave_fast_path *f,
						  unsigned worker,
						  unsigned workers);

#endif
