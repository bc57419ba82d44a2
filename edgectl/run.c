/* What a child prints goes to files in memory, so nobody waits for a reader. */
#include "edgectl/run.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { LINE = 1024 };

static bool find(char path[LINE], const char *program)
{
	static const char *const folders[] = {"/usr/sbin", "/usr/bin", "/sbin",
					      "/bin"};

	if (strchr(program, '/'))
		return false;
	for (size_t i = 0; i < sizeof(folders) / sizeof(*folders); i++) {
		(void)snprintf(path, LINE, "%s/%s", folders[i], program);
		if (!access(path, X_OK))
			return true;
	}
	return false;
}

static bool split(char *line, char *words[CTL_RUN_WORDS])
{
	char *rest = line;
	size_t n = 0;

	while (rest && n < CTL_RUN_WORDS - 1) {
		words[n++] = strsep(&rest, " ");
		if (!*words[n - 1])
			n--;
	}
	words[n] = NULL;
	return n && !rest;
}

/* All of a file in memory, NUL behind. */
static enum edge_err slurp(char **out, size_t *len, int fd)
{
	struct stat st;
	char *text;
	ssize_t n;

	if (fstat(fd, &st))
		return EDGE_ESYS;
	if (st.st_size > CTL_RUN_MAX)
		return EDGE_ELIMIT;
	text = malloc((size_t)st.st_size + 1);
	if (!text)
		return EDGE_ENOMEM;
	n = pread(fd, text, (size_t)st.st_size, 0);
	if (n < 0) {
		free(text);
		return EDGE_ESYS;
	}
	text[n] = '\0';
	*out = text;
	*len = (size_t)n;
	return EDGE_OK;
}

static void read_why(struct ctl_run *r, int fd)
{
	ssize_t n = pread(fd, r->why, sizeof(r->why) - 1, 0);

	r->why[n > 0 ? n : 0] = '\0';
	r->why[strcspn(r->why, "\n")] = '\0';
	if (!*r->why && r->status)
		(void)snprintf(r->why, sizeof(r->why), "exit status %d",
			       r->status);
}

static enum edge_err spawn(pid_t *pid, const char *path, char **words,
			   const int fd[2])
{
	char home[] = "PATH=/usr/sbin:/usr/bin:/sbin:/bin",
	     language[] = "LC_ALL=C";
	char *environment[] = {home, language, NULL};
	posix_spawn_file_actions_t a;
	int rc = posix_spawn_file_actions_init(&a);

	if (rc) {
		errno = rc;
		return EDGE_ESYS;
	}
	rc = posix_spawn_file_actions_addopen(&a, 0, "/dev/null", O_RDONLY, 0);
	for (int i = 0; !rc && i < 2; i++)
		rc = posix_spawn_file_actions_adddup2(&a, fd[i], i + 1);
	if (!rc)
		rc = posix_spawn(pid, path, &a, NULL, words, environment);
	posix_spawn_file_actions_destroy(&a);
	errno = rc;
	return rc ? EDGE_ESYS : EDGE_OK;
}

static enum edge_err wait_for(struct ctl_run *r, pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return EDGE_ESYS;
	r->status = WIFEXITED(status) ? WEXITSTATUS(status)
				      : 128 + WTERMSIG(status);
	return EDGE_OK;
}

enum edge_err ctl_run(struct ctl_run *r, const char *line)
{
	char copy[LINE], path[LINE], *words[CTL_RUN_WORDS];
	int fd[2] = {-1, -1};
	enum edge_err err = EDGE_OK;
	pid_t pid = 0;

	*r = (struct ctl_run){0};
	if (snprintf(copy, sizeof(copy), "%s", line) >= LINE ||
	    !split(copy, words))
		return EDGE_ELIMIT;
	if (!find(path, words[0])) {
		(void)snprintf(r->why, sizeof(r->why), "no program %s",
			       words[0]);
		return EDGE_ENOTFOUND;
	}
	for (int i = 0; i < 2; i++) {
		fd[i] = memfd_create("edgectl", MFD_CLOEXEC);
		err = fd[i] < 0 ? EDGE_ESYS : err;
	}
	if (!err)
		err = spawn(&pid, path, words, fd);
	if (!err)
		err = wait_for(r, pid);
	if (!err)
		err = slurp(&r->out, &r->len, fd[0]);
	if (!err)
		read_why(r, fd[1]);
	else
		(void)snprintf(r->why, sizeof(r->why), "%s: %s", words[0],
			       err == EDGE_ESYS ? strerror(errno)
						: edge_err_str(err));
	for (int i = 0; i < 2; i++)
		if (fd[i] >= 0)
			close(fd[i]);
	return err;
}

void ctl_run_fini(struct ctl_run *r)
{
	free(r->out);
	r->out = NULL;
}
