/* Step 4, Start Services: by systemctl, then until they say that they are
 * ready. */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "edgectl/daemons.h"
#include "edgectl/setup.h"
#include "edgectl/units.h"

enum {
	WAIT_MS = 20000, /* ours: keys, tables and listeners of a big edge */
	LOOK_MS = 100,	 /* ours */
};

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

/* systemctl VERB on all of them; reported. */
static enum ctl_exit systemctl(struct ctl_setup *s, const char *verb,
			       const char *const *unit, size_t count)
{
	const bool starts = !strcmp(verb, "start");
	const int status = ctl_units_do(verb, unit, count);
	char place[32];

	if (!status)
		return CTL_GOOD;
	(void)snprintf(place, sizeof(place), "systemctl %s", verb);
	return ctl_fail(s->c, EDGE_EREFUSED, starts ? "SETUP-003" : "SETUP-005",
			place,
			status < 0 ? "cannot be run: %s" : "exit status %.0s%d",
			status < 0 ? strerror(errno) : "", status);
}

/* The target when it is all of them: others may belong to it. */
static enum ctl_exit start(struct ctl_setup *s, const bool *wanted)
{
	static const char *const target = CTL_UNIT_TARGET;
	const char *unit[CTL_SETUP_SERVICES];
	size_t n = 0;

	for (size_t i = 0; i < CTL_SETUP_SERVICES; i++)
		if (wanted[i])
			unit[n++] = ctl_daemons[i];
	return n == CTL_SETUP_SERVICES ? systemctl(s, "start", &target, 1)
				       : systemctl(s, "start", unit, n);
}

/* What runs now runs after the next start of the host, too. */
static enum ctl_exit enable(struct ctl_setup *s,
			    const struct ctl_setup_facts *f, const bool *wanted)
{
	const char *unit[CTL_SETUP_SERVICES + 1];
	size_t n = 0;
	enum ctl_exit exit;

	for (size_t i = 0; i < CTL_SETUP_SERVICES; i++)
		if (f->service[i].is_off && (f->service[i].runs || wanted[i]))
			unit[n++] = ctl_daemons[i];
	if (f->is_target_off)
		unit[n++] = CTL_UNIT_TARGET;
	if (!n)
		return CTL_GOOD;
	exit = systemctl(s, "enable", unit, n);
	if (!exit)
		ctl_say(s->c, "services start with this host from now on");
	return exit;
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
	bool wanted[CTL_SETUP_SERVICES] = {false};
	bool is_any = false, runs = false;
	enum ctl_exit exit, enabled;

	ctl_setup_look(s, &w);
	for (size_t i = 0; i < CTL_SETUP_SERVICES; i++) {
		runs |= w.facts.service[i].runs;
		if (w.facts.service[i].runs)
			reload(s, i);
		else if (ctl_setup_may_start(&w.facts, i))
			is_any = wanted[i] = true;
		else
			ctl_say(s->c, "%s waits for the steps before",
				ctl_daemons[i]);
	}
	enabled = runs || is_any ? enable(s, &w.facts, wanted) : CTL_GOOD;
	if (!is_any)
		return enabled;
	exit = start(s, wanted);
	if (!exit)
		exit = wait_ready(s, wanted);
	return exit ? exit : enabled;
}
