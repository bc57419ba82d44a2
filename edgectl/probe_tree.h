/* What a probe found, as a tree: PURE, no socket, no clock. */
#ifndef EDGECTL_PROBE_TREE_H
#define EDGECTL_PROBE_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "common/err.h"
#include "common/slice.h"

enum {
	CTL_PROBE_NODES = 512, /* ours: whatever others publish */
	CTL_PROBE_TEXT = 400,
	CTL_PROBE_ROOT = 0,
};

enum ctl_probe_state {
	CTL_PROBE_HEAD, /* says what stands below it; no mark */
	CTL_PROBE_GOOD,
	CTL_PROBE_BAD,
	CTL_PROBE_WARN,
	CTL_PROBE_SKIPPED, /* not tried */
	CTL_PROBE_STATES
};

struct ctl_probe_node {
	size_t parent; /* before it; the root's is itself */
	enum ctl_probe_state state;
	const char *id;		   /* of finding.def; NULL: nothing to tell */
	char text[CTL_PROBE_TEXT]; /* UTF-8 of ours, ASCII of others */
	char saw[CTL_PROBE_TEXT];  /* with an id */
};

struct ctl_probe_tree {
	struct ctl_probe_node nodes[CTL_PROBE_NODES];
	size_t count, dropped;
	unsigned states[CTL_PROBE_STATES]; /* also of those dropped */
};

/** A tree of its root alone. NULL: no memory. */
struct ctl_probe_tree *ctl_probe_tree_new(const char *root);
void ctl_probe_tree_free(struct ctl_probe_tree *t);

/** One more below parent; its number. A full tree counts it as dropped and
 * gives parent back. */
size_t ctl_probe_add(struct ctl_probe_tree *t, size_t parent,
		     enum ctl_probe_state state, const char *fmt, ...)
	EDGE_PRINTF(4, 5);
/** BAD or WARN, told as finding id: text as above, then what was seen. */
size_t ctl_probe_tell(struct ctl_probe_tree *t, size_t parent,
		      const struct ctl_probe_node *what);
/** The tree as text, with saw, users and fix below what is told. */
void ctl_probe_print(FILE *out, const struct ctl_probe_tree *t);
const char *ctl_probe_state_name(enum ctl_probe_state s);

/* The words of a finding; never NULL, empty for an unknown id. */
struct ctl_probe_advice {
	const char *id, *want, *users, *fix;
};
const struct ctl_probe_advice *ctl_probe_advice(const char *id);

/** Bytes of a stranger as printable ASCII, cut at cap. */
void ctl_probe_clean(char *out, size_t cap, struct edge_slice s);

#endif
