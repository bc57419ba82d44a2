/* doctor: runs the families, prints what is good and what is not. */
#include "edgectl/doctor.h"

#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "edgectl/clean.h"
#include "topology/store.h"

static const struct family {
	const char *name;
	ctl_doctor_family *run;
	bool wants_topology;
	const char *text;
} families[] = {
	/* clang-format off */
	{"NET", ctl_doctor_net, false, "addresses, routes, forwarding"},
	{"FW", ctl_doctor_fw, true, "packet filter"},
	{"TOP", ctl_doctor_top, false, "topology"},
	{"SYS", ctl_doctor_sys, false, "files, buffers, ports, clock, users"},
	{"DNS", ctl_doctor_dns, true, "HOSTS, and what the world looks up"},
	{"CRT", ctl_doctor_crt, true, "certificates and whom to trust"},
	{"TLS", ctl_doctor_tls, true, "what listeners show and speak"},
	{"SVC", ctl_doctor_svc, true, "services and their neighbours"},
	/* clang-format on */
};

enum { ANSWER_MS = 2500 /* ours: a service that takes longer hangs */ };

enum { FAMILIES = sizeof(families) / sizeof(*families) };

void ctl_doctor_good(struct ctl_doctor *d, const char *fmt, ...)
{
	char text[TOPO_FINDING_TEXT];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	ctl_clean(text);
	d->good++;
	if (!d->is_quiet)
		ctl_say(d->c, "  ✓ %-3s %s", d->family, text);
	json_array_append_new(d->checks, json_pack("{s:s, s:s}", "family",
						   d->family, "good", text));
}

void ctl_doctor_bad(struct ctl_doctor *d, enum topo_level level, const char *id,
		    const char *place, const char *fmt, ...)
{
	char text[TOPO_FINDING_TEXT];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	fflush(stdout); /* findings go to stderr, in their place */
	ctl_cure_tool(&d->cure, d->c);
	ctl_find_show(d->c, &(struct ctl_finding){
				    .level = level,
				    .id = id,
				    .place = place,
				    .saw = text,
				    .cure = &d->cure,
			    });
	d->cure.count = d->cure.left_out = 0;
}

/* Whom the word of --family names: a list with commas. */
static bool is_wanted(const char *list, const char *name)
{
	size_t len = strlen(name);

	for (const char *p = list; p; p = strchr(p, ',')) {
		p += *p == ',';
		if (!strncasecmp(p, name, len) && (!p[len] || p[len] == ','))
			return true;
	}
	return !list;
}

static bool is_known(const char *list)
{
	const char *p = list;

	while (p && *p) {
		size_t len = strcspn(p, ",");
		bool found = false;

		for (size_t i = 0; i < FAMILIES; i++)
			found |= strlen(families[i].name) == len &&
				 !strncasecmp(families[i].name, p, len);
		if (!found)
			return false;
		p += len + (p[len] == ',');
	}
	return true;
}

static void look_around(struct ctl_doctor *d)
{
	struct topo_store *s = NULL;
	enum edge_err err;

	err = topo_store_open(&s, d->c->config->state);
	if (!err)
		err = topo_store_current(s, &d->topo, d->why, sizeof(d->why));
	topo_store_free(s);
	d->no_topo = err;
	if (err)
		d->topo = NULL; /* TOP says why */
	for (size_t i = 0; i < CTL_DAEMONS; i++)
		d->status[i] = ctl_daemon_get(d->c, ctl_daemons[i],
					      "/v1/status", &d->silent[i]);
}

static void run(struct ctl_doctor *d, const char *wanted)
{
	for (size_t i = 0; i < FAMILIES; i++) {
		const struct family *f = &families[i];

		if (!is_wanted(wanted, f->name) ||
		    (f->wants_topology && !d->topo))
			continue;
		d->family = f->name;
		f->run(d);
	}
}

static void sum_up(struct ctl_doctor *d)
{
	struct ctl *c = d->c;

	fflush(stderr);
	ctl_put_number(c, "good", d->good);
	ctl_put_number(c, "errors", c->errors);
	ctl_put_number(c, "warnings", c->warnings);
	if (!c->errors && !c->warnings)
		ctl_say(c, "all good: %u checks", d->good);
	else
		ctl_say(c, "%u error%s, %u warning%s; %u checks good",
			c->errors, c->errors == 1 ? "" : "s", c->warnings,
			c->warnings == 1 ? "" : "s", d->good);
}

enum ctl_exit ctl_doctor(struct ctl *c, int argc, char **argv)
{
	const char *wanted = NULL;
	struct ctl_doctor d = {.c = c};
	const struct ctl_option options[] = {
		{"family", &wanted, NULL},
		{"quiet", NULL, &d.is_quiet},
	};
	enum ctl_exit exit = ctl_options(c, options, 2, &argc, argv);

	if (!exit && argc)
		exit = ctl_usage(c, "doctor wants no words");
	if (!exit && !is_known(wanted))
		exit = ctl_usage(c, "no family \"%.40s\"", wanted);
	if (!exit)
		exit = ctl_config(c);
	if (exit)
		return exit;
	d.checks = json_array();
	c->answer_ms = ANSWER_MS;
	(void)ctl_tool(c, d.tool, sizeof(d.tool)); /* see ctl_doctor_bad */
	look_around(&d);
	run(&d, wanted);
	ctl_put(c, "checks", d.checks);
	sum_up(&d);
	for (size_t i = 0; i < CTL_DAEMONS; i++)
		json_decref(d.status[i]);
	topo_drop(d.topo);
	return c->errors ? CTL_WARNINGS : CTL_GOOD;
}
