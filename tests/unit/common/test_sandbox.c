/* Sandbox: a child applies it, tries what is forbidden, and says what came. */
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/capability.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/sandbox.h"
#include "tests/support/suite.h"

enum {
	NO_LANDLOCK = 70, /* exit status of a child: nothing to be seen here */
	NO_SECCOMP,
	NO_APPLY,
};

static char dir[] = "/tmp/edge-sandbox-XXXXXX";
static char state[64], run[64], other[64];

static void file_make(const char *folder, const char *name)
{
	char path[128];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	fd = open(path, O_CREAT | O_WRONLY, 0600);
	ck_assert_int_ge(fd, 0);
	close(fd);
}

static void folders_make(void)
{
	strcpy(dir + sizeof(dir) - 7, "XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(state, sizeof(state), "%s/state", dir);
	snprintf(run, sizeof(run), "%s/run", dir);
	snprintf(other, sizeof(other), "%s/other", dir);
	ck_assert_int_eq(
		mkdir(state, 0700) | mkdir(run, 0700) | mkdir(other, 0700), 0);
	file_make(state, "current");
	file_make(other, "secret");
}

static void folders_remove(void)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/current", state);
	unlink(path);
	snprintf(path, sizeof(path), "%s/secret", other);
	unlink(path);
	snprintf(path, sizeof(path), "%s/new", run);
	unlink(path);
	rmdir(state);
	rmdir(run);
	rmdir(other);
	rmdir(dir);
}

static unsigned apply_with(const char *const *more, bool uses_maps)
{
	const struct edge_sandbox_path paths[] = {
		{state, false},
		{run, true},
		{"/nonexistent/edge", false},
	};
	const struct edge_sandbox_plan p = {
		.paths = paths,
		.path_count = 3,
		.syscalls = more,
		.uses_maps = uses_maps,
	};
	unsigned gaps = 0;

	if (edge_sandbox_apply(&gaps, &p))
		_exit(NO_APPLY);
	return gaps;
}

static unsigned apply(const char *const *more)
{
	return apply_with(more, false);
}

static void apply_files(void)
{
	if (apply(NULL) & EDGE_SANDBOX_NO_LANDLOCK)
		_exit(NO_LANDLOCK);
}

static void apply_calls(void)
{
	if (apply(NULL) & EDGE_SANDBOX_NO_SECCOMP)
		_exit(NO_SECCOMP);
}

/* What fn's process came to; a machine without the means skips the check. */
static int outcome(void (*fn)(void))
{
	pid_t pid = fork();
	int status;

	ck_assert_int_ge(pid, 0);
	if (!pid) {
		fn();
		_exit(0);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	if (WIFEXITED(status) && (WEXITSTATUS(status) == NO_LANDLOCK ||
				  WEXITSTATUS(status) == NO_SECCOMP)) {
		fprintf(stderr, "sandbox: not available here, skipped\n");
		return -1;
	}
	return status;
}

static int try_open(const char *folder, const char *name, int how)
{
	char path[128];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	fd = open(path, how, 0600);
	if (fd >= 0)
		close(fd);
	return fd >= 0 ? 0 : errno;
}

#define EXPECT(cond)                            \
	do {                                    \
		if (!(cond))                    \
			_exit(__COUNTER__ + 1); \
	} while (0) /* a child cannot use check's own */

static void child_files(void)
{
	apply_files();
	EXPECT(try_open(state, "current", O_RDONLY) == 0);
	EXPECT(try_open(state, "current", O_WRONLY) == EACCES);
	EXPECT(try_open(state, "new", O_CREAT | O_WRONLY) == EACCES);
	EXPECT(try_open(run, "new", O_CREAT | O_WRONLY) == 0);
	EXPECT(try_open(other, "secret", O_RDONLY) == EACCES);
	EXPECT(try_open("/etc", "passwd", O_RDONLY) == EACCES);
	EXPECT(try_open("/root", "", O_RDONLY | O_DIRECTORY) == EACCES);
	EXPECT(try_open("/dev", "null", O_WRONLY) == 0);
}

static void child_calls(void)
{
	apply_calls();
	EXPECT(socket(AF_PACKET, SOCK_RAW, 0) < 0 && errno == EPERM);
	EXPECT(socket(AF_VSOCK, SOCK_STREAM, 0) < 0 && errno == EPERM);
	EXPECT(chmod(run, 0777) < 0 && errno == EPERM);
	EXPECT(kill(getppid(), 0) < 0 && errno == EPERM);
	EXPECT(fork() < 0);
	EXPECT(mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED);
	EXPECT(prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) < 0 && errno == EPERM);
	EXPECT(setuid(0) < 0 && errno == EPERM);
	EXPECT(syscall(SYS_io_uring_setup, 1, NULL) < 0 && errno == EPERM);
}

static void *thread_main(void *arg)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	*(int *)arg = fd >= 0 && socket(AF_PACKET, SOCK_RAW, 0) < 0;
	close(fd);
	return NULL;
}

static void child_work(void)
{
	pthread_t t;
	int fine = 0;
	void *p;

	apply_calls();
	EXPECT(!pthread_create(&t, NULL, thread_main, &fine));
	EXPECT(!pthread_join(t, NULL));
	EXPECT(fine);
	p = malloc(4u << 20);
	EXPECT(p);
	memset(p, 1, 4u << 20);
	free(p);
	EXPECT(try_open(run, "new", O_CREAT | O_WRONLY) == 0);
}

