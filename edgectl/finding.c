/* Findings: saw, want, why, fix, what to run, and where to read more. */
#include "edgectl/finding.h"

#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "edgectl/clean.h"
#include "edgectl/quote.h"

static const struct ctl_advice advices[] = {
#define FINDING(id, want, why, fix) {id, want, why, fix},
#include "edgectl/finding.def"
#include "edgectl/doctor.def"
#undef FINDING
};

const struct ctl_advice *ctl_advice_find(const char *id)
{
	for (size_t i = 0; i < sizeof(advices) / sizeof(*advices); i++)
		if (!strcmp(advices[i].id, id))
			return &advices[i];
	return NULL;
}

const char *ctl_family_of(const char *id)
{
	static const struct {
		const char *prefix, *family;
	} rows[] = {
		{"NET-", "NET"},   {"FW-", "FW"},   {"DNS-", "DNS"},
		{"HOSTS-", "DNS"}, {"TLS-", "TLS"}, {"CERT-", "CRT"},
		{"TOPO-", "TOP"},  {"TOP-", "TOP"}, {"SYS-", "SYS"},
		{"SVC-", "SVC"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (!strncmp(id, rows[i].prefix, strlen(rows[i].prefix)))
			return rows[i].family;
	return "CTL";
}

const char *ctl_hands_name(enum ctl_hands hands)
{
	static const char *const names[] = {
		[CTL_ON_EDGE] = "edge",		[CTL_ON_MEMBER] = "member",
		[CTL_ON_INSIDE] = "inside",	[CTL_ON_DNS] = "dns",
		[CTL_ON_FIREWALL] = "firewall", [CTL_ON_CA] = "ca",
	};

	return names[hands];
}

/* Empty when it is too long: half a command is worse than none. */
static void print_step(struct ctl_cure_step *s, const char *fmt, va_list ap)
	EDGE_PRINTF(2, 0);
static void print_step(struct ctl_cure_step *s, const char *fmt, va_list ap)
{
	const int n = vsnprintf(s->line, sizeof(s->line), fmt, ap);

	if (n < 0 || (size_t)n >= sizeof(s->line))
		*s->line = '\0';
	ctl_clean(s->line); /* names of others stand in it */
}

static void put_step(struct ctl_cure *k, const struct ctl_cure_step *s,
		     size_t room)
{
	if (k->count < room && *s->line)
		k->step[k->count++] = *s;
	else
		k->left_out++;
}

void ctl_cure_add(struct ctl_cure *k, enum ctl_hands hands, const char *fmt,
		  ...)
{
	struct ctl_cure_step s = {.hands = hands};
	va_list ap;

	va_start(ap, fmt);
	print_step(&s, fmt, ap);
	va_end(ap);
	put_step(k, &s, CTL_CURE_LINES - 1);
}

void ctl_cure_end(struct ctl_cure *k, enum ctl_hands hands, const char *fmt,
		  ...)
{
	struct ctl_cure_step s = {.hands = hands};
	va_list ap;

	va_start(ap, fmt);
	print_step(&s, fmt, ap);
	va_end(ap);
	put_step(k, &s, CTL_CURE_LINES);
}

void ctl_cure_restart(struct ctl_cure *k, enum ctl_hands hands,
		      const char *service)
{
	static const struct {
		const char *service, *cuts;
	} rows[] = {
		{"access-edge", "users sign in again"},
		{"av-edge", "cuts calls; `edgectl drain av-edge` before it "
			    "sees them out"},
		{"webconf-edge", "who is in a meeting joins again"},
	};
	const char *cuts = NULL;

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (!strcmp(rows[i].service, service))
			cuts = rows[i].cuts;
	ctl_cure_add(k, hands, "systemctl restart %s%s%s", service,
		     cuts ? "  # " : "", cuts ? cuts : "");
}

bool ctl_tool(const struct ctl *c, char *out, size_t cap)
{
	const bool is_usual = !strcmp(c->config_path, CTL_CONFIG);
	struct ctl_quoted file;
	int n = -1;

	if (!is_usual && ctl_quote(&file, c->config_path))
		n = snprintf(out, cap, "edgectl --config %s", file.text);
	if (n >= 0 && (size_t)n < cap)
		return true;
	(void)snprintf(out, cap, "edgectl");
	return is_usual;
}

static bool name_tool(char line[CTL_CURE_LINE], const char *tool)
{
	const size_t len = strlen(tool), old = sizeof("edgectl") - 1;
	const size_t rest = strlen(line + old) + 1;

	if (!strncmp(line, tool, len) && line[len] == ' ')
		return true; /* as it should be */
	if (len + rest > CTL_CURE_LINE)
		return false;
	memmove(line + len, line + old, rest);
	memcpy(line, tool, len);
	return true;
}

void ctl_cure_tool(struct ctl_cure *k, const struct ctl *c)
{
	char tool[CTL_CURE_LINE / 2];
	const bool is_known = ctl_tool(c, tool, sizeof(tool));
	size_t kept = 0;

	for (size_t i = 0; i < k->count; i++) {
		struct ctl_cure_step s = k->step[i];
		const bool calls = s.hands == CTL_ON_EDGE &&
				   !strncmp(s.line, "edgectl ", 8);

		if (!calls || (is_known && name_tool(s.line, tool)))
			k->step[kept++] = s;
		else
			k->left_out++;
	}
	k->count = kept;
}

static void count(struct ctl *c, enum topo_level level)
{
	c->errors += level >= TOPO_ERROR;
	c->warnings += level == TOPO_WARN;
}

static json_t *cure_json(const struct ctl_cure *k)
{
	json_t *rows = json_array();

	for (size_t i = 0; k && i < k->count; i++)
		json_array_append_new(
			rows, json_pack("{s:s, s:s}", "on",
					ctl_hands_name(k->step[i].hands), "run",
					k->step[i].line));
	return rows;
}

static void show_json(struct ctl *c, const struct ctl_advice *a,
		      const struct ctl_finding *f)
{
	json_t *o =
		json_pack("{s:s, s:s, s:s, s:s, s:s#, s:s, s:s, s:s, s:o}",
			  "id", f->id, "family", ctl_family_of(f->id), "level",
			  topo_level_name(f->level), "place", f->place, "saw",
			  f->saw, strlen(f->saw), "want", a->want, "why",
			  a->why, "fix", a->fix, "cure", cure_json(f->cure));

	if (o && *a->id)
		json_object_set_new(o, "page",
				    json_sprintf("%s/%s.md", CTL_PAGES, a->id));
	if (o && f->cure && f->cure->left_out)
		json_object_set_new(
			o, "cure_left_out",
			json_integer((json_int_t)f->cure->left_out));
	json_array_append_new(c->findings, o);
}

static void show_text(const struct ctl_advice *a, const struct ctl_cure *k)
{
	if (!*a->id)
		return;
	fprintf(stderr, "  want: %s\n  why:  %s\n  fix:  %s\n", a->want, a->why,
		a->fix);
	for (size_t i = 0; k && i < k->count; i++)
		fprintf(stderr, "  %s %-8s %s\n",
			i ? "    " : "run:", ctl_hands_name(k->step[i].hands),
			k->step[i].line);
	if (k && k->left_out)
		fprintf(stderr,
			"       and %zu steps more: run these, then look "
			"again\n",
			k->left_out);
	fprintf(stderr, "  more: %s/%s.md\n", CTL_PAGES, a->id);
}

static void show(struct ctl *c, const struct ctl_finding *f)
{
	static const struct ctl_advice none = {"", "", "", ""};
	const struct ctl_advice *a = ctl_advice_find(f->id);

	if (!a)
		a = &none;
	count(c, f->level);
	if (c->json) {
		show_json(c, a, f);
		return;
	}
	fprintf(stderr, "%s %s at %s\n  saw:  %s\n", topo_level_name(f->level),
		f->id, f->place, f->saw);
	show_text(a, f->cure);
}

/* What others wrote, and what was cut, is cleaned here once for all. */
void ctl_find_show(struct ctl *c, const struct ctl_finding *f)
{
	char saw[2 * TOPO_FINDING_TEXT], place[TOPO_FINDING_TEXT];
	struct ctl_finding clean = *f;

	(void)snprintf(saw, sizeof(saw), "%s", f->saw);
	(void)snprintf(place, sizeof(place), "%s", f->place);
	clean.saw = ctl_clean(saw);
	clean.place = ctl_clean(place);
	show(c, &clean);
}

static void say(struct ctl *c, enum topo_level level, const char *id,
		const char *place, const char *saw)
{
	ctl_find_show(c, &(struct ctl_finding){
				 .level = level,
				 .id = id,
				 .place = place,
				 .saw = saw,
			 });
}

void ctl_find(struct ctl *c, enum topo_level level, const char *id,
	      const char *place, const char *fmt, ...)
{
	char text[TOPO_FINDING_TEXT];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	say(c, level, id, place, text);
}

/* Where in the document, as words. */
static void place_of(char *dst, size_t cap, const struct topo_finding *p)
{
	const char *path = *p->path ? p->path : "the document";

	if (p->line && p->column)
		snprintf(dst, cap, "%s, line %u column %u", path, p->line,
			 p->column);
	else if (p->line)
		snprintf(dst, cap, "%s, line %u", path, p->line);
	else
		snprintf(dst, cap, "%s", path);
}

void ctl_find_all(struct ctl *c, const struct topo_findings *f)
{
	char place[256];

	for (size_t i = 0; i < f->count; i++) {
		const struct topo_finding *p = &f->items[i];

		place_of(place, sizeof(place), p);
		say(c, p->level, p->code, place, p->text);
	}
	if (f->dropped)
		ctl_say(c, "and %zu more findings", f->dropped);
}

enum ctl_exit ctl_fail(struct ctl *c, enum edge_err err, const char *id,
		       const char *place, const char *fmt, ...)
{
	char text[TOPO_FINDING_TEXT];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	say(c, TOPO_ERROR, id, place, text);
	return ctl_exit_of(err);
}
