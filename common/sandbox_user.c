/* From root to the daemon's own user, one capability kept. */
#include "common/sandbox.h"

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { GROUPS_MAX = 64 /* ours: of a service's user */ };

/* All that the user is a member of, so that keys may be shared by a group, and
 * the one of the admin endpoint; how many, negative: too many. */
static int groups_of(gid_t list[GROUPS_MAX], const char *name, gid_t primary)
{
	const struct group *shared;
	int count = GROUPS_MAX - 1;

	if (getgrouplist(name, primary, list, &count) < 0)
		return -1;
	shared = getgrnam("lync-edge");
	for (int i = 0; shared && i < count; i++)
		if (list[i] == shared->gr_gid)
			return count;
	if (shared)
		list[count++] = shared->gr_gid;
	return count;
}

/* Permitted and effective: CAP_NET_BIND_SERVICE alone, if it is there. */
static int caps_cut(void)
{
	struct __user_cap_header_struct head = {_LINUX_CAPABILITY_VERSION_3, 0};
	struct __user_cap_data_struct had[2] = {{0}}, caps[2] = {{0}};

	if (syscall(SYS_capget, &head, had))
		return -1;
	caps[0].permitted = had[0].permitted & 1u << CAP_NET_BIND_SERVICE;
	caps[0].effective = caps[0].permitted;
	if (had[0].permitted == caps[0].permitted && !had[1].permitted)
		return 0; /* nor is there anything to give up */
	return (int)syscall(SYS_capset, &head, caps);
}

enum edge_err edge_sandbox_user(bool *changed, const char *name)
{
	const struct passwd *pw;
	gid_t groups[GROUPS_MAX], gid;
	int count;
	uid_t uid;

	if (geteuid() != 0) { /* started so, perhaps with capabilities */
		*changed = false;
		return caps_cut() ? EDGE_ESYS : EDGE_OK;
	}
	pw = getpwnam(name);
	if (!pw || pw->pw_uid == 0)
		return EDGE_ENOTFOUND;
	uid = pw->pw_uid;
	gid = pw->pw_gid;
	count = groups_of(groups, name, gid);
	if (count < 0 || prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) ||
	    setgroups((size_t)count, groups) || setresgid(gid, gid, gid) ||
	    setresuid(uid, uid, uid) || caps_cut() ||
	    prctl(PR_SET_KEEPCAPS, 0, 0, 0, 0))
		return EDGE_ESYS;
	if (setresuid(0, 0, 0) == 0) /* what must not work */
		return EDGE_ESYS;
	*changed = true;
	return EDGE_OK;
}
