/* The topology store, writing side: one writer, whole versions or nothing. */
#ifndef TOPOLOGY_STORE_WRITE_H
#define TOPOLOGY_STORE_WRITE_H

#include "topology/store.h"

/*
 * Order of an import, and what a crash leaves behind:
 *   1. replica/staging/ is filled, every file fsynced        -> old version
 *   2. staging is renamed to versions/<seq>-<sha8>           -> old version
 *   3. daemons prepare: each loads that version, changes nothing; a prepared
 *      daemon forgets it by itself after 10 s                -> old version
 *   4. `current.new` is renamed over `current`               -> new version
 *   5. daemons commit; one that was not told goes on with the old one, whole,
 *      until it is told, reloaded or restarted               -> new version
 *   6. versions beyond the last ten are removed
 * `current` is the one thing that decides, and it changes in one system call.
 * Sequences only grow and `current` always names the highest that was taken;
 * so a higher one is the leftover of a killed import, and the next writer
 * removes it, as it does staging/, removed/, `current.new` and what step 6
 * has left.
 */
struct topo_writer;

enum { TOPO_VERSIONS_KEPT = 10 /* TO 4.3 */ };

/**
 * Make the folders when they are missing, lock, remove leftovers.
 * EDGE_ESTATE: another writer has it.
 */
EDGE_MUST_CHECK enum edge_err topo_writer_open(struct topo_writer **out,
					       const char *state, char *why,
					       size_t why_cap);
/** What was staged but not finished is removed. */
void topo_writer_free(struct topo_writer *w);
const struct topo_store *topo_writer_store(const struct topo_writer *w);

/** The sequence a new version gets: wanted when it is higher than all that
 * are there, else one more than the highest. */
EDGE_MUST_CHECK enum edge_err topo_writer_next(const struct topo_writer *w,
					       uint64_t wanted, uint64_t *seq);
/** Begin staging. */
EDGE_MUST_CHECK enum edge_err topo_writer_stage(struct topo_writer *w);
/** "source" is for its owner, "topology.snap" also for group lync-edge (both
 * hold a secret), all others for everybody. */
EDGE_MUST_CHECK enum edge_err topo_writer_add(struct topo_writer *w,
					      const char *name,
					      struct edge_slice bytes);
/** Write meta and give the version its name; daemons can load it now. */
EDGE_MUST_CHECK enum edge_err topo_writer_finish(struct topo_writer *w,
						 const struct topo_meta *m);
/** Make it the current one. */
EDGE_MUST_CHECK enum edge_err topo_writer_activate(struct topo_writer *w,
						   uint64_t seq);
/** Remove a version that is not the current one; absent is fine. */
EDGE_MUST_CHECK enum edge_err topo_writer_remove(struct topo_writer *w,
						 uint64_t seq);
/** Remove the oldest until TOPO_VERSIONS_KEPT are left. */
EDGE_MUST_CHECK enum edge_err topo_writer_prune(struct topo_writer *w);

/** Append one line, "UTC text", to replica/audit. */
EDGE_MUST_CHECK enum edge_err
topo_writer_audit(struct topo_writer *w, uint64_t now_s, const char *text);

#endif
