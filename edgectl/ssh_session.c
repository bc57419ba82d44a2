/* Reads /proc/PID/environ, from parent to parent. */
#include "edgectl/ssh_session.h"

#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PARENTS = 32, FILE_NAME = 256, NAMESPACE = 64 };

static FILE *open_of(const char *proc, pid_t pid, const char *name)
{
	char path[FILE_NAME];
	int n = snprintf(path, sizeof(path), "%s/%lld/%s", proc, (long long)pid,
			 name);

	return n > 0 && n < FILE_NAME ? fopen(path, "re") : NULL;
}

/* What is longer than such a thing can be is none. */
static bool keep(struct ctl_ssh_session *s, const char *text)
{
	const size_t len = strlen(text);

	if (!len || len >= sizeof(s->text))
		return false;
	memcpy(s->text, text, len + 1);
	return true;
}

static bool read_environ(struct ctl_ssh_session *s, const char *proc, pid_t pid)
{
	static const char name[] = "SSH_CONNECTION=";
	FILE *f = open_of(proc, pid, "environ");
	char *line = NULL;
	size_t cap = 0;
	bool found = false;

	while (f && !found && getdelim(&line, &cap, '\0', f) > 0)
		found = !strncmp(line, name, sizeof(name) - 1) &&
			keep(s, line + sizeof(name) - 1);
	free(line);
	if (f)
		(void)fclose(f);
	return found;
}

/* "PID (NAME) STATE PARENT ...", and a name may have any character. 0: it
 * cannot be told. */
static pid_t parent_of(const char *proc, pid_t pid)
{
	FILE *f = open_of(proc, pid, "stat");
	char text[512];
	const char *behind;
	size_t len;
	long n = 0;

	if (!f)
		return 0;
	len = fread(text, 1, sizeof(text) - 1, f);
	(void)fclose(f);
	text[len] = '\0';
	behind = strrchr(text, ')');
	if (behind && strlen(behind) > 4)
		n = strtol(behind + 4, NULL, 10); /* ") S 4711" */
	return n > 0 && n < INT_MAX ? (pid_t)n : 0;
}

/* The network that a process is in; empty: it cannot be told. */
static void read_network(char out[NAMESPACE], const char *proc, const char *pid)
{
	char path[FILE_NAME];
	ssize_t n;

	(void)snprintf(path, sizeof(path), "%s/%s/ns/net", proc, pid);
	n = readlink(path, out, NAMESPACE - 1);
	out[n > 0 ? n : 0] = '\0';
}

static bool is_elsewhere(const char *proc, pid_t pid)
{
	char ours[NAMESPACE], theirs[NAMESPACE], name[32];

	(void)snprintf(name, sizeof(name), "%lld", (long long)pid);
	read_network(ours, proc, "self");
	read_network(theirs, proc, name);
	return *ours && *theirs && strcmp(ours, theirs) != 0;
}

const char *ctl_ssh_session(struct ctl_ssh_session *s, const char *own,
			    const char *proc, pid_t parent)
{
	s->text[0] = '\0';
	if (own)
		return keep(s, own) ? s->text : NULL;
	for (int i = 0; i < PARENTS && parent > 1; i++) {
		if (is_elsewhere(proc, parent))
			return NULL;
		if (read_environ(s, proc, parent))
			return s->text;
		parent = parent_of(proc, parent);
	}
	return NULL;
}
