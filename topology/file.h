/* Whole small files, read and written under a held directory. */
#ifndef TOPOLOGY_FILE_H
#define TOPOLOGY_FILE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "common/err.h"
#include "common/slice.h"

/**
 * Read a regular file whole, never through a symbolic link.
 * @param dir   directory descriptor or AT_FDCWD
 * @param out   malloc'ed, a NUL after the last byte; the caller's
 * @return EDGE_ENOTFOUND, EDGE_ELIMIT (over cap), EDGE_EDENIED (no regular
 *         file, or a link), EDGE_ENOMEM, EDGE_ESYS
 */
EDGE_MUST_CHECK enum edge_err topo_file_read(uint8_t **out, size_t *len,
					     int dir, const char *name,
					     size_t cap);
/** All of it, from where the descriptor stands. */
EDGE_MUST_CHECK enum edge_err topo_file_write(int fd, struct edge_slice bytes);
/** Create (it must not exist), write, fsync, close. EDGE_EDUP: it exists. */
EDGE_MUST_CHECK enum edge_err topo_file_create(int dir, const char *name,
					       mode_t mode,
					       struct edge_slice bytes);
/** Create under a temporary name, fsync, rename over name, fsync dir. */
EDGE_MUST_CHECK enum edge_err topo_file_replace(int dir, const char *name,
						mode_t mode,
						struct edge_slice bytes);
/** Open a directory, never through a link at its last component. */
EDGE_MUST_CHECK enum edge_err topo_dir_open(int *out, int dir,
					    const char *name);
/** The same, made with mode 0700 or the one given when it is not there. */
EDGE_MUST_CHECK enum edge_err topo_dir_make(int *out, int dir, const char *name,
					    mode_t mode);
/** Remove a directory and the plain files in it (one level). Absent is fine.
 */
EDGE_MUST_CHECK enum edge_err topo_dir_remove(int dir, const char *name);

#endif
