/* The operator's files: read whole, and replaced whole with their rights. */
#ifndef EDGECTL_FILE_PUT_H
#define EDGECTL_FILE_PUT_H

#include <sys/types.h>

#include "common/err.h"
#include "common/slice.h"

enum {
	CTL_FILE_PATH = 4096,
	CTL_FILE_PEM_MAX = 1 << 20, /* ours: no chain is that long [bytes] */
};

struct ctl_file_rights {
	mode_t mode;
	uid_t uid;
	gid_t gid;
};

/** Whole, also by way of a link. out: malloc'ed, a NUL behind it. */
EDGE_MUST_CHECK enum edge_err ctl_file_read(uint8_t **out, size_t *len,
					    const char *path, size_t cap);
/** Written beside, given its owner, synced, renamed into place; what is there
 * is replaced. Who may not give it away keeps it, and a group that it could not
 * be given may do what everybody may. The folder is not synced: ctl_file_sync,
 * once for several. */
EDGE_MUST_CHECK enum edge_err ctl_file_put(const char *path,
					   const struct ctl_file_rights *r,
					   struct edge_slice bytes);
/** Of a file that is there. */
EDGE_MUST_CHECK enum edge_err ctl_file_rights(struct ctl_file_rights *out,
					      const char *path);
/** fsync of the folder a file is in. */
EDGE_MUST_CHECK enum edge_err ctl_file_sync(const char *path);

#endif
