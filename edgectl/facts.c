/* Facts: key and value a line. */
#include <jansson.h>
#include <stdio.h>

#include "edgectl/facts.h"

static void print_line(const struct ctl *c, json_t *o, struct edge_slice line)
{
	struct edge_slice key;
	char name[256];

	if (!edge_take_until(&line, '\t', &key) ||
	    !edge_slice_copy(name, sizeof(name), key))
		return; /* the head line */
	ctl_say(c, "%-26s %.*s", name, (int)edge_slice_len(line),
		(const char *)line.p);
	json_object_set_new(
		o, name,
		json_stringn((const char *)line.p, edge_slice_len(line)));
}

void ctl_facts_print(struct ctl *c, struct edge_slice snap, bool exact)
{
	json_t *o = json_object();
	struct edge_slice line;

	if (exact && !c->json)
		fwrite(snap.p, 1, edge_slice_len(snap), stdout);
	while ((!exact || c->json) && edge_take_until(&snap, '\n', &line))
		print_line(c, o, line);
	ctl_put(c, "facts", o);
}
