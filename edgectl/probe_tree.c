/* Nodes in the order they were found; children follow their parents. */
#include "edgectl/probe_tree.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

static const char *const marks[CTL_PROBE_STATES] = {
	[CTL_PROBE_HEAD] = "",	    [CTL_PROBE_GOOD] = "✓ ",
	[CTL_PROBE_BAD] = "✗ ",	    [CTL_PROBE_WARN] = "! ",
	[CTL_PROBE_SKIPPED] = "– ",
};

static const char *const names[CTL_PROBE_STATES] = {
	[CTL_PROBE_HEAD] = "head",	 [CTL_PROBE_GOOD] = "good",
	[CTL_PROBE_BAD] = "bad",	 [CTL_PROBE_WARN] = "warning",
	[CTL_PROBE_SKIPPED] = "skipped",
};

static const struct ctl_probe_advice advices[] = {
#define FINDING(id, want, why, fix) {id, want, why, fix},
#include "edgectl/finding.def"
#undef FINDING
};

const struct ctl_probe_advice *ctl_probe_advice(const char *id)
{
	static const struct ctl_probe_advice none = {"", "", "", ""};

	for (size_t i = 0; i < sizeof(advices) / sizeof(*advices); i++)
		if (!strcmp(advices[i].id, id))
			return &advices[i];
	return &none;
}

const char *ctl_probe_state_name(enum ctl_probe_state s)
{
	return names[s];
}

void ctl_probe_clean(char *out, size_t cap, struct edge_slice s)
{
	size_t len = 0;

	for (; s.p < s.end && len + 1 < cap; s.p++)
		out[len++] = *s.p >= ' ' && *s.p < 0x7f ? (char)*s.p : '?';
	out[len] = '\0';
}

struct ctl_probe_tree *ctl_probe_tree_new(const char *root)
{
	struct ctl_probe_tree *t = calloc(1, sizeof(*t));

	if (t)
		ctl_probe_add(t, CTL_PROBE_ROOT, CTL_PROBE_HEAD, "%s", root);
	return t;
}

void ctl_probe_tree_free(struct ctl_probe_tree *t)
{
	free(t);
}

/* NULL: the tree is full. */
static struct ctl_probe_node *grow(struct ctl_probe_tree *t, size_t parent,
				   enum ctl_probe_state state)
{
	struct ctl_probe_node *n;

	t->states[state]++;
	if (t->count == CTL_PROBE_NODES) {
		t->dropped++;
		return NULL;
	}
	n = &t->nodes[t->count++];
	n->parent = parent;
	n->state = state;
	return n;
}

size_t ctl_probe_add(struct ctl_probe_tree *t, size_t parent,
		     enum ctl_probe_state state, const char *fmt, ...)
{
	struct ctl_probe_node *n = grow(t, parent, state);
	va_list ap;

	if (!n)
		return parent;
	va_start(ap, fmt);
	vsnprintf(n->text, sizeof(n->text), fmt, ap);
	va_end(ap);
	return (size_t)(n - t->nodes);
}

size_t ctl_probe_tell(struct ctl_probe_tree *t, size_t parent,
		      const struct ctl_probe_node *what)
{
	struct ctl_probe_node *n = grow(t, parent, what->state);

	if (!n)
		return parent;
	*n = *what;
	n->parent = parent;
	return (size_t)(n - t->nodes);
}

/* ---- printing */

static bool has_sister(const struct ctl_probe_tree *t, size_t n)
{
	for (size_t i = n + 1; i < t->count; i++)
		if (t->nodes[i].parent == t->nodes[n].parent)
			return true;
	return false;
}

static bool has_child(const struct ctl_probe_tree *t, size_t n)
{
	for (size_t i = n + 1; i < t->count; i++)
		if (t->nodes[i].parent == n)
			return true;
	return false;
}

/* The lines of those above that go on below this one. */
static void print_stems(FILE *out, const struct ctl_probe_tree *t, size_t n)
{
	if (n == CTL_PROBE_ROOT)
		return;
	print_stems(out, t, t->nodes[n].parent);
	fputs(has_sister(t, n) ? "│  " : "   ", out);
}

static void print_below(FILE *out, const struct ctl_probe_tree *t, size_t n,
			const char *label, const char *text)
{
	print_stems(out, t, n);
	fprintf(out, "%s%s %s\n", has_child(t, n) ? "│    " : "     ", label,
		text);
}

static void print_node(FILE *out, const struct ctl_probe_tree *t, size_t n)
{
	const struct ctl_probe_node *node = &t->nodes[n];

	if (n != CTL_PROBE_ROOT) {
		print_stems(out, t, node->parent);
		fputs(has_sister(t, n) ? "├ " : "└ ", out);
	}
	fprintf(out, "%s%s", marks[node->state], node->text);
	if (node->id) {
		const struct ctl_probe_advice *a = ctl_probe_advice(node->id);

		fprintf(out, " [%s]\n", node->id);
		print_below(out, t, n, "saw:  ", node->saw);
		print_below(out, t, n, "users:", a->users);
		print_below(out, t, n, "fix:  ", a->fix);
		return;
	}
	putc('\n', out);
}

/* Depth first; the tree is as deep as the probe has steps. */
static void print_from(FILE *out, const struct ctl_probe_tree *t, size_t n)
{
	print_node(out, t, n);
	for (size_t i = n + 1; i < t->count; i++)
		if (t->nodes[i].parent == n)
			print_from(out, t, i);
}

void ctl_probe_print(FILE *out, const struct ctl_probe_tree *t)
{
	print_from(out, t, CTL_PROBE_ROOT);
	if (t->dropped)
		fprintf(out, "and %zu more\n", t->dropped);
}
