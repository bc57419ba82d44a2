/* Landlock rules and the seccomp table: what a running daemon may still do. */
#include "common/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/landlock.h>
#include <sched.h>
#include <seccomp.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define EDGE_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define EDGE_SANITIZED 1
#endif
#endif
#ifndef EDGE_SANITIZED
#define EDGE_SANITIZED 0
#endif
#ifndef EDGE_NO_SANDBOX /* coverage builds write counters at their end */
#define EDGE_NO_SANDBOX 0
#endif

/* Landlock rights by kernel ABI (linux/landlock.h); the first is 5.13. */
enum {
	FS_V1 = (1 << 13) - 1,	   /* EXECUTE ... MAKE_SYM */
	FS_V2 = FS_V1 | (1 << 13), /* REFER, 5.19 */
	FS_V3 = FS_V2 | (1 << 14), /* TRUNCATE, 6.2 */
	FS_READ = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR,
	FS_WRITE = FS_READ | LANDLOCK_ACCESS_FS_WRITE_FILE |
		   LANDLOCK_ACCESS_FS_REMOVE_FILE |
		   LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_SOCK |
		   (1 << 14),
	FS_OF_FILE = LANDLOCK_ACCESS_FS_READ_FILE |
		     LANDLOCK_ACCESS_FS_WRITE_FILE | (1 << 14),
};

/* clang-format off */
/* Read by libraries at any time: time zone, trust stores, processor count. */
static const struct edge_sandbox_path common_paths[] = {
	{"/etc/ssl", false},
	{"/etc/localtime", false},
	{"/usr/share/zoneinfo", false},
	{"/usr/lib/ssl", false},
	{"/sys/devices/system/cpu", false},
	{"/dev/urandom", false},
	{"/dev/null", true},
#if EDGE_SANITIZED
	{"/proc", false}, /* leak and stack reports */
	{"/usr", false},
#endif
};

/* What glibc, its threads, libre, OpenSSL, c-ares, systemd's client and our
 * own code call once the daemon runs. */
static const char *const allowed[] = {
	/* memory */
	"brk", "madvise", "mlock", "mremap", "munmap", "munlock",
	/* descriptors */
	"close", "dup", "dup3", "fcntl", "flock", "lseek", "pipe2",
	"read", "readv", "pread64", "write", "writev", "pwrite64",
	/* files */
	"access", "faccessat", "faccessat2", "fstat", "fstatfs", "fsync",
	"fdatasync", "ftruncate", "getdents64", "lstat", "newfstatat", "open",
	"openat", "readlink", "readlinkat", "rename", "renameat",
	"renameat2", "stat", "statfs", "statx", "umask", "unlink", "unlinkat",
	"uname",
	/* sockets; socket() itself is below */
	"accept", "accept4", "bind", "connect", "getpeername", "getsockname",
	"getsockopt", "listen", "recvfrom", "recvmmsg", "recvmsg", "sendmmsg",
	"sendmsg", "sendto", "setsockopt", "shutdown", "socketpair",
	/* waiting */
	"epoll_create", "epoll_create1", "epoll_ctl", "epoll_pwait", "epoll_pwait2",
	"epoll_wait", "eventfd2", "poll", "ppoll", "pselect6", "select",
	"signalfd4", "timerfd_create", "timerfd_gettime", "timerfd_settime",
	/* time */
	"clock_getres", "clock_gettime", "clock_nanosleep", "gettimeofday",
	"nanosleep", "time",
	/* threads */
	"exit", "exit_group", "futex", "get_robust_list", "getcpu", "gettid",
	"membarrier", "rseq", "sched_get_priority_max",
	"sched_get_priority_min", "sched_getaffinity", "sched_getparam",
	"sched_getscheduler", "sched_setaffinity", "sched_yield",
	"set_robust_list", "set_tid_address",
	/* signals */
	"pause", "restart_syscall", "rt_sigaction", "rt_sigpending",
	"rt_sigprocmask", "rt_sigreturn", "rt_sigtimedwait", "sigaltstack",
	/* about ourselves */
	"getegid", "geteuid", "getgid", "getgroups", "getpid", "getppid",
	"getrandom", "getresgid", "getresuid", "getrlimit", "getrusage",
	"getuid", "prlimit64", "setrlimit", "sysinfo", "times",
	NULL,
};

