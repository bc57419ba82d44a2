/* drain: the services take no new work; what is left is counted down. */
#include <inttypes.h>
#include <jansson.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <time.h>
#include <unistd.h>

#include "edgectl/daemons.h"

enum {
	LINE = 200,	   /* ours: of what is left, in words */
	LOOK_MS = 250,	   /* ours: between two looks */
	LATE_S = 60,	   /* ours: to close what is left after its time */
	TEXT_EVERY_S = 10, /* ours: the same counts are told again */
	STEPS_IN_S = 1000 / LOOK_MS,
};

/* One service on its way out. */
struct leaving {
	const char *name; /* NULL: it does not run, or is not meant */
	bool is_over;
	int process;	     /* pidfd; -1: not known */
	char left[LINE];     /* as told last */
	uint64_t steps;	     /* looks since the drain began */
	uint64_t told_steps; /* of them, when it was told last */
	uint64_t late_steps; /* in a row, past its time or without an answer */
};

/* "12 connections, 1 session"; what is none is not named. */
static void print_left(char dst[LINE], json_t *left)
{
	size_t len = 0;
	const char *noun;
	json_t *n;

	dst[0] = '\0';
	json_object_foreach(left, noun, n)
	{
		const json_int_t count = json_integer_value(n);
		const int letters = (int)strlen(noun) - (count == 1);

		if (count && letters > 0 && len < LINE)
			len += (size_t)snprintf(
				dst + len, LINE - len,
				"%s%" JSON_INTEGER_FORMAT " %.*s",
				len ? ", " : "", count, letters, noun);
	}
	if (!len)
		snprintf(dst, LINE, "nothing left");
}

static void tell(struct ctl *c, struct leaving *l, const json_t *draining)
{
	const json_t *end = json_object_get(draining, "ends_in_s");
	json_int_t ends_in_s = json_integer_value(end);
	char left[LINE];

	print_left(left, json_object_get(draining, "left"));
	l->late_steps =
		json_is_integer(end) && ends_in_s > 0 ? 0 : l->late_steps + 1;
	if (!strcmp(left, l->left) &&
	    l->steps < l->told_steps + TEXT_EVERY_S * STEPS_IN_S)
		return;
	snprintf(l->left, sizeof(l->left), "%s", left);
	l->told_steps = l->steps;
	ctl_say(c, "%s: %s; ends in at most %" JSON_INTEGER_FORMAT " s",
		l->name, left, ends_in_s);
}

/* Its process has ended, which a connection that closes does not tell. */
static bool is_gone(const struct leaving *l)
{
	struct pollfd p = {l->process, POLLIN, 0};

	return poll(&p, 1, 0) == 1;
}

/* It has ended, or another process has taken its place. */
static bool has_ended(const struct leaving *l, const json_t *o,
		      enum edge_err err)
{
	const char *state = json_string_value(json_object_get(o, "state"));

	if (l->process >= 0)
		return is_gone(l);
	if (!o) /* its process is not known: nobody at its socket */
		return err == EDGE_ENOTFOUND;
	return state && strcmp(state, "draining") != 0;
}

static enum ctl_exit look(struct ctl *c, struct leaving *l)
{
	enum edge_err err;
	json_t *o = ctl_daemon_get(c, l->name, "/v1/status", &err);
	const bool is_lost = err == EDGE_ECLOSED || err == EDGE_ENOTFOUND;
	enum ctl_exit exit = CTL_GOOD;

	l->steps++;
	l->is_over = has_ended(l, o, err);
	if (l->is_over)
		ctl_say(c, "%s: ended", l->name);
	else if (is_lost) /* it goes, or had no time for us: soon again */
		l->late_steps++;
	else if (err)
		exit = ctl_fail(c, err, "CTL-016", l->name, "%s",
				ctl_reason(err));
	else
		tell(c, l, json_object_get(o, "draining"));
	json_decref(o);
	if (exit || l->late_steps <= LATE_S * STEPS_IN_S)
		return exit;
	return ctl_fail(c, EDGE_ETIMEOUT, "CTL-016", l->name,
			is_lost ? "no answer for %d s, and it has not ended"
				: "it runs still, %d s after the end of its "
				  "time",
			LATE_S);
}

