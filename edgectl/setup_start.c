/* Step 4, Start Services: by systemctl, then until they say that they are
 * ready. */
#include <errno.h>
#include <jansson.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "edgectl/daemons.h"
#include "edgectl/ready.h"
#include "edgectl/setup.h"
#include "edgectl/units.h"

enum {
	WAIT_MS = 20000,  /* ours: keys, tables and listeners of a big edge */
	LOOK_MS = 100,	  /* ours */
	ANSWER_MS = 1000, /* ours: of one that is starting */
};

static bool is_ready(void *arg, size_t service)
{
	struct ctl_setup *s = arg;
	enum edge_err err;
	json_t *o =
		ctl_daemon_get(s->c, ctl_daemons[service], "/v1/status", &err);
	const char *state = json_string_value(json_object_get(o, "state"));
	const bool ready = state && !strcmp(state, "ready");

	json_decref(o);
	return ready;
}

static uint64_t now_ms(void *arg)
{
	struct timespec t = {0};

	(void)arg;
	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static void rest(void *arg)
{
	const struct timespec look = {0, LOOK_MS * 1000000L};

	(void)arg;
	(void)nanosleep(&look, NULL);
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

/* By somebody's will: to be undone by who did it. */
static void tell_masked(struct ctl_setup *s, const char *unit)
{
	struct ctl_cure cure = {0};

	ctl_cure_add(&cure, CTL_ON_EDGE, "systemctl unmask %s", unit);
	ctl_cure_add(&cure, CTL_ON_EDGE, "systemctl enable %s", unit);
	ctl_find_show(s->c, &(struct ctl_finding){.level = TOPO_WARN,
						  .id = "SETUP-005",
						  .place = unit,
						  .saw = "masked",
						  .cure = &cure});
}

/* What runs now runs after the next start of the host, too. */
static enum ctl_exit enable(struct ctl_setup *s,
			    const struct ctl_setup_facts *f, const bool *wanted)
{
	const char *unit[CTL_SETUP_UNITS];
	size_t n = ctl_setup_units(unit, f, wanted, CTL_UNIT_MASKED);
	enum ctl_exit exit;

	for (size_t i = 0; i < n; i++)
		tell_masked(s, unit[i]);
	n = ctl_setup_units(unit, f, wanted, CTL_UNIT_DISABLED);
	if (!n)
		return CTL_GOOD;
	exit = systemctl(s, "enable", unit, n);
	if (!exit)
		ctl_say(s->c, "services start with this host from now on");
	return exit;
}

static void tell_late(struct ctl_setup *s, size_t service)
{
	struct ctl_cure cure = {0};

	ctl_cure_add(&cure, CTL_ON_EDGE, "journalctl -u %s -n 20",
		     ctl_daemons[service]);
	ctl_find_show(s->c, &(struct ctl_finding){.level = TOPO_ERROR,
						  .id = "SETUP-004",
						  .place = ctl_daemons[service],
						  .saw = "not ready after 20 s",
						  .cure = &cure});
}

static enum ctl_exit wait_ready(struct ctl_setup *s, const bool *wanted)
{
	const struct ctl_ready all = {
		CTL_SETUP_SERVICES, wanted, is_ready, now_ms, rest, s};
	const unsigned answer_ms = s->c->answer_ms;
	bool ready[CTL_SETUP_SERVICES];
	enum ctl_exit exit = CTL_GOOD;

	s->c->answer_ms = ANSWER_MS;
	ctl_ready_wait(ready, &all, WAIT_MS);
	s->c->answer_ms = answer_ms;
	for (size_t i = 0; i < CTL_SETUP_SERVICES; i++) {
		if (!wanted[i])
			continue;
		if (ready[i]) {
			ctl_say(s->c, "%s is ready", ctl_daemons[i]);
			continue;
		}
		tell_late(s, i);
		exit = CTL_REFUSED;
	}
	return exit;
}

/* What is to be started into wanted; one that runs already takes what is new in
 * edge.ini. */
static enum ctl_exit look(struct ctl_setup *s, const struct ctl_setup_facts *f,
			  bool *wanted)
{
	enum ctl_exit exit = CTL_GOOD;

	for (size_t i = 0; i < CTL_SETUP_SERVICES; i++) {
		enum ctl_exit now = CTL_GOOD;

		if (f->service[i].runs)
			now = ctl_daemon_reload(s->c, i, TOPO_ERROR);
		else if (ctl_setup_may_start(f, i))
			wanted[i] = true;
		else
			ctl_say(s->c, "%s waits for the steps before",
				ctl_daemons[i]);
		exit = now ? now : exit;
	}
	return exit;
}

enum ctl_exit ctl_setup_start(struct ctl_setup *s)
{
	struct ctl_setup_world w;
	bool wanted[CTL_SETUP_SERVICES] = {false};
	bool starts = false, runs = false;
	enum ctl_exit exit, taken, enabled = CTL_GOOD;

	ctl_setup_look(s, &w);
	taken = look(s, &w.facts, wanted);
	for (size_t i = 0; i < CTL_SETUP_SERVICES; i++) {
		starts |= wanted[i];
		runs |= w.facts.service[i].runs;
	}
	if (starts || runs)
		enabled = enable(s, &w.facts, wanted);
	exit = starts ? start(s, wanted) : CTL_GOOD;
	if (!exit && starts)
		exit = wait_ready(s, wanted);
	if (!exit)
		exit = taken;
	return exit ? exit : enabled;
}
