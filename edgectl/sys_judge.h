/* What the kernel says of a process, and what the process needs. PURE. */
#ifndef EDGECTL_SYS_JUDGE_H
#define EDGECTL_SYS_JUDGE_H

#include "common/slice.h"
#include "edgectl/daemons.h"

struct json_t;

/** Soft limit of open files, of /proc/PID/limits; "unlimited" is UINT64_MAX.
 * False: it does not say. */
bool ctl_sys_files(uint64_t *out, struct edge_slice limits);

struct ctl_sys_owner {
	uint64_t uid;  /* effective */
	bool may_bind; /* CAP_NET_BIND_SERVICE is effective */
};
/** Of /proc/PID/status. */
bool ctl_sys_owner(struct ctl_sys_owner *out, struct edge_slice status);

/** Files that the limits in its status (?limits=1) let it have open at a time;
 * 0: not known. */
uint64_t ctl_sys_files_wanted(enum ctl_daemon daemon,
			      const struct json_t *status);
/** Value of one of those limits; 0: not there. */
uint64_t ctl_sys_limit(const struct json_t *status, const char *name);

#endif
