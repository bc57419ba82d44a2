/* Walks the element stack by the rules' tables. */
#include "topology/read.h"

#include <stdio.h>
#include <string.h>

/* TO 1.2; a letter stands for each namespace in the rules. */
/* clang-format off */
static const struct {
	char letter;
	const char *uri;
} namespaces[] = {
	{'t', "urn:schema:Microsoft.Rtc.Management.Deploy.Topology.2008"},
	{'r', "urn:schema:Microsoft.Rtc.Management.Deploy.ServiceRoles.2008"},
	{'w', "urn:schema:Microsoft.Rtc.Management.Deploy.WebServices.2011"},
	{'b', "urn:schema:Microsoft.Rtc.Management.BaseTypes.2008"},
	{'B', "urn:schema:Microsoft.Rtc.Management.Deploy.TopologyBuilder.2008"},
	{'W', "urn:schema:Microsoft.Rtc.Management.Deploy.WritableTopology.2008"},
	{'u', "urn:schema:Microsoft.Rtc.Management.Settings.SimpleUrl.2008"},
	{'f', "urn:schema:Microsoft.Rtc.Management.ScopeFramework.2008"},
};
/* clang-format on */

static char ns_letter(const char *uri)
{
	for (size_t i = 0; i < sizeof(namespaces) / sizeof(*namespaces); i++)
		if (strcmp(uri, namespaces[i].uri) == 0)
			return namespaces[i].letter;
	/* DESIGN 10: spellings unverified, any settings namespace will do */
	return strstr(uri, "Management.Settings") ? 's' : '?';
}

static bool ns_matches(char rule, char ns)
{
	return rule == '*' || rule == ns || (rule == 's' && ns == 'u');
}

static const struct topo_read_rule *rule_in(const struct topo_read_rule *rules,
					    enum topo_place parent, char ns,
					    const char *name)
{
	for (; rules->ns; rules++)
		if (rules->parent == parent && ns_matches(rules->ns, ns) &&
		    (!rules->name || strcmp(rules->name, name) == 0))
			return rules;
	return NULL;
}

const struct topo_attr *topo_attr_find(const struct topo_element *el,
				       const char *name)
{
	for (size_t i = 0; i < el->attr_count; i++)
		if (strcmp(el->attrs[i].name, name) == 0)
			return &el->attrs[i];
	return NULL;
}

const char *topo_attr_str(struct topo_reader *r, const struct topo_element *el,
			  const char *name)
{
	const struct topo_attr *a = topo_attr_find(el, name);

	return a ? topo_arena_str(&r->d->arena, edge_slice_trim(a->value))
		 : NULL;
}

void topo_read_bool(struct topo_reader *r, const char *name,
		    struct edge_slice value, bool *out)
{
	value = edge_slice_trim(value);
	if (edge_slice_ieq_str(value, "true") || edge_slice_eq_str(value, "1"))
		*out = true;
	else if (edge_slice_ieq_str(value, "false") ||
		 edge_slice_eq_str(value, "0"))
		*out = false;
	else
		topo_read_unknown(r, TOPO_UNKNOWN_ATTRIBUTE, 0, name);
}

void topo_attr_bool(struct topo_reader *r, const struct topo_element *el,
		    const char *name, bool *out)
{
	const struct topo_attr *a = topo_attr_find(el, name);

	if (a)
		topo_read_bool(r, name, a->value, out);
}

void topo_read_unknown(struct topo_reader *r, enum topo_unknown_kind kind,
		       unsigned line, const char *name)
{
	static const char *const words[TOPO_UNKNOWN_KINDS] = {
		"element", "attribute", "owner", "version"};
	struct topo_draft *d = r->d;

	d->unknown[kind]++;
	for (size_t i = 0; i < TOPO_UNKNOWN_SHOWN; i++) {
		if (d->unknown_shown[i])
			continue;
		d->unknown_shown[i] = topo_arena_printf(
			&d->arena, line ? "%s %.60s (line %u)" : "%s %.60s",
			words[kind], name, line);
		return;
	}
}

