/* The port numbers of a ruleset: between two neighbours of them nothing
 * changes. */
#include <jansson.h>
#include <stdlib.h>

#include "edgectl/nft.h"
#include "edgectl/nft_parts.h"

enum { DEPTH = 16 };

struct found {
	uint16_t *v;
	size_t count, cap;
};

static void add(struct found *f, json_int_t n)
{
	for (json_int_t i = n - 1; i <= n + 1; i++)
		if (i > 0 && i <= UINT16_MAX && f->count < f->cap)
			f->v[f->count++] = (uint16_t)i;
}

/* Every number is taken: what is no port does no harm. */
static void look(struct found *f, const json_t *o, unsigned depth)
{
	if (!depth)
		return;
	if (json_is_integer(o))
		add(f, json_integer_value(o));
	for (size_t i = 0; i < json_array_size(o); i++)
		look(f, json_array_get(o, i), depth - 1);
	for (void *i = json_object_iter((json_t *)(uintptr_t)o); i;
	     i = json_object_iter_next((json_t *)(uintptr_t)o, i))
		look(f, json_object_iter_value(i), depth - 1);
}

static int by_number(const void *a, const void *b)
{
	return *(const uint16_t *)a - *(const uint16_t *)b;
}

size_t ctl_nft_ports(const struct ctl_nft *n, uint16_t *ports, size_t cap)
{
	const json_t *all = ctl_nft_list(n);
	struct found f = {.v = ports, .cap = cap};
	size_t kept = 0;

	for (size_t i = 0; i < json_array_size(all); i++) {
		const json_t *row = json_array_get(all, i);

		look(&f, json_object_get(json_object_get(row, "rule"), "expr"),
		     DEPTH);
		look(&f, json_object_get(json_object_get(row, "set"), "elem"),
		     DEPTH);
		look(&f, json_object_get(json_object_get(row, "map"), "elem"),
		     DEPTH);
	}
	qsort(ports, f.count, sizeof(*ports), by_number);
	for (size_t i = 0; i < f.count; i++)
		if (!kept || ports[kept - 1] != ports[i])
			ports[kept++] = ports[i];
	return kept;
}
