/* The session over SSH that this command is typed in. */
#ifndef EDGECTL_SSH_SESSION_H
#define EDGECTL_SSH_SESSION_H

#include <sys/types.h>

enum { CTL_SSH_SESSION = 160 };

struct ctl_ssh_session {
	char text[CTL_SSH_SESSION]; /* "THEIRS PORT OURS PORT" */
};

/**
 * SSH_CONNECTION as sshd(8) wrote it: of this process, else of the nearest
 * parent that has it, for sudo and `su -` take it away. A parent in another
 * network is not looked at: no filter of this one touches it.
 *
 * @param own     of this process's environment, or NULL
 * @param proc    "/proc"
 * @param parent  of this process
 * @return s->text, or NULL: there is none, or nobody may see it
 */
const char *ctl_ssh_session(struct ctl_ssh_session *s, const char *own,
			    const char *proc, pid_t parent);

#endif
