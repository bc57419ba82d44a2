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

/* Permitted and effective: CAP_NET_BIND_SERVICE alone. */
static int caps_cut(void)
{
	struct __user_cap_header_struct head = {_LINUX_CAPABILITY_VERSION_3, 0};
	struct __user_cap_data_struct caps[2] = {{0}};

	caps[0].permitted = 1u << CAP_NET_BIND_SERVICE;
	caps[0].effective = caps[0].permitted;
	return (int)syscall(SYS_capset, &head, caps);
}

enum edge_err edge_sandbox_user(bool *changed, const char *name)
{
	const struct passwd *pw;
	const struct group *shared;
	gid_t groups[2];
	uid_t uid;

	if (geteuid() != 0) {
		*changed = false;
		return EDGE_OK;
	}
	pw = getpwnam(name);
	if (!pw || pw->pw_uid == 0)
		return EDGE_ENOTFOUND;
	uid = pw->pw_uid;
	groups[0] = groups[1] = pw->pw_gid;
	shared = getgrnam("lync-edge");
	if (shared)
		groups[1] = shared->gr_gid;
	if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) ||
	    setgroups(shared ? 2 : 1, groups) ||
	    setresgid(groups[0], groups[0], groups[0]) ||
	    setresuid(uid, uid, uid) || caps_cut() ||
	    prctl(PR_SET_KEEPCAPS, 0, 0, 0, 0))
		return EDGE_ESYS;
	if (setresuid(0, 0, 0) == 0) /* what must not work */
		return EDGE_ESYS;
	*changed = true;
	return EDGE_OK;
}
