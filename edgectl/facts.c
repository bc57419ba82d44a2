/* Facts: key and value a line. */
#include <jansson.h>
#include <stdio.h>

#include "edgectl/facts.h"
#include "topology/facts.h"

static void print_fact(const struct ctl *c, json_t *o, const char *key,
		       struct edge_slice value)
{
	ctl_say(c, "%-26s %.*s", key, (int)edge_slice_len(value),
		(const char *)value.p);
	json_object_set_new(
		o, key,
		json_stringn((const char *)value.p, edge_slice_len(value)));
}

static void print_exact(const char *key, struct edge_slice value)
{
	printf("%s\t%.*s\n", key, (int)edge_slice_len(value),
	       (const char *)value.p);
}

void ctl_facts_print(struct ctl *c, struct edge_slice snap, bool exact)
{
	json_t *o = json_object();
	struct edge_slice line, key, value;
	char name[256 + sizeof("host.")];

	exact = exact && !c->json;
	while (edge_take_until(&snap, '\n', &line)) {
		value = line;
		if (!edge_take_until(&value, '\t', &key) ||
		    !edge_slice_copy(name, sizeof(name), key)) {
			if (exact) /* the head line */
				printf("%.*s\n", (int)edge_slice_len(line),
				       (const char *)line.p);
			continue;
		}
		value = topo_fact_shown(name, value);
		if (exact)
			print_exact(name, value);
		else
			print_fact(c, o, name, value);
	}
	ctl_put(c, "facts", o);
}
