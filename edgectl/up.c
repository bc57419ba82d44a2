/* up: from a bundle to services that run, and a verdict; as often as wanted. */
#include <jansson.h>
#include <time.h>

#include "edgectl/setup.h"
#include "edgectl/up_tests.h"

enum { OPTIONS = CTL_SETUP_OPTIONS + CTL_UP_TEST_OPTIONS + 1 };

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
static void tell_verdict(struct ctl_setup *s, bool serves)
{
	const unsigned errors = s->c->errors;
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

/* What can be seen from here, what users would see, and what to think of it. */
static enum ctl_exit judge(struct ctl_setup *s, const struct ctl_up_people *p)
{
	enum ctl_exit exit;
	bool serves;

	ctl_say(s->c, "doctor");
	s->c->now_s = (uint64_t)time(NULL); /* services have made keys since */
	exit = ctl_doctor(s->c, 0, NULL);
	serves = is_serving(s);
	ctl_up_tests(s->c, p, serves ? NULL : "not all services run");
	tell_verdict(s, serves);
	return s->c->errors ? CTL_WARNINGS : exit;
}

enum ctl_exit ctl_up(struct ctl *c, int argc, char **argv)
{
	struct ctl_option options[OPTIONS];
	struct ctl_setup s = {
		.c = c, .is_up = true, .option = options, .options = OPTIONS};
	struct ctl_up_people people = {0};
	enum ctl_exit exit, judged;

	ctl_setup_options(&s, options);
	ctl_up_test_options(&people, options + CTL_SETUP_OPTIONS);
	options[OPTIONS - 1] = (struct ctl_option){"as", &s.fqdn, NULL};
	exit = ctl_options(c, options, OPTIONS, &argc, argv);
	if (!exit)
		exit = ctl_up_people_check(c, &people);
	if (exit)
		return exit;
	if (argc != 1)
		return ctl_usage(c, "up wants one BUNDLE");
	s.bundle = argv[0];
	exit = run(&s);
	if (s.topo) { /* else nothing that a doctor could look at */
		judged = judge(&s, &people);
		if (!exit)
			exit = judged;
		if (!exit && s.left.count)
			exit = CTL_WARNINGS;
	}
	ctl_setup_fini(&s);
	return exit;
}
