/* policy explain: what access-edge decides on a message, and why; or what
 * another topology would change. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/admin.h"
#include "common/log.h"
#include "edgectl/policy.h"
#include "topology/snap.h"

static const char daemon_name[] = "access-edge";

enum { WORD = 600, LINE = 1000, TITLE = 2 * LINE + 8 };

struct wish {
	struct ctl_policy_source source;
	const char *from, *to, *peer, *method;
};

/* ---- asking ---- */

static enum ctl_exit put_topology(struct ctl *c, json_t *question,
				  const struct ctl_policy_source *source)
{
	const struct topo *t = NULL;
	enum ctl_exit exit = ctl_policy_topology(c, &t, source);
	char *text = NULL;
	size_t len = 0;
	enum edge_err err;

	if (exit)
		return exit;
	err = topo_snap_encode(&text, &len, t);
	if (err)
		exit = ctl_fail(c, err, "TOPO-SNAP-001", source->file, "%s",
				ctl_reason(err));
	else
		json_object_set_new(question, "topology",
				    json_stringn(text, len));
	free(text);
	topo_drop(t);
	return exit;
}

static void put_word(json_t *question, const char *name, const char *word)
{
	if (word)
		json_object_set_new(question, name, json_string(word));
}

static enum ctl_exit no_answer(struct ctl *c, enum edge_err err)
{
	if (err == EDGE_ENOTFOUND)
		return ctl_fail(c, EDGE_EREFUSED, "CTL-014", daemon_name,
				"not running: it alone knows its settings and "
				"the traffic of the last hour");
	return ctl_fail(c, EDGE_EREFUSED, "CTL-016", daemon_name, "%s",
			ctl_reason(err));
}

/* What it says when it does not judge. */
static enum ctl_exit refused(struct ctl *c, const struct edge_admin_answer *a)
{
	json_t *o = json_loads(a->body, 0, NULL);
	const char *code = json_string_value(json_object_get(o, "refused"));
	const char *why = json_string_value(json_object_get(o, "why"));
	bool is_ours = code && !strcmp(code, "question");
	enum ctl_exit exit =
		ctl_fail(c, is_ours ? EDGE_EFORMAT : EDGE_EREFUSED,
			 is_ours ? "CTL-040" : "CTL-041", daemon_name, "%u: %s",
			 a->status, why ? why : "no reason given");

	json_decref(o);
	return exit;
}

static enum ctl_exit call(struct ctl *c, json_t **out, const char *body)
{
	const struct edge_admin_question q = {.run = c->config->run,
					      .daemon = daemon_name,
					      .method = "POST",
					      .path = "/v1/explain",
					      .json = edge_slice_str(body)};
	struct edge_admin_answer a = {0};
	enum ctl_exit exit = CTL_GOOD;
	enum edge_err err;

	if (edge_slice_len(q.json) > EDGE_ADMIN_BODY_MAX)
		return ctl_fail(c, EDGE_ELIMIT, "CTL-041", daemon_name,
				"%zu bytes to ask", edge_slice_len(q.json));
	err = edge_admin_call(&a, &q);
	if (err)
		return no_answer(c, err);
	if (a.status == 200)
		*out = json_loads(a.body, 0, NULL);
	if (!*out)
		exit = refused(c, &a);
	free(a.body);
	return exit;
}

static enum ctl_exit ask(struct ctl *c, json_t **out, const struct wish *w)
{
	json_t *question = json_object();
	enum ctl_exit exit = CTL_GOOD;
	char *body = NULL;

	put_word(question, "from", w->from);
	put_word(question, "to", w->to);
	put_word(question, "peer", w->peer);
	put_word(question, "method", w->method);
	if (w->source.file)
		exit = put_topology(c, question, &w->source);
	if (!exit)
		body = json_dumps(question, JSON_COMPACT);
	json_decref(question);
	if (exit)
		return exit;
	exit = body ? call(c, out, body)
		    : ctl_fail(c, EDGE_EFORMAT, "CTL-040", daemon_name,
			       "text that is not UTF-8");
	free(body);
	return exit;
}