/* Nothing of ours or of a library's makes these: the process ends. */
static const char *const deadly[] = {
	"acct", "add_key", "chroot", "delete_module", "execve",
	"execveat", "finit_module", "fsmount", "init_module",
	"kexec_file_load", "kexec_load", "keyctl", "mount", "move_mount",
	"open_tree", "perf_event_open", "pivot_root", "process_vm_readv",
	"process_vm_writev", "ptrace", "reboot", "request_key", "setns",
	"swapoff", "swapon", "umount2", "unshare", "userfaultfd",
	NULL,
};

static const int families[] = {AF_UNIX, AF_INET, AF_INET6, AF_NETLINK};
/* clang-format on */

static uint64_t fs_handled(int abi)
{
	if (abi < 2)
		return FS_V1;
	return abi < 3 ? FS_V2 : FS_V3;
}

static enum edge_err path_allow(int rules, const struct edge_sandbox_path *p,
				uint64_t handled)
{
	struct landlock_path_beneath_attr rule = {
		.allowed_access = p->is_writable ? FS_WRITE : FS_READ,
	};
	enum edge_err err = EDGE_OK;
	struct stat st;

	rule.parent_fd = open(p->path, O_PATH | O_CLOEXEC);
	if (rule.parent_fd < 0)
		return errno == ENOENT || errno == EACCES || errno == ENOTDIR
			       ? EDGE_OK
			       : EDGE_ESYS;
	if (fstat(rule.parent_fd, &st))
		err = EDGE_ESYS;
	else if (!S_ISDIR(st.st_mode))
		rule.allowed_access &= FS_OF_FILE;
	rule.allowed_access &= handled;
	if (!err && syscall(SYS_landlock_add_rule, rules,
			    LANDLOCK_RULE_PATH_BENEATH, &rule, 0))
		err = EDGE_ESYS;
	close(rule.parent_fd);
	return err;
}

static enum edge_err files_close(unsigned *gaps,
				 const struct edge_sandbox_plan *p)
{
	int abi = (int)syscall(SYS_landlock_create_ruleset, NULL, 0,
			       LANDLOCK_CREATE_RULESET_VERSION);
	struct landlock_ruleset_attr attr = {.handled_access_fs =
						     fs_handled(abi)};
	enum edge_err err = EDGE_OK;
	int rules;

	if (abi < 1) {
		*gaps |= EDGE_SANDBOX_NO_LANDLOCK;
		return EDGE_OK;
	}
	rules = (int)syscall(SYS_landlock_create_ruleset, &attr, sizeof(attr),
			     0);
	if (rules < 0)
		return EDGE_ESYS;
	for (size_t i = 0;
	     !err && i < sizeof(common_paths) / sizeof(common_paths[0]); i++)
		err = path_allow(rules, &common_paths[i],
				 attr.handled_access_fs);
	for (size_t i = 0; !err && i < p->path_count; i++)
		err = path_allow(rules, &p->paths[i], attr.handled_access_fs);
	if (!err && syscall(SYS_landlock_restrict_self, rules, 0))
		err = EDGE_ESYS;
	close(rules);
	return err;
}

/* Names this machine's architecture does not have are left out. */
static int rules_add(scmp_filter_ctx ctx, uint32_t action,
		     const char *const *names)
{
	int e = 0;

	for (; !e && names && *names; names++) {
		int nr = seccomp_syscall_resolve_name(*names);

		if (nr != __NR_SCMP_ERROR)
			e = seccomp_rule_add(ctx, action, nr, 0);
	}
	return e;
}