void *topo_read_row(struct topo_reader *r, size_t size)
{
	void *p = topo_arena_take(&r->d->arena, size);

	if (!p)
		r->fatal = true;
	return p;
}

struct topo_draft_name *topo_read_name_row(struct topo_reader *r,
					   struct topo_draft_names *list,
					   unsigned line)
{
	struct topo_draft_name *n = topo_read_row(r, sizeof(*n));

	if (!n)
		return NULL;
	n->name = "";
	n->line = line;
	*list->tail = n;
	list->tail = &n->next;
	return n;
}

static bool is_listed(const char *list, const char *name)
{
	size_t len = strlen(name);

	for (const char *p = list; (p = strstr(p, name)); p += len)
		if ((p == list || p[-1] == ' ') &&
		    (p[len] == ' ' || p[len] == '\0'))
			return true;
	return false;
}

static void count_attrs(struct topo_reader *r, const struct topo_element *el,
			const char *known)
{
	for (size_t i = 0; known && i < el->attr_count; i++)
		if (!is_listed(known, el->attrs[i].name))
			topo_read_unknown(r, TOPO_UNKNOWN_ATTRIBUTE, el->line,
					  el->attrs[i].name);
}

static void refuse_root(struct topo_reader *r, const struct topo_element *el)
{
	struct topo_finding *p = topo_findings_add(
		r->f, TOPO_FATAL, "TOPO-DOC-001",
		"root is '%.100s' in namespace '%.200s'; wanted: Topology or "
		"TopologyBuilder of 2008, or DocItemSet",
		el->name, el->ns);

	topo_finding_place(p, el->line, "/%.100s", el->name);
	r->fatal = true;
}

static void apply(struct topo_reader *r, const struct topo_read_rule *rule,
		  const struct topo_element *el)
{
	struct topo_read_level *level = &r->levels[r->depth];

	level->place = rule->place;
	level->end = rule->end;
	count_attrs(r, el, rule->attrs);
	if (rule->start)
		rule->start(r, el);
}

static bool is_inert(enum topo_place place)
{
	return place == TOPO_AT_UNKNOWN || place == TOPO_AT_LEAF;
}

void topo_read_start(struct topo_reader *r, const struct topo_element *el)
{
	enum topo_place parent = r->levels[r->depth].place;
	const struct topo_read_rule *rule;
	char ns = ns_letter(el->ns);

	r->levels[r->depth].has_child = true;
	r->levels[++r->depth] = (struct topo_read_level){.place = parent};
	r->text_len = 0;
	if (is_inert(parent))
		return;
	if (parent == TOPO_AT_SETTING) {
		topo_read_setting_start(r, el);
		return;
	}
	rule = rule_in(topo_read_topology_rules(), parent, ns, el->name);
	if (!rule)
		rule = rule_in(topo_read_settings_rules(), parent, ns,
			       el->name);
	if (rule) {
		apply(r, rule, el);
	} else if (parent == TOPO_AT_START) {
		refuse_root(r, el);
	} else {
		topo_read_unknown(r, TOPO_UNKNOWN_ELEMENT, el->line, el->name);
		r->levels[r->depth].place = TOPO_AT_UNKNOWN;
	}
}

void topo_read_text(struct topo_reader *r, struct edge_slice text)
{
	size_t room = sizeof(r->text) - r->text_len;
	size_t len = edge_slice_len(text);

	if (len > room)
		len = room;
	memcpy(r->text + r->text_len, text.p, len);
	r->text_len += len;
}

void topo_read_end(struct topo_reader *r)
{
	struct topo_read_level *level = &r->levels[r->depth];
	struct edge_slice text =
		edge_slice_trim(edge_slice(r->text, r->text_len));

	if (level->end)
		level->end(r);
	if (level->place == TOPO_AT_SETTING && !level->has_child &&
	    level->name[0] && text.p < text.end)
		topo_read_setting_text(r, level->name, text);
	r->text_len = 0;
	r->depth--;
}
