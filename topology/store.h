/* The topology store: staged, verified, renamed into place; read by daemons. */
#ifndef TOPOLOGY_STORE_H
#define TOPOLOGY_STORE_H

#include "topology/topology.h"

struct topo_store; /* an open <state>/replica directory */

/** Open for reading (daemons) by path; the descriptor is held, so later
 * loads need no path look-up. EDGE_ENOTFOUND when nothing was imported. */
EDGE_MUST_CHECK enum edge_err topo_store_open(struct topo_store **out,
					      const char *state);
void topo_store_free(struct topo_store *s);
/** Read and decode the current version. why: caller's buffer for one line
 * naming rule and place on error, may be NULL. */
EDGE_MUST_CHECK enum edge_err topo_store_current(const struct topo_store *s,
						 const struct topo **out,
						 char *why, size_t why_cap);
/** Read version seq (for prepare). */
EDGE_MUST_CHECK enum edge_err topo_store_load(const struct topo_store *s,
					      uint64_t seq,
					      const struct topo **out,
					      char *why, size_t why_cap);

#endif
