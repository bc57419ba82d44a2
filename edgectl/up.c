/* up: from a bundle to services that run, and a verdict; as often as wanted. */
#include <jansson.h>
#include <time.h>

#include "edgectl/setup.h"

/* Everything, in order; what a certificate still lacks keeps nothing else
 * from being done. */
static enum ctl_exit run(struct ctl_setup *s)
{
	enum ctl_exit exit = ctl_setup_settings(s), certs;

	if (!exit) {
		ctl_say(s->c, "1 %s", ctl_setup_step_name(CTL_SETUP_STORE));
		exit = ctl_setup_store(s);
	}
	if (exit)
		return exit;
	ctl_say(s->c, "2 %s", ctl_setup_step_name(CTL_SETUP_PARTS));
	exit = ctl_setup_parts(s);
	if (exit)
		return exit;
	ctl_say(s->c, "3 %s", ctl_setup_step_name(CTL_SETUP_CERTIFICATES));
	certs = ctl_setup_certificates(s);
	ctl_say(s->c, "4 %s", ctl_setup_step_name(CTL_SETUP_START));
	exit = ctl_setup_start(s);
	return certs ? certs : exit;
}

static bool is_serving(struct ctl_setup *s)
{
	struct ctl_setup_world w;

	ctl_setup_look(s, &w);
	return ctl_setup_serves(&w.facts);
}

/* One line that says whether it serves, then what is left and for whom. */
static void tell_verdict(struct ctl_setup *s, unsigned errors)
{
	const bool serves = is_serving(s);
	const char *name = s->topo ? s->topo->self : "this host";

	ctl_put(s->c, "serves", serves ? json_true() : json_false());
	if (serves && !errors)
		ctl_say(s->c, "%s serves%s%s", name,
			s->left.count ? "" : "; nothing is left to do",
			s->c->warnings ? "; see the warnings above" : "");
	else
		ctl_say(s->c, "%s %s; %u finding%s above want mending", name,
			serves ? "serves, but not well" : "does not serve yet",
			errors, errors == 1 ? "" : "s");
	ctl_setup_tell_left(s);
}

enum ctl_exit ctl_up(struct ctl *c, int argc, char **argv)
{
	struct ctl_setup s = {.c = c};
	struct ctl_option options[CTL_SETUP_OPTIONS + 1];
	enum ctl_exit exit, doctor;

	ctl_setup_options(&s, options);
	options[CTL_SETUP_OPTIONS] = (struct ctl_option){"as", &s.fqdn, NULL};
	exit = ctl_options(c, options, CTL_SETUP_OPTIONS + 1, &argc, argv);
	if (exit)
		return exit;
	if (argc != 1)
		return ctl_usage(c, "up wants one BUNDLE");
	s.bundle = argv[0];
	exit = run(&s);
	if (!s.topo) { /* nothing that a doctor could look at */
		ctl_setup_fini(&s);
		return exit;
	}
	ctl_say(c, "doctor");
	c->now_s = (uint64_t)time(NULL); /* services have made keys since */
	doctor = ctl_doctor(c, 0, NULL);
	tell_verdict(&s, c->errors);
	if (!exit)
		exit = doctor;
	if (!exit && s.left.count)
		exit = CTL_WARNINGS;
	ctl_setup_fini(&s);
	return exit;
}