static void child_more(void)
{
	static const char *const more[] = {"io_uring_setup", "no_such_call",
					   NULL};

	if (apply(more) & EDGE_SANDBOX_NO_SECCOMP)
		_exit(NO_SECCOMP);
	EXPECT(syscall(SYS_io_uring_setup, 1, NULL) < 0 && errno == EFAULT);
}

static void child_undumpable(void)
{
	(void)apply(NULL);
	EXPECT(prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) != 1);
	EXPECT(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 0);
}

static void deadly_execve(void)
{
	char *argv[] = {NULL};

	apply_calls();
	execve("/bin/true", argv, argv);
}

static void deadly_ptrace(void)
{
	apply_calls();
	ptrace(PTRACE_TRACEME, 0, NULL, NULL);
}

static void deadly_unshare(void)
{
	apply_calls();
	unshare(CLONE_NEWUSER);
}

static void deadly_bpf(void)
{
	apply_calls();
	syscall(SYS_bpf, 0, NULL, 0);
}

static void (*const fine[])(void) = {child_files, child_calls, child_work,
				     child_more};
static int try_bpf(int what)
{
	union bpf_attr attr = {.map_fd = UINT32_MAX};

	errno = 0;
	(void)syscall(SYS_bpf, what, &attr, sizeof(attr));
	return errno;
}

static void maps_are_changed(void)
{
	if (apply_with(NULL, true) & EDGE_SANDBOX_NO_SECCOMP)
		_exit(NO_SECCOMP);
	EXPECT(try_bpf(BPF_MAP_UPDATE_ELEM) == EBADF);
	EXPECT(try_bpf(BPF_MAP_DELETE_ELEM) == EBADF);
	EXPECT(try_bpf(BPF_MAP_CREATE) == EPERM);
	EXPECT(try_bpf(BPF_PROG_LOAD) == EPERM);
}

static void (*const deadly[])(void) = {deadly_execve, deadly_ptrace,
				       deadly_unshare, deadly_bpf};

START_TEST(sandbox_allows_and_forbids_as_told)
{
	int status = outcome(fine[_i]);

	ck_assert_msg(status == -1 || status == 0, "check %d of child %d",
		      WEXITSTATUS(status), _i);
}
END_TEST

START_TEST(sandbox_lets_maps_be_changed_and_no_more)
{
	int status = outcome(maps_are_changed);

	ck_assert_int_le(status, 0);
}
END_TEST

START_TEST(sandbox_ends_the_process_on_deadly_call)
{
	int status = outcome(deadly[_i]);

	if (status == -1)
		return;
	ck_assert(WIFSIGNALED(status));
	ck_assert_int_eq(WTERMSIG(status), SIGSYS);
}
END_TEST

START_TEST(sandbox_forbids_core_files_outside_a_lab)
{
	ck_assert_int_eq(outcome(child_undumpable), 0);
}
END_TEST

static void child_user(void)
{
	bool changed = true;

	EXPECT(edge_sandbox_user(&changed, "edge-no-such-user") ==
	       EDGE_ENOTFOUND);
	EXPECT(edge_sandbox_user(&changed, "root") == EDGE_ENOTFOUND);
	EXPECT(!edge_sandbox_user(&changed, "nobody"));
	EXPECT(changed);
	EXPECT(getuid() != 0 && geteuid() != 0 && getgid() != 0);
	EXPECT(setuid(0) < 0);
	EXPECT(try_open(other, "secret", O_RDONLY) == EACCES);
	EXPECT(!edge_sandbox_user(&changed, "nobody"));
	EXPECT(!changed); /* no longer root */
}

START_TEST(sandbox_user_gives_root_up)
{
	if (geteuid() != 0)
		return; /* only root has something to give up */
	ck_assert_int_eq(outcome(child_user), 0);
}
END_TEST

static void child_capable(void)
{
	struct __user_cap_header_struct head = {_LINUX_CAPABILITY_VERSION_3, 0};
	struct __user_cap_data_struct caps[2] = {{0}};
	bool changed = true;

	caps[0].permitted = 1u << CAP_NET_BIND_SERVICE | 1u << CAP_NET_ADMIN;
	caps[0].effective = caps[0].permitted;
	EXPECT(!prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0));
	EXPECT(!setresuid(65534, 65534, 65534));
	EXPECT(!syscall(SYS_capset, &head, caps));
	EXPECT(!edge_sandbox_user(&changed, "nobody"));
	EXPECT(!changed);
	EXPECT(!syscall(SYS_capget, &head, caps));
	EXPECT(caps[0].permitted == 1u << CAP_NET_BIND_SERVICE);
	EXPECT(caps[0].effective == caps[0].permitted);
}

START_TEST(sandbox_user_cuts_what_was_given_at_start)
{
	if (geteuid() != 0)
		return; /* only root can give capabilities */
	ck_assert_int_eq(outcome(child_capable), 0);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("sandbox");
	TCase *t = tcase_create("sandbox");

	tcase_set_timeout(t, 20);
	tcase_add_checked_fixture(t, folders_make, folders_remove);
	tcase_add_loop_test(t, sandbox_allows_and_forbids_as_told, 0, 4);
	tcase_add_loop_test(t, sandbox_ends_the_process_on_deadly_call, 0, 4);
	tcase_add_test(t, sandbox_lets_maps_be_changed_and_no_more);
	tcase_add_test(t, sandbox_forbids_core_files_outside_a_lab);
	tcase_add_test(t, sandbox_user_gives_root_up);
	tcase_add_test(t, sandbox_user_cuts_what_was_given_at_start);
	suite_add_tcase(s, t);
	return s;
}
