/* The lines of a snapshot: `key<TAB>value`, sorted by key. */
#ifndef TOPOLOGY_FACTS_H
#define TOPOLOGY_FACTS_H

#include "common/err.h"
#include "common/slice.h"
#include "topology/arena.h"

struct topo_fact {
	const char *key;
	struct edge_slice value; /* not empty; printable; NUL follows */
	unsigned line;
};

struct topo_facts {
	const struct topo_fact *v;
	size_t count;
};

/**
 * Cut a snapshot's text; everything is copied into the arena.
 * @param why  caller's line for the reason; may be NULL
 * EDGE_EFORMAT: head line, line shape, order; EDGE_ELIMIT: size.
 */
EDGE_MUST_CHECK enum edge_err topo_facts_parse(struct topo_facts *out,
					       struct edge_slice text,
					       struct topo_arena *arena,
					       char *why, size_t why_cap);
/** NULL when absent. */
const struct topo_fact *topo_facts_find(const struct topo_facts *f,
					const char *key);
/** A value as people may see it: that of a secret fact is "(secret)", unless
 * it is "-", nothing. */
struct edge_slice topo_fact_shown(const char *key, struct edge_slice value);
/** Lines in any order -> head line and lines sorted; heap, caller frees. */
EDGE_MUST_CHECK enum edge_err topo_facts_sort(char **text, size_t *len,
					      struct edge_slice lines);

#endif