/* Calls that are allowed by their arguments. */
static int rules_add_shaped(scmp_filter_ctx ctx)
{
	static const int maps[] = {SCMP_SYS(mmap), SCMP_SYS(mprotect)};
	static const uint64_t options[] = {PR_SET_NAME, PR_GET_NAME,
					   0x53564d41 /* PR_SET_VMA */};
	const uint64_t both = PROT_WRITE | PROT_EXEC;
	/* CLONE_NEW*, all of them: threads only, no new name spaces */
	const uint64_t spaces = 0x7e020000;
	int e = 0;

	for (size_t i = 0; i < sizeof(families) / sizeof(families[0]); i++)
		e |= seccomp_rule_add(
			ctx, SCMP_ACT_ALLOW, SCMP_SYS(socket), 1,
			SCMP_A0(SCMP_CMP_EQ, (uint64_t)families[i], 0));
	for (size_t i = 0; i < 2; i++) { /* never writable and executable */
		e |= seccomp_rule_add(
			ctx, SCMP_ACT_ALLOW, maps[i], 1,
			SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
		e |= seccomp_rule_add(
			ctx, SCMP_ACT_ALLOW, maps[i], 1,
			SCMP_A2(SCMP_CMP_MASKED_EQ, both, PROT_EXEC));
	}
	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++)
		e |= seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(prctl), 1,
				      SCMP_A0(SCMP_CMP_EQ, options[i], 0));
	e |= seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(clone), 1,
			      SCMP_A0(SCMP_CMP_MASKED_EQ, spaces | CLONE_THREAD,
				      CLONE_THREAD));
	/* its flags are in memory: glibc falls back to clone */
	e |= seccomp_rule_add(ctx, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
	e |= seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1,
			      SCMP_A0(SCMP_CMP_EQ, (uint64_t)getpid(), 0));
	return e;
}

static int ioctls_add(scmp_filter_ctx ctx)
{
	/* FIONREAD, FIONBIO, TCGETS, SIOCGIFCONF, GIFFLAGS, GIFADDR,
	 * GIFINDEX, GIFNAME */
	static const uint64_t known[] = {0x541b, 0x5421, 0x5401, 0x8912,
					 0x8913, 0x8915, 0x8933, 0x8910};
	int e = 0;

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		e |= seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(ioctl), 1,
				      SCMP_A1(SCMP_CMP_EQ, known[i], 0));
	return e;
}

/* No new map or program: elements of maps that are open, at most. */
static int maps_add(scmp_filter_ctx ctx, bool uses_maps)
{
	static const uint64_t known[] = {BPF_MAP_UPDATE_ELEM,
					 BPF_MAP_DELETE_ELEM};
	int e = 0;

	if (!uses_maps)
		return seccomp_rule_add(ctx, SCMP_ACT_KILL_PROCESS,
					SCMP_SYS(bpf), 0);
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		e |= seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(bpf), 1,
				      SCMP_A0(SCMP_CMP_EQ, known[i], 0));
	return e;
}

static enum edge_err calls_close(const struct edge_sandbox_plan *p)
{
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	int e;

	if (!ctx)
		return EDGE_ENOMEM;
	e = seccomp_attr_set(ctx, SCMP_FLTATR_CTL_TSYNC, 1);
	e |= seccomp_attr_set(ctx, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	e |= rules_add(ctx, SCMP_ACT_ALLOW, allowed);
	e |= rules_add(ctx, SCMP_ACT_KILL_PROCESS, deadly);
	e |= rules_add_shaped(ctx);
	e |= ioctls_add(ctx);
	e |= maps_add(ctx, p->uses_maps);
	e |= rules_add(ctx, SCMP_ACT_ALLOW, p->syscalls);
	if (!e)
		e = seccomp_load(ctx);
	seccomp_release(ctx);
	if (e)
		errno = -e;
	return e ? EDGE_ESYS : EDGE_OK;
}

enum edge_err edge_sandbox_apply(unsigned *gaps,
				 const struct edge_sandbox_plan *p)
{
	unsigned missing = 0;
	enum edge_err err = EDGE_OK;

	if (prctl(PR_SET_DUMPABLE, p->is_dumpable ? 1 : 0, 0, 0, 0) ||
	    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return EDGE_ESYS;
	if (EDGE_NO_SANDBOX)
		missing = EDGE_SANDBOX_NO_LANDLOCK | EDGE_SANDBOX_NO_SECCOMP;
	else
		err = files_close(&missing, p);
	if (err)
		return err;
	if (EDGE_SANITIZED || seccomp_api_get() < 1)
		missing |= EDGE_SANDBOX_NO_SECCOMP;
	else if (!EDGE_NO_SANDBOX)
		err = calls_close(p);
	if (!err)
		*gaps = missing;
	return err;
}