/* ---- one decision ---- */

/* Of the service's own tables. */
static const char *own(const json_t *o, const char *name)
{
	const char *s = json_string_value(json_object_get(o, name));

	return s ? s : "";
}

/* What peers or administrators wrote. */
static const char *word(const json_t *o, const char *name, char out[WORD])
{
	return edge_log_escape(out, WORD, edge_slice_str(own(o, name)));
}

static bool is(const json_t *o, const char *name, const char *value)
{
	return strcmp(own(o, name), value) == 0;
}

static bool is_true(const json_t *o, const char *name)
{
	return json_is_true(json_object_get(o, name));
}

static long long number(const json_t *o, const char *name)
{
	return (long long)json_integer_value(json_object_get(o, name));
}

/* AE 3.3, in words. */
static const char *verified(const json_t *o)
{
	if (is(o, "level", "AlwaysVerifiable"))
		return "verified";
	if (is(o, "level", "AlwaysUnverifiable"))
		return "unverified";
	return "verified when it says so itself";
}

/* What comes of it, in a line. */
static void outcome(char dst[LINE], const json_t *o)
{
	char peer[WORD];

	if (!is_true(o, "passes"))
		snprintf(dst, LINE, "refused: %lld, ms-diagnostics %lld, %s",
			 number(o, "status"), number(o, "errid"),
			 own(o, "text"));
	else if (is(o, "direction", "user"))
		snprintf(dst, LINE, "passes inward as %s", own(o, "type"));
	else if (is(o, "direction", "out"))
		snprintf(dst, LINE, "passes outward to %s as %s",
			 word(o, "peer", peer), own(o, "type"));
	else
		snprintf(dst, LINE, "passes inward as %s, %s (%s)%s",
			 own(o, "type"), verified(o), own(o, "level"),
			 is_true(o, "limited")
				 ? ", limited as discovered partners are"
				 : "");
}

static void say_steps(const struct ctl *c, const char *title,
		      const json_t *verdict)
{
	const json_t *steps = json_object_get(verdict, "steps");
	char row[WORD];

	for (size_t i = 0; i < json_array_size(steps); i++) {
		const json_t *s = json_array_get(steps, i);

		ctl_say(c, "  %-10s  %-31s %-28s %s", i ? "" : title,
			own(s, "check"), word(s, "row", row),
			own(s, "outcome"));
	}
}

/* What was taken for granted. */
static void say_assumed(const struct ctl *c, const json_t *o)
{
	char peer[WORD], domain[WORD];

	word(o, "peer", peer);
	if (is_true(o, "peer_assumed") && is(o, "direction", "in"))
		ctl_say(c,
			"assumed: the peer's certificate names %s; --peer asks "
			"about another",
			peer);
	if (*word(o, "srv_assumed", domain))
		ctl_say(c,
			"assumed: the SRV record _sipfederationtls._tcp.%s "
			"leads to %s; DNS was not asked",
			domain, peer);
	if (is_true(o, "passes") && is(o, "direction", "in") &&
	    is(o, "level", "UseSourceVerification"))
		ctl_say(c, "assumed: the message has no "
			   "ms-asserted-verification-level of its own");
}

static enum ctl_exit tell_one(struct ctl *c, const json_t *o)
{
	char line[LINE], peer[WORD];

	outcome(line, o);
	ctl_say(c, "%s", line);
	say_steps(c, "connection", json_object_get(o, "connection"));
	say_steps(c, "message", json_object_get(o, "message"));
	ctl_say(c, "peer=%s reason=%s rule=%s",
		*word(o, "peer", peer) ? peer : "-", own(o, "reason"),
		own(o, "rule"));
	say_assumed(c, o);
	return is_true(o, "passes") ? CTL_GOOD : CTL_WARNINGS;
}

/* ---- the last hour ---- */

/* "was -> becomes" of one changed kind. */
static void heading(char dst[TITLE], const json_t *row)
{
	char was[LINE], becomes[LINE];

	outcome(was, json_object_get(row, "was"));
	outcome(becomes, json_object_get(row, "becomes"));
	snprintf(dst, TITLE, "%s -> %s", was, becomes);
}

