/* The sandbox: Landlock for files, seccomp for system calls, one user. */
#ifndef COMMON_SANDBOX_H
#define COMMON_SANDBOX_H

#include <stdbool.h>
#include <stddef.h>

#include "common/err.h"

struct edge_sandbox_path {
	const char *path; /* file or folder; one that is absent is left out */
	bool is_writable;
};

struct edge_sandbox_plan {
	const struct edge_sandbox_path *paths; /* nothing else can be opened */
	size_t path_count;
	const char *const *syscalls; /* beyond the common table, NULL ended */
	bool uses_maps;		     /* BPF maps that are open may be changed */
	bool is_dumpable;	     /* lab: core files, strace and perf work */
};

/* What could not be put in force; 0 is the whole sandbox. */
enum edge_sandbox_gap {
	EDGE_SANDBOX_NO_LANDLOCK = 1 << 0, /* kernel lacks it */
	EDGE_SANDBOX_NO_SECCOMP = 1 << 1,  /* kernel lacks it, or sanitizers */
};

/**
 * For this thread and those it starts; cannot be undone. Open descriptors
 * stay usable. Forbidden calls get EPERM, those that only an intruder makes
 * (execve, ptrace, mount, bpf, ...) end the process.
 * @param gaps  enum edge_sandbox_gap bits
 * @return EDGE_ESYS when the kernel refuses what it should know, EDGE_ENOMEM
 */
EDGE_MUST_CHECK enum edge_err
edge_sandbox_apply(unsigned *gaps, const struct edge_sandbox_plan *p);

/**
 * Become the user of that name with its group and the group lync-edge, if we
 * are root. Of capabilities, also of those who did not start as root,
 * CAP_NET_BIND_SERVICE alone is kept, for listeners to come.
 * @param changed  false: we were not root and stay who we are
 * @return EDGE_ENOTFOUND no such user (nothing done), EDGE_ESYS
 */
EDGE_MUST_CHECK enum edge_err edge_sandbox_user(bool *changed,
						const char *name);

#endif
