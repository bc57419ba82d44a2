/* Zip in memory, every entry checked before one byte is unpacked (TO 4.3). */
#ifndef TOPOLOGY_ARCHIVE_H
#define TOPOLOGY_ARCHIVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"
#include "common/slice.h"

enum { /* TO 4.3 step 3 */
       TOPO_ARCHIVE_ENTRIES_MAX = 64,
       TOPO_ARCHIVE_RATIO_MAX = 200,
       TOPO_ARCHIVE_NAME_MAX = 255,		   /* ours [bytes] */
       TOPO_ARCHIVE_TOTAL_MAX = 256 * 1024 * 1024, /* unpacked [bytes] */
};

struct topo_archive;

/** Does it begin like a zip file? */
bool topo_archive_is_zip(struct edge_slice bytes);

/**
 * Open and check all entries: names (no absolute path, "..", drive letter,
 * control character, name given twice), plain files and folders only, stored
 * or deflated, not encrypted, sizes and ratio.
 * @param bytes  borrowed until topo_archive_free
 * @param why    which entry, which rule; may be NULL
 * @return EDGE_EFORMAT, EDGE_ELIMIT, EDGE_EDENIED, EDGE_EDUP, EDGE_ENOMEM
 */
EDGE_MUST_CHECK enum edge_err topo_archive_open(struct topo_archive **out,
						struct edge_slice bytes,
						char *why, size_t why_cap);
void topo_archive_free(struct topo_archive *a);

size_t topo_archive_count(const struct topo_archive *a);
/** Name as stored, backslashes as slashes; folders end in a slash. */
const char *topo_archive_name(const struct topo_archive *a, size_t i);

/** Unpack one entry, malloc'ed, a NUL after its end. EDGE_EFORMAT: size or CRC
 * is not what its header says. */
EDGE_MUST_CHECK enum edge_err topo_archive_read(const struct topo_archive *a,
						size_t i, uint8_t **out,
						size_t *len);

/** The one entry whose last path component is name. EDGE_ENOTFOUND: none,
 * EDGE_EDUP: several. */
EDGE_MUST_CHECK enum edge_err topo_archive_find(const struct topo_archive *a,
						const char *name, size_t *i);

#endif
