/* What set-up leaves to others, and the call that takes it up again. */
#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "edgectl/keyring.h"
#include "edgectl/quote.h"
#include "edgectl/setup.h"

void ctl_setup_left(struct ctl_setup *s, enum ctl_hands hands, const char *fmt,
		    ...)
{
	char tool[CTL_CURE_LINE / 2] = "edgectl", line[CTL_CURE_LINE];
	va_list ap;
	bool fits = true;

	/* on another host it is called as ever */
	if (hands == CTL_ON_EDGE)
		fits = ctl_tool(s->c, tool, sizeof(tool));
	va_start(ap, fmt);
	(void)vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	if (fits)
		ctl_cure_add(&s->left, hands, "%s %s", tool, line);
	else
		s->left.left_out++;
	s->is_again = true;
}

/* Of the steps here set-up does the import and the reloads itself. */
static void add_key_step(struct ctl_setup *s, const struct ctl_cure_step *step)
{
	if (step->hands != CTL_ON_EDGE)
		ctl_cure_add(&s->left, step->hands, "%s", step->line);
}

void ctl_setup_left_keys(struct ctl_setup *s, bool has_route, bool has_psom)
{
	const struct ctl_key_cure how[2] = {
		{"edgectl", "route", "access-edge", s->topo->member_count},
		{"edgectl", "psom", "webconf-edge", s->topo->member_count}};
	const bool both = !has_route && !has_psom;
	struct ctl_cure of[2] = {{.count = 0}};

	ctl_key_cure(&of[0], &how[has_route]);
	ctl_key_cure(&of[1], &how[!has_psom]);
	for (size_t i = 0; i < of[0].count; i++) {
		add_key_step(s, &of[0].step[i]);
		/* a line that serves for both is told once */
		if (both && strcmp(of[0].step[i].line, of[1].step[i].line) != 0)
			add_key_step(s, &of[1].step[i]);
	}
	s->is_again = s->is_other_bundle = true;
}

static bool is_in(const char *name, const char *const *list)
{
	for (; *list; list++)
		if (!strcmp(*list, name))
			return true;
	return false;
}

/* What edge.ini has kept of this call, the store too when it was setup; of
 * another bundle nothing of this one's holds. */
static bool is_kept(const struct ctl_setup *s, const char *option)
{
	static const char *const in_ini[] = {
		"lab",
		"outside-gateway",
		"inside-gateway",
		"inside",
		"manage",
		"resolv",
		"trust-public",
		"trust-internal",
		"operator-keys",
		"non-interactive", /* --yes says so */
		NULL};
	static const char *const in_store[] = {"bundle", "hosts", "unsigned",
					       "fqdn", NULL};

	const bool is_stored =
		s->is_other_bundle || (s->is_imported && !s->is_up);

	return is_in(option, in_ini) || (is_stored && is_in(option, in_store));
}

/* " --hosts FILE"; false: it has no room, or nobody should paste it. */
static bool put_option(char out[CTL_CURE_LINE], const struct ctl_option *o)
{
	const size_t len = strlen(out), room = CTL_CURE_LINE - len;
	struct ctl_quoted word = {""};
	int n;

	if (o->is_set ? !*o->is_set : !*o->value)
		return true;
	if (!o->is_set && !ctl_quote(&word, *o->value))
		return false;
	n = snprintf(out + len, room, " --%s%s%s", o->name,
		     *word.text ? " " : "", word.text);
	return n > 0 && (size_t)n < room;
}

/* The whole call; half of it would do something else. */
bool ctl_setup_again(const struct ctl_setup *s, char out[CTL_CURE_LINE])
{
	char tool[CTL_CURE_LINE / 2];
	struct ctl_quoted bundle = {""};
	bool fits = ctl_tool(s->c, tool, sizeof(tool));
	int n;

	if (s->is_other_bundle)
		fits = fits && ctl_quote(&bundle, "FOLDER");
	else if (s->is_up)
		fits = fits && ctl_quote(&bundle, s->bundle);
	n = snprintf(out, CTL_CURE_LINE, "%s %s%s%s", tool,
		     s->is_up ? "up" : "setup",
		     s->is_up		  ? " "
		     : s->is_other_bundle ? " --bundle "
					  : "",
		     bundle.text);
	fits = fits && n > 0 && n < CTL_CURE_LINE;
	for (size_t i = 0; fits && i < s->options; i++)
		if (!is_kept(s, s->option[i].name))
			fits = put_option(out, &s->option[i]);
	return fits;
}

/* The last line: without it those before are in vain. */
static void tell_again(struct ctl_setup *s)
{
	char line[CTL_CURE_LINE];

	if (ctl_setup_again(s, line))
		ctl_cure_end(&s->left, CTL_ON_EDGE, "%s", line);
	else
		s->left.left_out++;
}

static void tell_left_out(struct ctl_setup *s)
{
	if (s->left.left_out)
		ctl_say(s->c, "  and %zu more: run this call again after these",
			s->left.left_out);
	ctl_put_number(s->c, "left_out", s->left.left_out);
}

void ctl_setup_tell_left(struct ctl_setup *s)
{
	json_t *rows = json_array();

	if (s->is_again)
		tell_again(s);
	if (s->left.count)
		ctl_say(s->c, "left to do:");
	for (size_t i = 0; i < s->left.count; i++) {
		const struct ctl_cure_step *step = &s->left.step[i];

		ctl_say(s->c, "  %-8s %s", ctl_hands_name(step->hands),
			step->line);
		json_array_append_new(rows,
				      json_pack("{s:s, s:s}", "on",
						ctl_hands_name(step->hands),
						"do", step->line));
	}
	tell_left_out(s);
	ctl_put(s->c, "left", rows);
}