static enum ctl_exit wait_all(struct ctl *c, struct leaving *all)
{
	const struct timespec step = {0, LOOK_MS * 1000000L};
	enum ctl_exit exit = CTL_GOOD;
	json_t *o = json_object();
	size_t going;

	do {
		going = 0;
		for (size_t i = 0; !exit && i < CTL_DAEMONS; i++) {
			if (!all[i].name || all[i].is_over)
				continue;
			exit = look(c, &all[i]);
			going += !all[i].is_over;
		}
		(void)fflush(stdout); /* who reads along sees it now */
		if (going && !exit)
			nanosleep(&step, NULL);
	} while (going && !exit);
	for (size_t i = 0; i < CTL_DAEMONS; i++)
		if (all[i].name)
			json_object_set_new(o, all[i].name,
					    json_string(all[i].is_over
								? "ended"
								: "draining"));
	ctl_put(c, "services", o);
	return exit;
}

/* The process that drains, to be known by when it has ended. */
static void know_process(struct ctl *c, size_t i, struct leaving *l)
{
	enum edge_err err;
	json_t *o = ctl_daemon_get(c, ctl_daemons[i], "/v1/status", &err);
	const json_int_t pid = json_integer_value(json_object_get(o, "pid"));

	if (pid > 0 && pid <= INT_MAX)
		l->process = pidfd_open((pid_t)pid, 0);
	json_decref(o);
}

static enum ctl_exit begin(struct ctl *c, size_t i, struct leaving *l)
{
	struct edge_admin_answer answer = {0};
	enum edge_err err;

	know_process(c, i, l);
	err = ctl_daemon_post(c, i, "/v1/drain", 0, &answer);
	free(answer.body);
	if (err == EDGE_ENOTFOUND)
		return CTL_GOOD;
	l->name = ctl_daemons[i];
	if (err)
		return ctl_fail(c, err, "CTL-016", l->name, "%s",
				ctl_reason(err));
	if (answer.status / 100 != 2)
		return ctl_fail(c, EDGE_EREFUSED, "CTL-006", l->name,
				"answered %u to drain", answer.status);
	ctl_say(c, "%s drains: no new work, sessions end by themselves",
		l->name);
	return CTL_GOOD;
}

static enum ctl_exit begin_all(struct ctl *c, struct leaving *all,
			       const char *only)
{
	bool runs = false, known = false;
	enum ctl_exit exit = CTL_GOOD;

	for (size_t i = 0; !exit && i < CTL_DAEMONS; i++) {
		if (only && strcmp(only, ctl_daemons[i]) != 0)
			continue;
		known = true;
		exit = begin(c, i, &all[i]);
		runs |= all[i].name != NULL;
	}
	if (exit)
		return exit;
	if (!known)
		return ctl_usage(c, "no service is called %.40s", only);
	if (!runs)
		return ctl_fail(c, EDGE_ENOTFOUND, "CTL-014", c->config->run,
				"no such service has a socket here");
	return CTL_GOOD;
}

enum ctl_exit ctl_drain(struct ctl *c, int argc, char **argv)
{
	struct leaving all[CTL_DAEMONS] = {{0}};
	bool no_wait = false;
	const struct ctl_option options[] = {{"no-wait", NULL, &no_wait}};
	enum ctl_exit exit = ctl_options(c, options, 1, &argc, argv);

	for (size_t i = 0; i < CTL_DAEMONS; i++)
		all[i].process = -1;
	if (!exit && argc > 1)
		exit = ctl_usage(c, "drain wants one SERVICE, or none for all");
	if (!exit)
		exit = ctl_config(c);
	if (!exit)
		exit = begin_all(c, all, argc ? argv[0] : NULL);
	if (!exit && !no_wait)
		exit = wait_all(c, all);
	for (size_t i = 0; i < CTL_DAEMONS; i++)
		if (all[i].process >= 0)
			close(all[i].process);
	return exit;
}
