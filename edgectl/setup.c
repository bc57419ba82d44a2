/* setup: the four steps that the Deployment Wizard has, taken up where they
 * are. */
#include "edgectl/setup.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "edgectl/setup_ask.h"
#include "edgectl/settings.h"

struct call {
	struct ctl_setup s;
	struct ctl_setup_answers answers;
	struct ctl_setup_world world;
	struct ctl_setup_step step[CTL_SETUP_STEPS];
	const char *only; /* "1" to "4"; NULL: all */
};

static void tell_steps(struct call *k)
{
	json_t *rows = json_array();

	for (size_t i = 0; i < CTL_SETUP_STEPS; i++) {
		const struct ctl_setup_step *p = &k->step[i];
		const char *mark = ctl_setup_mark_name(p->mark);
		const char *name = ctl_setup_step_name(i);
		const json_int_t number = (json_int_t)i + 1;

		ctl_say(k->s.c, "%zu %-6s  %s: %s", i + 1, mark, name, p->text);
		json_array_append_new(rows,
				      json_pack("{s:I, s:s, s:s, s:s}", "step",
						number, "name", name, "state",
						mark, "text", p->text));
	}
	ctl_put(k->s.c, "setup", rows);
}

static void look(struct call *k)
{
	ctl_setup_look(&k->s, &k->world);
	ctl_setup_judge(k->step, &k->world.facts);
	tell_steps(k);
}

static bool is_all_done(const struct call *k)
{
	for (size_t i = 0; i < CTL_SETUP_STEPS; i++)
		if (k->step[i].mark != CTL_SETUP_DONE)
			return false;
	return true;
}

/* One that is done is done again when something new was given for it. */
static bool is_due(const struct call *k, size_t step)
{
	if (k->only)
		return (size_t)(*k->only - '1') == step;
	return k->step[step].mark != CTL_SETUP_DONE ||
	       (step == CTL_SETUP_STORE && k->s.bundle);
}

static enum ctl_exit go(struct call *k)
{
	static enum ctl_exit (*const steps[CTL_SETUP_STEPS])(
		struct ctl_setup * s) = {ctl_setup_store, ctl_setup_parts,
					 ctl_setup_certificates,
					 ctl_setup_start};
	enum ctl_exit exit = CTL_GOOD;

	for (size_t i = 0; i < CTL_SETUP_STEPS; i++) {
		enum ctl_exit now;

		if (!is_due(k, i))
			continue;
		ctl_say(k->s.c, "%zu %s", i + 1, ctl_setup_step_name(i));
		now = steps[i](&k->s);
		/* a certificate that is refused keeps no service from
		 * starting that does not use it */
		if (now && i != CTL_SETUP_CERTIFICATES)
			return now;
		exit = now ? now : exit;
	}
	return exit;
}

static enum ctl_exit run(struct call *k)
{
	enum ctl_exit exit = ctl_setup_settings(&k->s);

	if (exit)
		return exit;
	look(k);
	if (!k->s.is_status)
		exit = ctl_setup_ask(&k->s, &k->answers, &k->world.facts);
	if (exit || k->s.is_status)
		return exit ? exit : is_all_done(k) ? CTL_GOOD : CTL_WARNINGS;
	exit = ctl_setup_settings(&k->s); /* with what was answered */
	if (!exit)
		exit = go(k);
	look(k);
	ctl_setup_tell_left(&k->s);
	return exit ? exit : is_all_done(k) ? CTL_GOOD : CTL_WARNINGS;
}

static enum ctl_exit check_words(struct call *k, int argc)
{
	if (argc)
		return ctl_usage(k->s.c, "setup wants no words");
	if (k->only &&
	    (strlen(k->only) != 1 || *k->only < '1' || *k->only > '4'))
		return ctl_usage(k->s.c, "--step \"%.20s\": want 1 to 4",
				 k->only);
	return CTL_GOOD;
}

enum ctl_exit ctl_setup(struct ctl *c, int argc, char **argv)
{
	struct call *k = calloc(1, sizeof(*k));
	struct ctl_option options[CTL_SETUP_OPTIONS + 6];
	enum ctl_exit exit;

	if (!k)
		return CTL_IO;
	k->s.c = c;
	ctl_setup_options(&k->s, options);
	memcpy(&options[CTL_SETUP_OPTIONS],
	       (const struct ctl_option[6]){
		       {"bundle", &k->s.bundle, NULL},
		       {"fqdn", &k->s.fqdn, NULL},
		       {"step", &k->only, NULL},
		       {"only-status", NULL, &k->s.is_status},
		       {"yes", NULL, &k->answers.is_mute},
		       {"non-interactive", NULL, &k->answers.is_mute},
	       },
	       6 * sizeof(*options));
	k->s.option = options;
	k->s.options = CTL_SETUP_OPTIONS + 6;
	exit = ctl_options(c, options, k->s.options, &argc, argv);
	if (!exit)
		exit = check_words(k, argc);
	if (!exit)
		exit = run(k);
	ctl_setup_fini(&k->s);
	free(k);
	return exit;
}
