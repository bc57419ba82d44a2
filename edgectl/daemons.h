/* The daemons of this machine, asked through their admin endpoints. */
#ifndef EDGECTL_DAEMONS_H
#define EDGECTL_DAEMONS_H

#include "common/admin.h"
#include "edgectl/ctl.h"

enum ctl_daemon {
	CTL_ACCESS,
	CTL_WEBCONF,
	CTL_AV,
	CTL_REPLICA,
	CTL_DAEMONS,
};

extern const char *const ctl_daemons[CTL_DAEMONS];

/** POST, with {"seq":N} when seq is not 0; EDGE_ENOTFOUND: it does not run. */
EDGE_MUST_CHECK enum edge_err ctl_daemon_post(struct ctl *c, size_t daemon,
					      const char *path, uint64_t seq,
					      struct edge_admin_answer *answer);
/** GET as JSON, the caller's; NULL: *err says why, EDGE_ENOTFOUND: it does not
 * run. */
struct json_t *ctl_daemon_get(struct ctl *c, const char *daemon,
			      const char *path, enum edge_err *err);

/**
 * Has it read settings, keys and store again, and says so. One that does not
 * run reads them at its start.
 *
 * @param level  of a refusal: CTL-030, or CTL-016 when there is no answer
 * @return CTL_REFUSED: it goes on with what it has
 */
enum ctl_exit ctl_daemon_reload(struct ctl *c, size_t daemon,
				enum topo_level level);

#endif
