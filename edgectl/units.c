/* systemctl, found by PATH as an operator's shell finds it. */
#include "edgectl/units.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum { WORD = 64, WORDS = CTL_UNITS_MAX + 3 };

/* out -1: what it prints is for people, and comes behind what we did. */
static int run(const char *const *words, int out)
{
	char copy[WORDS][WORD], *argv[WORDS + 1] = {NULL};
	posix_spawn_file_actions_t a;
	pid_t pid;
	int status;

	for (size_t i = 0; i < WORDS && words[i]; i++) {
		(void)snprintf(copy[i], WORD, "%s", words[i]);
		argv[i] = copy[i];
	}
	(void)fflush(NULL);
	errno = posix_spawn_file_actions_init(&a);
	if (errno)
		return -1;
	if (out >= 0)
		errno = posix_spawn_file_actions_adddup2(&a, out, 1);
	if (!errno && out >= 0)
		errno = posix_spawn_file_actions_addopen(&a, 2, "/dev/null",
							 O_WRONLY, 0);
	if (!errno)
		errno = posix_spawnp(&pid, argv[0], &a, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&a);
	if (errno)
		return -1;
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

/* The first word it printed. */
static void read_word(char out[WORD], int fd)
{
	const ssize_t n = pread(fd, out, WORD - 1, 0);

	out[n > 0 ? n : 0] = '\0';
	out[strcspn(out, "\n")] = '\0';
}

enum ctl_unit_state ctl_unit_state(const char *unit)
{
	/* "static", "indirect" and the like are not ours to judge */
	static const struct {
		const char *word;
		enum ctl_unit_state state;
	} rows[] = {
		{"enabled", CTL_UNIT_ENABLED},
		{"alias", CTL_UNIT_ENABLED},
		{"disabled", CTL_UNIT_DISABLED},
		{"enabled-runtime", CTL_UNIT_DISABLED},
		{"linked", CTL_UNIT_DISABLED},
		{"linked-runtime", CTL_UNIT_DISABLED},
		{"masked", CTL_UNIT_MASKED},
		{"masked-runtime", CTL_UNIT_MASKED},
	};
	const char *const argv[] = {"systemctl", "is-enabled", unit, NULL};
	const int fd = memfd_create("edgectl", MFD_CLOEXEC);
	char said[WORD] = "";

	if (fd < 0)
		return CTL_UNIT_UNKNOWN;
	if (run(argv, fd) >= 0)
		read_word(said, fd);
	close(fd);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (!strcmp(said, rows[i].word))
			return rows[i].state;
	return CTL_UNIT_UNKNOWN;
}

int ctl_units_do(const char *verb, const char *const *unit, size_t count)
{
	const char *argv[WORDS + 1] = {"systemctl", "--quiet", verb};

	if (count > CTL_UNITS_MAX) {
		errno = E2BIG;
		return -1;
	}
	for (size_t i = 0; i < count; i++)
		argv[3 + i] = unit[i];
	return run(argv, -1);
}
