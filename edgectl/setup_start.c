/* Step 4, Start Services: by systemctl, then until they say that they are
 * ready. */
#include <errno.h>
#include <jansson.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "edgectl/daemons.h"
#include "edgectl/setup.h"

enum {
	WAIT_MS = 20000, /* ours: keys, tables and listeners of a big edge */
	LOOK_MS = 100,	 /* ours */
	WORDS = CTL_SETUP_SERVICES + 3,
};

/* Exit status; -1: it could not be run, errno says why. */
static int run(char *const argv[])
{
	pid_t pid;
	int status;

	fflush(NULL); /* what it prints comes behind what we did */
	errno = posix_spawnp(&pid, argv[0], NULL, NULL, argv, environ);
	if (errno)
		return -1;
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

static bool is_ready(struct ctl_setup *s, size_t service)
{
	enum edge_err err;
	json_t *o =
		ctl_daemon_get(s->c, ctl_daemons[service], "/v1/status", &err);
	const char *state = json_string_value(json_object_get(o, "state"));
	const bool ready = state && !strcmp(state, "ready");

	json_decref(o);
	return ready;
}

/* The target when it is all of them: others may belong to it. */
static enum ctl_exit start(struct ctl_setup *s, const bool *wanted)
{
	char systemctl[] = "systemctl", verb[] = "start",
	     target[] = "lync-edge.target";
	char unit[CTL_SETUP_SERVICES][32];
	char *argv[WORDS] = {systemctl, verb};
	size_t n = 2;
	int status;

	for (size_t i = 0; i < CTL_SETUP_SERVICES; i++) {
		(void)snprintf(unit[i], sizeof(unit[i]), "%s.service",
			       ctl_daemons[i]);
		if (wanted[i])
			argv[n++] = unit[i];
	}
	if (n == WORDS - 1) {
		argv[2] = target;
		argv[3] = NULL;
	}
	status = run(argv);
	if (!status)
		return CTL_GOOD;
	return ctl_fail(s->c, EDGE_EREFUSED, "SETUP-003", "systemctl start",
			status < 0 ? "cannot be run: %s" : "exit status %.0s%d",
			status < 0 ? strerror(errno) : "", status);
}

static enum ctl_exit wait_ready(struct ctl_setup *s, const bool *wanted)
{
	const struct timespec look = {0, LOOK_MS * 1000000L};
	enum ctl_exit exit = CTL_GOOD;
	int left = WAIT_MS / LOOK_MS;

	for (size_t i = 0; i < CTL_SETUP_SERVICES; i++) {
		struct ctl_cure cure = {0};

		if (!wanted[i])
			continue;
		while (!is_ready(s, i) && left-- > 0)
			(void)nanosleep(&look, NULL);
		if (left > 0) {
			ctl_say(s->c, "%s is ready", ctl_daemons[i]);
			continue;
		}
		ctl_cure_add(&cure, CTL_ON_EDGE, "journalctl -u %s -n 20",
			     ctl_daemons[i]);
		ctl_find_show(s->c, &(struct ctl_finding){
					    .level = TOPO_ERROR,
					    .id = "SETUP-004",
					    .place = ctl_daemons[i],
					    .saw = "not ready after 20 s",
					    .cure = &cure});
		exit = CTL_REFUSED;
	}
	return exit;
}

/* One that runs already takes what is new in edge.ini. */
static void reload(struct ctl_setup *s, size_t service)
{
	struct edge_admin_answer a = {0};
	const enum edge_err err =
		ctl_daemon_post(s->c, service, "/v1/reload", 0, &a);

	if (err || a.status / 100 != 2)
		ctl_find(s->c, TOPO_ERROR, "CTL-030", ctl_daemons[service],
			 "reload: %s", err ? ctl_reason(err) : a.body);
	free(a.body);
}

enum ctl_exit ctl_setup_start(struct ctl_setup *s)
{
	struct ctl_setup_world w;
	bool wanted[CTL_SETUP_SERVICES] = {false}, is_any = false;
	enum ctl_exit exit;

	ctl_setup_look(s, &w);
	for (size_t i = 0; i < CTL_SETUP_SERVICES; i++) {
		if (w.facts.service[i].runs)
			reload(s, i);
		else if (ctl_setup_may_start(&w.facts, i))
			is_any = wanted[i] = true;
		else
			ctl_say(s->c, "%s waits for the steps before",
				ctl_daemons[i]);
	}
	if (!is_any)
		return CTL_GOOD;
	exit = start(s, wanted);
	return exit ? exit : wait_ready(s, wanted);
}