static bool has_heading(const json_t *row, const char *title)
{
	char other[TITLE];

	heading(other, row);
	return strcmp(other, title) == 0;
}

/* The last check of a rule. */
static const char *last_check(const json_t *o)
{
	const char *rule = own(o, "rule"), *comma = strrchr(rule, ',');

	return comma ? comma + 1 : rule;
}

static void say_row(const struct ctl *c, const json_t *row)
{
	const json_t *becomes = json_object_get(row, "becomes");
	char from[WORD], to[WORD], method[WORD], peer[WORD];

	word(row, "from", from);
	if (!json_object_get(row, "count")) {
		ctl_say(c, "  %8s  %-10s of %s  %s", "users", "any", from,
			last_check(becomes));
		return;
	}
	word(json_object_get(row, "was"), "peer", peer);
	if (!*peer)
		word(becomes, "peer", peer);
	ctl_say(c, "  %8lld  %-10s %s -> %s  peer %s  %s", number(row, "count"),
		word(row, "method", method), from, word(row, "to", to),
		*peer ? peer : "-", last_check(becomes));
}

/* All rows with the heading of the first, unless an earlier one had it. */
static void say_group(const struct ctl *c, const json_t *changed, size_t first)
{
	const json_t *row = json_array_get(changed, first);
	char title[TITLE];

	heading(title, row);
	for (size_t i = 0; i < first; i++)
		if (has_heading(json_array_get(changed, i), title))
			return;
	ctl_say(c, "%s", title);
	for (size_t i = first; i < json_array_size(changed); i++)
		if (has_heading(json_array_get(changed, i), title))
			say_row(c, json_array_get(changed, i));
}

static enum ctl_exit tell_hour(struct ctl *c, const json_t *o)
{
	const json_t *changed = json_object_get(o, "changed");
	size_t n = json_array_size(changed);

	if (!n) {
		ctl_say(c,
			"nothing changes for %lld kinds of traffic of the last "
			"hour, nor for users",
			number(o, "judged"));
		return CTL_GOOD;
	}
	for (size_t i = 0; i < n; i++)
		say_group(c, changed, i);
	if (number(o, "left_off"))
		ctl_say(c, "and %lld more that change", number(o, "left_off"));
	ctl_say(c,
		"of %lld kinds of traffic of the last hour; DNS was not asked",
		number(o, "judged"));
	return CTL_WARNINGS;
}

/* ---- the verb ---- */

static const char *wrong_call(const struct wish *w, int words)
{
	bool asks = w->from && w->to;

	if (words)
		return "policy explain wants no words, only options";
	if (w->source.self && !w->source.file)
		return "--self goes with --topology";
	if (!asks && (w->from || w->to || w->peer || w->method))
		return "--from and --to go together, --peer and --method with "
		       "them";
	return asks || w->source.file ? NULL
				      : "policy explain wants --from and --to, "
					"or --topology";
}

enum ctl_exit ctl_policy_explain(struct ctl *c, int argc, char **argv)
{
	struct wish w = {0};
	const struct ctl_option options[] = {
		{"topology", &w.source.file, NULL},
		{"self", &w.source.self, NULL},
		{"from", &w.from, NULL},
		{"to", &w.to, NULL},
		{"peer", &w.peer, NULL},
		{"method", &w.method, NULL},
	};
	enum ctl_exit exit = ctl_options(c, options, 6, &argc, argv);
	const char *wrong = wrong_call(&w, argc);
	json_t *o = NULL;

	if (!exit && wrong)
		exit = ctl_usage(c, "%s", wrong);
	if (!exit)
		exit = ctl_config(c);
	if (!exit)
		exit = ask(c, &o, &w);
	if (exit)
		return exit;
	exit = w.from ? tell_one(c, o) : tell_hour(c, o);
	ctl_put(c, w.from ? "explained" : "comparison", o);
	return exit;
}
