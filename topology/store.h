/* The topology store, reading side: a held directory, verified versions. */
#ifndef TOPOLOGY_STORE_H
#define TOPOLOGY_STORE_H

#include "topology/meta.h"
#include "topology/topology.h"

/*
 * <state>/replica/
 *   current                      symbolic link to versions/<seq>-<sha8>
 *   versions/<seq>-<sha8>/       never changed once it has this name
 *     topology.snap  what daemons read
 *     hosts          HOSTS as given; absent when there was none
 *     source         the export or topology document as given
 *     manifest, manifest.sig     absent when imported unsigned
 *     meta           hashes of the above, where it came from
 *   staging/                     of a running (or killed) import, 0700
 */
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

/** Sequence of the current version; 0 when there is none. */
EDGE_MUST_CHECK enum edge_err topo_store_seq(const struct topo_store *s,
					     uint64_t *seq);
/** Sequences of all versions, ascending, malloc'ed; *out NULL for none. */
EDGE_MUST_CHECK enum edge_err topo_store_list(const struct topo_store *s,
					      uint64_t **out, size_t *count);
EDGE_MUST_CHECK enum edge_err topo_store_meta(const struct topo_store *s,
					      uint64_t seq,
					      struct topo_meta *out, char *why,
					      size_t why_cap);
enum { TOPO_SOURCE_MAX = 64 * 1024 * 1024 }; /* TO 4.3 step 1 [bytes] */
/** One file of a version, malloc'ed, a NUL after its end; not verified. */
EDGE_MUST_CHECK enum edge_err topo_store_read(const struct topo_store *s,
					      uint64_t seq, const char *name,
					      uint8_t **out, size_t *len);
/** The held descriptor, for the writing side. */
int topo_store_fd(const struct topo_store *s);
/** Takes over a descriptor of a replica folder. */
EDGE_MUST_CHECK enum edge_err topo_store_from_fd(struct topo_store **out,
						 int fd);
/** Folder name of a version; EDGE_ENOTFOUND when it is not there. */
EDGE_MUST_CHECK enum edge_err topo_store_folder(const struct topo_store *s,
						uint64_t seq,
						char out[TOPO_VERSION_NAME]);

#endif
