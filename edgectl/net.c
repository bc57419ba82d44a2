/* net plan: what this host's network needs; with --apply, done. */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "edgectl/ctl.h"
#include "edgectl/net_plan.h"
#include "edgectl/run.h"
#include "topology/store.h"
#include "topology/topology.h"

enum {
	CARRIER_PAUSE_MS = 100, /* ours */
	CARRIER_PAUSES = 30,	/* ours: 3 s in all */
};

struct call {
	struct ctl *c;
	struct edge_config *given; /* what options say, checked as edge.ini */
	const struct topo *topo;
	struct ctl_net_wants wants;
	struct ctl_net_plan plan;
	json_t *steps; /* for --json */
	bool apply;
	unsigned failed, done;
};

static enum ctl_exit load_topology(struct call *k)
{
	struct topo_store *s = NULL;
	char why[256] = "";
	enum edge_err err;

	err = topo_store_open(&s, k->c->config->state);
	if (!err)
		err = topo_store_current(s, &k->topo, why, sizeof(why));
	topo_store_free(s);
	return err ? ctl_fail(k->c, err, "CTL-009", k->c->config->state, "%s",
			      *why ? why : "no topology in the store")
		   : CTL_GOOD;
}

/* Options are settings of another place: the same words, the same checks. */
static enum ctl_exit take_options(struct call *k, const char *const value[3])
{
	static const char *const names[] = {"outside-gateway", "inside-gateway",
					    "inside"};
	char text[1024] = "[network]\n", why[256] = "";
	size_t len = strlen(text);

	for (size_t i = 0; i < 3; i++)
		if (value[i] && len < sizeof(text))
			len += (size_t)snprintf(text + len, sizeof(text) - len,
						"%s = %s\n", names[i],
						value[i]);
	if (len >= sizeof(text))
		return ctl_usage(k->c, "options longer than %zu bytes",
				 sizeof(text));
	if (edge_config_parse(&k->given, edge_slice_str(text), NULL, why,
			      sizeof(why)))
		return ctl_usage(k->c, "net plan: %s", why);
	return CTL_GOOD;
}

static const char *either(const char *given, const char *configured)
{
	return given ? given : configured;
}

static void make_wants(struct call *k)
{
	const struct edge_config *g = k->given;
	struct ctl_net_wants *w = &k->wants;

	*w = ctl_net_wants_of(k->topo, k->c->config);
	w->gateway[CTL_OUTSIDE] =
		either(g->network.outside_gateway, w->gateway[CTL_OUTSIDE]);
	w->gateway[CTL_INSIDE] =
		either(g->network.inside_gateway, w->gateway[CTL_INSIDE]);
	w->inside = either(g->network.inside, w->inside);
}

static enum ctl_exit make_plan(struct call *k)
{
	struct ctl_net_view *v = NULL;
	enum edge_err err = ctl_net_view_read(&v);

	if (err)
		return ctl_fail(k->c, err, "NET-010", "rtnetlink", "%s",
				ctl_reason(err));
	ctl_net_plan(&k->plan, &k->wants, v);
	free(v);
	return CTL_GOOD;
}

static bool lacks_carrier(const struct ctl_net_plan *p)
{
	for (size_t i = 0; i < p->findings; i++)
		if (!strcmp(p->finding[i].id, "NET-009"))
			return true;
	return false;
}

/* A device that was just switched on takes a while to find its carrier. */
static enum ctl_exit make_plan_soon(struct call *k)
{
	const struct timespec pause = {.tv_nsec = CARRIER_PAUSE_MS * 1000000L};
	enum ctl_exit exit = make_plan(k);

	for (int i = 0;
	     k->apply && !exit && i < CARRIER_PAUSES && lacks_carrier(&k->plan);
	     i++) {
		(void)nanosleep(&pause, NULL);
		exit = make_plan(k);
	}
	return exit;
}

static void tell(struct call *k, const char *state, const char *line,
		 const char *why)
{
	ctl_say(k->c, "%-8s %s%s%s", state, line, *why ? ": " : "", why);
	json_array_append_new(k->steps,
			      json_pack("{s:s, s:s, s:s}", "state", state,
					"run", line, "why", why));
}

static void do_step(struct call *k, const struct ctl_net_step *s)
{
	struct ctl_run r;
	enum edge_err err;

	if (s->finding < 0) {
		tell(k, "already", s->line, "");
		return;
	}
	if (!k->apply) {
		tell(k, "to do", s->line, "");
		return;
	}
	err = ctl_run(&r, s->line);
	if (err || r.status) {
		k->failed++;
		tell(k, "failed", s->line, r.why);
	} else {
		k->done++;
		tell(k, "done", s->line, "");
	}
	ctl_run_fini(&r);
}

/* Can the plan do all that a finding needs? */
static bool is_curable(const struct ctl_net_plan *p, int finding)
{
	bool has_steps = false;

	for (size_t i = 0; i < p->steps; i++) {
		if (p->step[i].finding != finding)
			continue;
		if (p->step[i].is_by_people)
			return false;
		has_steps = true;
	}
	return has_steps;
}

/* What no plan can do; how many. */
static unsigned tell_findings(struct call *k)
{
	const struct ctl_net_plan *p = &k->plan;
	unsigned count = 0;

	for (size_t i = 0; i < p->findings; i++) {
		if (is_curable(p, (int)i))
			continue;
		count++;
		fflush(stdout);
		ctl_find(k->c, p->finding[i].level, p->finding[i].id,
			 p->finding[i].place, "%s", p->finding[i].saw);
	}
	return count;
}

/* Done is what the kernel says afterwards. */
static enum ctl_exit verify(struct call *k)
{
	enum ctl_exit exit;

	if (!k->done)
		return CTL_GOOD;
	exit = make_plan(k);
	for (size_t i = 0; !exit && i < k->plan.findings; i++) {
		const struct ctl_net_finding *f = &k->plan.finding[i];

		if (!is_curable(&k->plan, (int)i))
			continue; /* has been told */
		fflush(stdout);
		ctl_find(k->c, TOPO_ERROR, f->id, f->place, "still so: %s",
			 f->saw);
		k->failed++;
	}
	return exit;
}

static enum ctl_exit run(struct call *k)
{
	unsigned open;
	enum ctl_exit exit = make_plan_soon(k);

	if (exit)
		return exit;
	for (size_t i = 0; i < k->plan.steps; i++)
		if (!k->plan.step[i].is_by_people)
			do_step(k, &k->plan.step[i]);
	open = tell_findings(k);
	if (k->apply)
		exit = verify(k);
	if (!exit && k->failed)
		return CTL_IO;
	return !exit && open ? CTL_INVALID : exit;
}

enum ctl_exit ctl_net_plan_verb(struct ctl *c, int argc, char **argv)
{
	const char *value[3] = {NULL};
	struct call k = {.c = c};
	const struct ctl_option options[] = {
		{"apply", NULL, &k.apply},
		{"outside-gateway", &value[0], NULL},
		{"inside-gateway", &value[1], NULL},
		{"inside", &value[2], NULL},
	};
	enum ctl_exit exit = ctl_options(c, options, 4, &argc, argv);

	if (!exit && argc)
		exit = ctl_usage(c, "net plan wants no words");
	if (!exit)
		exit = ctl_config(c);
	if (!exit)
		exit = take_options(&k, value);
	if (!exit)
		exit = load_topology(&k);
	if (!exit) {
		k.steps = json_array();
		make_wants(&k);
		exit = run(&k);
		ctl_put(c, "steps", k.steps);
	}
	edge_config_free(k.given);
	topo_drop(k.topo);
	return exit;
}
